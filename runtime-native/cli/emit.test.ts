/** `magnolia emit`, and a process in which no code may be generated. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, describe, expect, it } from '@jest/globals';

const root = resolve(dirname(__filename), '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-emit-'));
const NO_CODE = '--disallow-code-generation-from-strings';

afterAll(() => rmSync(folder, { recursive: true }));

function node(...args: string[]): { out: string; err: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return { out: stdout, err: stderr, status };
}

function magnolia(...args: string[]): ReturnType<typeof node> {
  return node(join(root, 'dist/cli.cjs'), ...args);
}

describe('magnolia emit', () => {
  it('prints the JavaScript of a program and does not run it', () => {
    writeFileSync(join(folder, 'p.oak'), "print('RAN')\nfn doubled(n) n * 2\nprint(string(doubled(4)))\n");
    const { out, status } = magnolia('emit', 'p.oak');
    expect(status).toBe(0);
    expect(out).toContain('function doubled$');
    expect(out).not.toMatch(/^RAN/m);
    expect(typeof new Script(out).runInThisContext()).toBe('function');
  });

  it('shows all syntax errors as check does', () => {
    writeFileSync(join(folder, 'bad.oak'), 'const a = 1\nx := 2\nfunction f() {}\n');
    const { out, err, status } = magnolia('emit', 'bad.oak');
    expect([out, status]).toEqual(['', 1]);
    expect(err).toBe(magnolia('check', 'bad.oak').err);
    expect(err).toContain('bad.oak:1:');
  });

  it('takes one file', () => {
    expect(magnolia('emit').status).toBe(2);
    expect(magnolia('emit', 'a.oak', 'b.oak').status).toBe(2);
    expect(magnolia('emit', 'nowhere.oak')).toMatchObject({ out: '', status: 1 });
  });
});

describe('where code generation is forbidden', () => {
  it('the command names magnolia build', () => {
    writeFileSync(join(folder, 'one.oak'), "print('x')\n");
    const { out, err, status } = node(NO_CODE, join(root, 'dist/cli.cjs'), 'one.oak');
    expect([out, status]).toEqual(['', 1]);
    expect(err).toContain('`magnolia build`');
    expect(err).not.toContain('bug');
  });

  it('every way to give a runtime source text fails with a MagnoliaError', () => {
    const program = `
      import { createRuntime, MagnoliaError } from ${JSON.stringify(join(root, 'dist/index.js'))};
      for (const start of ['run', 'load', 'evaluate']) {
        await createRuntime()[start]('1').catch((e) => console.log(e instanceof MagnoliaError, e.problem.code, e.problem.place));
      }`;
    const line = 'true code-generation undefined\n';
    expect(node(NO_CODE, '--input-type=module', '-e', program)).toEqual({ out: line.repeat(3), err: '', status: 0 });
  });
});
