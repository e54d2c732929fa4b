/** The programs in docs/socket.md and docs/surviving-server.md print what is written below them, and examples/socket has the same ones. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';

const root = resolve(__dirname, '../..');
const PROGRAM = /^(#+ [^\n]*)$|^```oak\n([\s\S]*?)^```\n\n^```text\n([\s\S]*?)^```$/gm;

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

/** What a program prints; run in the folder of the repository, for the certificates. */
async function run(program: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'magnolia-socket-docs-'));
  const file = join(folder, 'program.oak');
  writeFileSync(file, program);
  try {
    return await new Promise((done, fail) => {
      execFile(process.execPath, ['dist/cli.cjs', file], { cwd: root, timeout: 20_000 }, (error, out, err) => {
        if (error === null && err === '') done(out);
        else fail(new Error(`${error?.message}\n${out}${err}`));
      });
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

beforeAll(() => {
  execFileSync(process.execPath, ['--import', './scripts/typescript.mjs', 'scripts/build/build.ts', '--if-stale'], { cwd: root });
}, 120_000);

for (const page of ['socket.md', 'surviving-server.md']) {
  describe(`the programs in docs/${page}`, () => {
    for (const { heading, program, output } of programsIn(page)) {
      it(`are right about: ${heading}`, async () => expect(await run(program)).toBe(output), 30_000);
    }
  });
}

describe('examples/socket', () => {
  const programs = programsIn('socket.md').map(({ program }) => program);
  const files = readdirSync(join(root, 'examples/socket'));

  for (const file of files) {
    it(`${file} is on the page`, () => expect(programs).toContain(readFileSync(join(root, 'examples/socket', file), 'utf8')));
  }

  it('has a program for every function', () => {
    const source = readFileSync(join(root, 'lib/socket.oak'), 'utf8');
    const functions = [...source.matchAll(/^fn ([A-Za-z]\w*)\(/gm)].map(([, name = '']) => name);
    const headings = programsIn('socket.md').map(({ heading }) => heading.replace(/^`(\w+)\(.*/, '$1'));
    expect(headings.sort()).toEqual(functions.sort());
    expect(files).toHaveLength(functions.length);
  });
});
