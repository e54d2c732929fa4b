import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Outcome } from '../builtins/files.ts';
import type { Execution } from '../builtins/processes.ts';
import { fencedExec, fencedFiles, fencedSockets, pathFence } from './fence.ts';
import { nodeFiles } from './files.ts';

const top = mkdtempSync(join(tmpdir(), 'magnolia-fence-'));
const at = (path: string): string => join(top, path);
beforeAll(() => {
  for (const folder of ['in', 'out', 'secret']) mkdirSync(at(folder));
  writeFileSync(at('secret/b'), 'hidden');
  symlinkSync('../secret/b', at('in/link'));
  symlinkSync('../secret/none', at('out/dangling'));
  mkdirSync(at('secret/folder'));
  symlinkSync('../secret/folder', at('in/folder'));
  execFileSync('mkfifo', [at('fifo')]);
});
afterAll(() => rmSync(top, { recursive: true }));

/** `done`, or the cause of the failure, without the folder of the test. */
function outcome<T>(start: (done: (outcome: Outcome<T>) => void) => void): Promise<string> {
  return new Promise((resolve) => start((got) => resolve(got.kind === 'done' ? 'done' : got.cause.replaceAll(`${top}/`, ''))));
}

describe('a fence of paths', () => {
  const inside = pathFence([at('in'), at('secret/b')]);
  for (const [path, expected] of [
    ['in', true],
    ['in/new', true],
    ['in/new/deep', true],
    ['secret/b', true],
    ['in/link', true],
    ['in/../in/x', true],
    ['secret', false],
    ['in/../secret/c', false],
    ['inside', false],
    ['out/dangling', false],
    ['in/none/..', false],
    ['a/'.repeat(500_000), false],
    ['in/folder/../b', true],
    ['in/folder/../c', false],
  ] as const) {
    it(`${expected ? 'has' : 'has not'} ${path.slice(0, 40)}`, () => expect(inside(`${top}/${path}`)).toBe(expected));
  }
});

describe('fenced files', () => {
  const files = fencedFiles(nodeFiles, pathFence([at('in')]), pathFence([at('out')]));
  it('refuse every method beyond the fence', async () => {
    const path = at('secret/b');
    expect(await outcome((done) => files.list(at('secret'), done))).toBe('open secret: permission denied');
    expect(await outcome((done) => files.stat(path, done))).toBe('stat secret/b: permission denied');
    expect(await outcome((done) => files.open(path, 'readonly', 0o644, done))).toBe('open secret/b: permission denied');
    expect(await outcome((done) => files.open(at('in/link'), 'readonly', 0o644, done))).toBe('open in/link: permission denied');
    expect(await outcome((done) => files.open(at('out/dangling'), 'truncate', 0o644, done))).toContain('permission denied');
    expect(await outcome((done) => files.makeDirectory(at('secret/new'), done))).toBe('mkdir secret/new: permission denied');
    expect(await outcome((done) => files.remove(path, done))).toBe('unlinkat secret/b: permission denied');
    expect(await outcome((done) => files.rename?.(path, at('out/b'), done))).toContain('permission denied');
    expect(await outcome((done) => files.replace?.(path, 'x', done))).toBe('replace secret/b: permission denied');
    expect([existsSync(path), existsSync(at('secret/new')), existsSync(at('secret/none'))]).toEqual([true, false, false]);
  });

  it('let through what is inside', async () => {
    expect(await outcome((done) => files.makeDirectory(at('out/a/b'), done))).toBe('done');
    expect(await outcome((done) => files.list(at('in'), done))).toBe('done');
    expect(await outcome((done) => files.remove(at('out/a'), done))).toBe('done');
  });
});

it('Unix sockets are held to the files', () => {
  const unix = (path: string) => ({ kind: 'unix', path }) as const;
  const policy = fencedSockets(
    { mayListen: ({ kind }) => kind === 'unix' },
    pathFence([at('in'), at('out')]),
    pathFence([at('out')]),
  );
  expect(policy.mayListen?.(unix(at('out/new.sock')))).toBe(true);
  expect(policy.mayListen?.(unix(at('in/new.sock')))).toBe(false);
  expect(policy.mayConnect?.(unix(at('out/new.sock')))).toBe(true);
  expect(policy.mayConnect?.(unix(at('in/new.sock')))).toBe(false);
  expect(policy.mayConnect?.(unix('@name'))).toBe(false);
  expect(policy.mayConnect?.({ kind: 'tcp', host: 'localhost', port: 1 })).toBe(true);
  expect(policy.mayListen?.({ kind: 'tcp', host: 'localhost', port: 1 })).toBe(false);
});

it('exec runs listed programs only', async () => {
  const exec = fencedExec(
    (_command, done) => {
      done({ kind: 'ended', status: 0, stdout: '', stderr: '' });
      return () => {};
    },
    ['echo', '/bin/true'],
  );
  const run = (path: string): Promise<Execution['kind']> =>
    new Promise((resolve) => void exec({ path, args: [], input: '' }, ({ kind }) => resolve(kind)));
  expect(await Promise.all(['echo', '/bin/true', './echo', '/bin/echo', 'touch', ''].map(run))).toEqual([
    'ended',
    'ended',
    'failed',
    'failed',
    'failed',
    'failed',
  ]);
});

it('no file of the system is waited for, and no folder that cannot be made', async () => {
  expect(await outcome((done) => nodeFiles.open(at('fifo'), 'readonly', 0o644, done))).toBe('done');
  if (existsSync('/proc/self')) {
    expect(await outcome((done) => nodeFiles.makeDirectory('/proc/x/y', done))).toMatch(/^mkdir \/proc\/x\/y: /);
  }
  expect(await outcome((done) => nodeFiles.makeDirectory(at('secret/b/c'), done))).toBe('mkdir secret/b/c: not a directory');
});
