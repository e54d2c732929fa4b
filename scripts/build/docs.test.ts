/** The comments in lib/: there for everything public, with examples that are true. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '../free-port.ts';
import { type Example, examplesIn, libraryDocs, ownMembers, stdlibPage } from './docs.ts';

const root = resolve(__dirname, '../..');
const modules = libraryDocs();

/** Modules whose examples change something, and so run in their own process each. */
const separate = ['fs', 'socket'];
/** What the examples of socket take for granted. */
const connected = `
	address := '127.0.0.1:' + env().PORT
	socket.listen(address, fn(event) socket.send(event.socket, 'hello\\r\\n'))
	conn := socket.connect(address).socket
`;

/** What those of http do. */
const routed = `
	api := http.Router()
	api.add('/hello/:name', fn(params) params)
	form := {method: 'POST', url: '/', headers: {Cookie: 'id=7'}, body: 'a=1'}
`;
const prepared: { readonly [module: string]: string } = { socket: connected, http: routed };

// biome-ignore lint/suspicious/noControlCharactersInRegex: the marks of the function `shown`
const SHOWN = /\x01\[([^\x02]*)\]\x02/g;

/** What the expressions of some examples give, each between two marks, because they may print as well. */
async function valuesOf(module: string, examples: readonly Example[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'magnolia-docs-'));
  const program = join(folder, 'examples.oak');
  const work = join(folder, 'work');
  mkdirSync(work);
  const lines = examples.map(({ expression }) => `shown(string([${expression}]))\n`);
  const own = modules.find(({ name }) => name === module)?.variable;
  const used = modules.filter(
    ({ name, variable }) => name === module || (variable !== own && lines.some((line) => line.includes(`${variable}.`))),
  );
  const imports = used.map(({ name, variable }) => `${variable} := import('${name}')\n`).join('');
  const before = `${imports}${prepared[module] ?? ''}fn shown(text) print('\\x01' + text + '\\x02')\n`;
  writeFileSync(program, `${before}${lines.join('')}exit(0)\n`);
  writeFileSync(join(work, 'note.txt'), 'hello');
  try {
    const env = { ...process.env, PORT: String(await freePort()) };
    const options = { cwd: work, env, encoding: 'utf8', input: '', timeout: 20_000 } as const;
    const out = execFileSync(process.execPath, [join(root, 'dist/cli.cjs'), program], options);
    return [...out.matchAll(SHOWN)].map(([, value = '']) => value.replaceAll('\n', '\\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function check(module: string, examples: readonly Example[]): Promise<void> {
  const values = await valuesOf(module, examples);
  const found = examples.map(({ expression }, i) => `${expression}  // => ${values[i]}`);
  expect(found).toEqual(examples.map(({ expression, value }) => `${expression}  // => ${value}`));
}

describe('the comments in lib/', () => {
  for (const module of modules) {
    it(`say what ${module.name} is`, () => expect(module.about[0]).toMatch(new RegExp(`^${module.name}: .*[.:]`)));

    for (const { name, text } of ownMembers(module)) {
      it(`explain ${module.name}.${name}`, () => {
        expect(text.some((line) => /\w/.test(line) && !line.startsWith('    '))).toBe(true);
        expect(text.some((line) => line.startsWith('    '))).toBe(true);
      });
    }
  }

  it('are what docs/stdlib.md was made from (run scripts/build/docs.ts)', () => {
    expect(readFileSync(join(root, 'docs/stdlib.md'), 'utf8')).toBe(stdlibPage(modules));
  });
});

describe('the examples in lib/', () => {
  for (const module of modules.filter((one) => ownMembers(one).length > 0)) {
    const examples = ownMembers(module).flatMap(({ text }) => examplesIn(text));
    if (!separate.includes(module.name)) {
      it(`are right about ${module.name}`, () => check(module.name, examples), 30_000);
      continue;
    }
    for (const example of examples) it(`are right about ${example.expression}`, () => check(module.name, [example]), 30_000);
  }
});
