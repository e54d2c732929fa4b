/**
 * The programs in docs/: one in a fence `oak` with a fence `text` behind it prints exactly that; a program that ends with an error
 * shows each of its lines. examples/socket has the programs of docs/socket.md.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = resolve(__dirname, '../..');
const PROGRAM = /^(#+ [^\n]*)$|^```oak\n([\s\S]*?)^```\n+^```text\n([\s\S]*?)^```$/gm;

interface Shown {
  readonly heading: string;
  readonly program: string;
  readonly output: string;
}

function programsIn(page: string): Shown[] {
  const shown: Shown[] = [];
  let heading = '';
  for (const [, title, program, output] of readFileSync(join(root, 'docs', page), 'utf8').matchAll(PROGRAM)) {
    if (title !== undefined) heading = title.replace(/^#+ /, '');
    else if (program !== undefined && output !== undefined) shown.push({ heading, program, output });
  }
  return shown;
}

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program in an empty folder, as somebody would who has installed the package. */
async function run(program: string): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'magnolia-docs-'));
  const file = join(folder, 'program.oak');
  writeFileSync(file, program);
  try {
    return await new Promise((done, fail) => {
      execFile(process.execPath, [join(root, 'dist/cli.cjs'), file], { cwd: folder, timeout: 20_000 }, (error, out, err) => {
        if (error !== null && typeof error.code !== 'number') fail(new Error(`${error.message}\n${out}${err}`));
        else done({ status: error === null ? 0 : Number(error.code), out, err });
      });
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function check({ program, output }: Shown): Promise<void> {
  const ran = await run(program);
  if (ran.status === 0) {
    expect(ran).toEqual({ status: 0, out: output, err: '' });
    return;
  }
  for (const line of output.trimEnd().split('\n')) expect(ran.out + ran.err).toContain(line);
  expect(output).toMatch(/Error: /); // otherwise the failure is a surprise
}

for (const page of readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))) {
  const programs = programsIn(page);
  if (programs.length === 0) continue;
  describe(`the programs in docs/${page}`, () => {
    for (const shown of programs) it(`are right about: ${shown.heading}`, () => check(shown), 30_000);
  });
}

it('docs and examples name no file that the package leaves out', () => {
  const files = ['docs', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const named = files
    .filter((file) => /\.(oak|md)$/.test(file))
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/['"]((?:spec|scripts)\/[\w./-]+)['"]/g)].map(
        ([, path]) => `${file}: ${path}`,
      ),
    );
  expect(named).toEqual([]);
});

describe('examples/socket', () => {
  const programs = programsIn('socket.md').map(({ program }) => program);
  const files = readdirSync(join(root, 'examples/socket'));

  for (const file of files) {
    it(`${file} is on the page`, () => expect(programs).toContain(readFileSync(join(root, 'examples/socket', file), 'utf8')));
  }

  it('has a program for every function', () => {
    const source = readFileSync(join(root, 'lib/socket.oak'), 'utf8');
    const functions = [...source.matchAll(/^fn ([A-Za-z]\w*)\(/gm)].map(([, name = '']) => name);
    const headings = programsIn('socket.md').flatMap(({ heading }) => /^`(\w+)\(/.exec(heading)?.[1] ?? []);
    expect(headings.sort()).toEqual(functions.sort());
    expect(files).toHaveLength(programs.length);
  });
});
