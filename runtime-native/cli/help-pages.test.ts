import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { describeBuiltin } from './builtin-help.ts';
import { RESULTS } from './builtin-results.ts';
import { languageHelp, languageWords } from './language-help.ts';
import { NO_SETTINGS } from './no-settings.ts';
import { commandWorld } from './world.ts';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-help-'));
const { registry } = commandWorld(NO_SETTINGS, []).world;

afterAll(() => rmSync(folder, { recursive: true }));

describe('the sections of docs/language.md', () => {
  for (const word of [
    ':=',
    '<-',
    '?',
    '_',
    '|>',
    '<<',
    '**',
    '.(',
    '...',
    'language',
    'operators',
    'strings',
    'if',
    'fn',
    'Spread',
    'import',
  ]) {
    it(`explain ${word}`, () => {
      const shown = languageHelp(word);
      expect(shown?.split('\n').length).toBeGreaterThan(5);
      expect(shown).toContain(/^\w/.test(word) ? 'prints' : word);
    });
  }

  it('are found by their heading, and lose the marks of Markdown', () => {
    expect(languageHelp('loops and tail calls')).toMatch(/^Loops and tail calls\n\nThere is no loop statement/);
    for (const word of languageWords()) expect([word, languageHelp(word)?.match(/```|<!--|&#124;|\]\(/g)]).toEqual([word, null]);
  });

  it('have no word in common with the builtins', () => {
    expect(languageWords().filter((word) => registry.get(word) !== undefined)).toEqual([]);
  });
});

const PROGRAM = `fn show(name, result) { print(name + '\t' + string(result) + '\n'), result }
f := show('open', open('results.txt', :readwrite)), show('write', write(f.fd, 0, 'hello')), show('read', read(f.fd, 0, 3))
show('close', close(f.fd)), show('stat', stat('results.txt')), show('ls', ls('.')), show('mkdir', mkdir('made')), show('rm', rm('made'))
show('exec', exec('true', [], '')), show('input', input()), show('open', open('no/such', :readonly))
c := show('make_chan', make_chan(1)), show('chan_send', chan_send(c, 1)), show('chan_recv', chan_recv(c))
show('chan_try_recv', chan_try_recv(c))
s := socket_serve('127.0.0.1:0', fn(e) socket_send(e.socket, 'a\\nbc'))
k := show('socket_connect', socket_connect(s.local)).socket, show('socket_recv_line', socket_recv_line(k))
show('socket_recv', socket_recv(k, 1)), show('socket_send', socket_send(k, 'x')), show('socket_set_timeout', socket_set_timeout(k, 1))
show('socket_close', socket_close(k)), show('socket_connect', socket_connect('127.0.0.1:1')), exit(0)
`;

describe('what builtins return', () => {
  it('is in the help as it is printed', () => {
    const file = join(folder, 'results.oak');
    writeFileSync(file, PROGRAM);
    const out = execFileSync(process.execPath, [join(root, 'dist/cli.cjs'), file], { cwd: folder, encoding: 'utf8', input: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(22);
    for (const line of lines) {
      const [name = '', result = ''] = line.split('\t');
      const one = registry.get(name);
      const help = one === undefined ? '' : describeBuiltin(one);
      const words = [...result.matchAll(/[{,] ?(\w+): |type: (:\w+)/g)].map(([, key, type]) => key ?? type ?? '');
      expect([name, words.filter((word) => !help.includes(word))]).toEqual([name, []]);
    }
  }, 30_000);

  it('knows the existing builtins', () => {
    expect(Object.keys(RESULTS).filter((name) => registry.get(name) === undefined)).toEqual([]);
  });
});
