/** The completions of the command, asked for in real shells: bash, and zsh and fish where they are installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { COMMANDS } from './arguments.ts';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-completions-'));
const cli = join(root, 'dist/cli.cjs');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
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
  expect(offered(['cert', '--ca'])).toEqual(['--ca', '--ca-key']);
  expect(offered(['completions', ''])).toEqual(['bash', 'zsh', 'fish']);
  expect(offered(['app.oak', '--an'])).toEqual([]);
});

const has = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined;

(has('fish') ? it : it.skip)('fish offers commands, flags, programs and folders', () => {
  const offers = (line: string): string[] => {
    const script = '"$NODE" "$CLI" completions fish | source; complete -C "$LINE"';
    const env = { ...process.env, NODE: process.execPath, CLI: cli, LINE: line, HOME: folder };
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], { cwd: folder, encoding: 'utf8', env });
    expect(stderr).toBe('');
    return stdout.split('\n').flatMap((one) => (one === '' ? [] : [one.replace(/\t.*/, '')]));
  };
  expect(offers('magnolia ch')).toEqual(['check']);
  expect(offers('magnolia app')).toEqual(['app 2.oak', 'app.oak', 'apps/']);
  expect(offers('magnolia --wa')).toEqual(['--watch']);
  expect(offers('magnolia test --co')).toEqual(['--coverage']);
  expect(offers('magnolia cert --ca')).toEqual(['--ca', '--ca-key']);
  expect(offers('magnolia completions ')).toEqual(['bash', 'fish', 'zsh']);
});

/** A terminal with zsh in which lines are typed, each with a tab behind it; what zsh makes of them is written to a file. */
const ZSH_SESSION = `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'source ./setup.zsh'
for line in "$@"; do zpty -w -n z "$line"$'\\t\\x18\\x18'; done
zpty -w z exit
while zpty -r z chunk; do :; done`;
const ZSH_SETUP = `PS1=
unsetopt zle_bracketed_paste beep
autoload -U compinit; compinit -u -D
source <("$NODE" "$CLI" completions zsh)
show() { print -r -- "$BUFFER" >> ./completed; BUFFER= }
zle -N show
bindkey '^X^X' show`;

(has('zsh') ? it : it.skip)(
  'zsh completes commands, flags, programs and folders',
  () => {
    const lines: [typed: string, completed: string][] = [
      ['magnolia ch', 'magnolia check '],
      ['magnolia app\\ ', 'magnolia app\\ 2.oak '],
      ['magnolia --wa', 'magnolia --watch '],
      ['magnolia test --co', 'magnolia test --coverage '],
      ['magnolia --lib apps fmt --d', 'magnolia --lib apps fmt --diff '],
      ['magnolia --lib ap', 'magnolia --lib app'],
      ['magnolia cert --k', 'magnolia cert --keep-ca-key '],
      ['magnolia completions fi', 'magnolia completions fish '],
      ['magnolia check no', 'magnolia check notes.txt '],
    ];
    writeFileSync(join(folder, 'setup.zsh'), ZSH_SETUP);
    const env = { ...process.env, NODE: process.execPath, CLI: cli, HOME: folder, ZDOTDIR: folder };
    const typed = lines.map(([line]) => line);
    const { stderr } = spawnSync('zsh', ['-f', '-c', ZSH_SESSION, 'zsh', ...typed], {
      cwd: folder,
      encoding: 'utf8',
      env,
      timeout: 60_000,
    });
    expect(stderr).toBe('');
    expect(readFileSync(join(folder, 'completed'), 'utf8').split('\n')).toEqual([...lines.map(([, line]) => line), '']);
  },
  60_000,
);

it('the scripts of all shells name every command', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = execFileSync(process.execPath, [cli, 'completions', shell], { encoding: 'utf8' });
    for (const name of Object.keys(COMMANDS)) expect(script).toMatch(new RegExp(`\\b${name}\\b`));
  }
  const wrong = spawnSync(process.execPath, [cli, 'completions', 'dos'], { encoding: 'utf8' });
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('completions needs one of bash, zsh, fish')]);
});
