/** `magnolia fmt`, started as users start it. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-fmt-'));

afterAll(() => rmSync(folder, { recursive: true }));

function fmt(words: string[], input = ''): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli.cjs'), 'fmt', ...words], {
    cwd: folder,
    input,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, out: stdout, err: stderr };
}

function save(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

it('rewrites files and those in folders, and keeps their permissions', () => {
  const ragged = save('write/sub/ragged.oak', 'x:=1\n');
  const other = save('write/notes.txt', 'y:=1\n');
  save('write/node_modules/p.oak', 'z:=1\n');
  chmodSync(ragged, 0o750);
  expect(fmt(['write'])).toEqual({ status: 0, out: '', err: '' });
  expect(readFileSync(ragged, 'utf8')).toBe('x := 1\n');
  expect(statSync(ragged).mode & 0o777).toBe(0o750);
  expect(readFileSync(other, 'utf8')).toBe('y:=1\n');
  expect(readFileSync(join(folder, 'write/node_modules/p.oak'), 'utf8')).toBe('z:=1\n');
  expect(readdirSync(join(folder, 'write/sub'))).toEqual(['ragged.oak']);
});

it('--check names what differs and changes nothing', () => {
  save('check/clean.oak', 'x := 1\n');
  const ragged = save('check/ragged.oak', 'x:=1\n');
  expect(fmt(['--check', 'check'])).toEqual({ status: 1, out: 'check/ragged.oak\n', err: '' });
  expect(fmt(['--check', 'check/clean.oak'])).toEqual({ status: 0, out: '', err: '' });
  expect(readFileSync(ragged, 'utf8')).toBe('x:=1\n');
});

it('--diff shows the change and changes nothing', () => {
  const path = save('diff.oak', 'a := 1\nx:=1\n');
  const { status, out } = fmt(['--diff', 'diff.oak']);
  expect([status, out.split('\n').filter((line) => /^[-+](?![-+])/.test(line))]).toEqual([0, ['-x:=1', '+x := 1']]);
  expect(readFileSync(path, 'utf8')).toBe('a := 1\nx:=1\n');
});

it('formats standard input', () => {
  expect(fmt(['-'], 'x:=1')).toEqual({ status: 0, out: 'x := 1\n', err: '' });
});

it('leaves a file with a syntax error alone and shows the error', () => {
  const bad = 'x:=1\ny := := 2\n';
  const path = save('bad.oak', bad);
  const { status, out, err } = fmt(['bad.oak']);
  expect([status, out]).toEqual([1, '']);
  expect(err).toMatch(/Parse Error: [\s\S]*bad\.oak[\s\S]*\[2:6\]/);
  expect(readFileSync(path, 'utf8')).toBe(bad);
  expect(fmt(['-'], bad)).toMatchObject({ status: 1, out: '' });
});

it('says how it is used', () => {
  expect(fmt([])).toMatchObject({ status: 2, err: expect.stringContaining('fmt needs FILE') });
  expect(fmt(['--chek', 'x.oak'])).toMatchObject({ status: 2, err: expect.stringContaining('did you mean --check?') });
  expect(fmt(['gone.oak'])).toMatchObject({ status: 1, err: expect.stringContaining('no such file') });
  expect(existsSync(join(folder, 'gone.oak'))).toBe(false);
});
