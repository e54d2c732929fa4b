/** The completions of the command, asked for in a real bash. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { COMMANDS } from './arguments.ts';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-completions-'));
const cli = join(root, 'dist/cli.cjs');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  execFileSync(process.execPath, ['--import', './scripts/typescript.mjs', 'scripts/build/build.ts', '--if-stale'], { cwd: root });
  for (const name of ['app.oak', 'app 2.oak', 'notes.txt']) writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, 'apps'));
}, 120_000);

/** What bash offers for the last word of a command line. */
function offered(words: readonly string[]): string[] {
  const script = `source <("$NODE" "$CLI" completions bash)
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _magnolia
    [ \${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const bash = ['--norc', '-c', script, 'bash', 'magnolia', ...words];
  const { stdout, stderr, status } = spawnSync('bash', bash, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE: process.execPath, CLI: cli },
  });
  expect([stderr, status]).toEqual(['', 0]);
  return stdout.split('\n').filter((line) => line !== '');
}

it('bash offers commands, flags, programs and folders', () => {
  expect(offered(['ch'])).toEqual(['check']);
  expect(offered(['app'])).toEqual(['app 2.oak', 'app.oak', 'apps']);
  expect(offered(['--wa'])).toEqual(['--watch']);
  expect(offered(['test', '--co'])).toEqual(['--coverage']);
  expect(offered(['--lib', 'lib', 'fmt', '--'])).toEqual(['--check', '--diff']);
  expect(offered(['build', '-'])).toEqual(expect.arrayContaining(['-o', '--target', '--include', '--minify']));
  expect(offered(['help', 'bui'])).toEqual(['build', 'builtins']);
  expect(offered(['completions', ''])).toEqual(['bash', 'zsh', 'fish']);
  expect(offered(['app.oak', '--an'])).toEqual([]);
});

it('the scripts of all shells name every command', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = execFileSync(process.execPath, [cli, 'completions', shell], { encoding: 'utf8' });
    for (const name of Object.keys(COMMANDS)) expect(script).toMatch(new RegExp(`\\b${name}\\b`));
  }
  const wrong = spawnSync(process.execPath, [cli, 'completions', 'dos'], { encoding: 'utf8' });
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('completions needs one of bash, zsh, fish')]);
});
