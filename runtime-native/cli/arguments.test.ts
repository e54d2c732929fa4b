import { describe, expect, it } from '@jest/globals';
import { type Command, readArguments, type Surroundings } from './arguments.ts';
import { NO_SETTINGS } from './no-settings.ts';

const world = (more: Partial<Surroundings> = {}): Surroundings => ({
  env: {},
  inputIsTerminal: () => false,
  exists: (path) => path === 'demo.oak' || path === 'evil',
  isFolder: (path) => path === 'here' || path === 'there',
  ...more,
});

describe('readArguments', () => {
  for (const [line, expected] of [
    ['demo.oak', { kind: 'run', file: 'demo.oak', args: [] }],
    ['demo.oak --help run -x', { kind: 'run', file: 'demo.oak', args: ['--help', 'run', '-x'] }],
    ['run demo.oak a b', { kind: 'run', file: 'demo.oak', args: ['a', 'b'] }],
    ['run', { kind: 'wrong', message: 'run needs FILE' }],
    ['-', { kind: 'run', file: '-', args: [] }],
    ['- a b', { kind: 'run', file: '-', args: ['a', 'b'] }],
    ['-- demo.oak', { kind: 'run', file: 'demo.oak', args: [] }],
    ['', { kind: 'run', file: '-', args: [] }],
    ['frobnicate', { kind: 'wrong', message: 'there is no command frobnicate, and no such file' }],
    ['demo', { kind: 'wrong', message: 'there is no command demo; did you mean demo.oak?' }],
    [
      'pack x',
      {
        kind: 'wrong',
        message: 'there is no command pack here; magnolia build FILE makes one file of a program and its imports',
      },
    ],
    ['--watch demo.oak a --watch', { kind: 'watch', file: 'demo.oak', words: ['demo.oak', 'a', '--watch'] }],
    ['--fuel 9 run --watch demo.oak', { kind: 'watch', file: 'demo.oak', words: ['--fuel', '9', 'run', 'demo.oak'] }],
    ['--watch', { kind: 'wrong', message: '--watch is for running a FILE' }],
    ['--watch check demo.oak', { kind: 'wrong', message: '--watch is for running a FILE' }],
    ['./frobnicate', { kind: 'run', file: './frobnicate', args: [] }],
    ['nowhere.txt', { kind: 'run', file: 'nowhere.txt', args: [] }],
    ['eval 1 + 2', { kind: 'eval', program: '1 + 2' }],
    ['eval -1 --help', { kind: 'eval', program: '-1 --help' }],
    ['eval', { kind: 'wrong', message: 'eval needs PROGRAM' }],
    ['check --strict a.oak', { kind: 'own', name: 'check', words: ['--strict', 'a.oak'] }],
    ['repl', { kind: 'repl' }],
    ['repl x', { kind: 'wrong', message: 'repl takes nothing more, but got x' }],
    ['help', { kind: 'help', topic: null }],
    ['--help', { kind: 'help', topic: null }],
    ['-h', { kind: 'help', topic: null }],
    ['help std.map', { kind: 'help', topic: 'std.map' }],
    ['test --help', { kind: 'help', topic: 'test' }],
    ['fmt a.oak -h', { kind: 'help', topic: 'fmt' }],
    ['cert --help', { kind: 'help', topic: 'cert' }],
    ['build -- --help', { kind: 'own', name: 'build', words: ['--', '--help'] }],
    ['version', { kind: 'version' }],
    ['--version', { kind: 'version' }],
    ['--versoin', { kind: 'wrong', message: 'there is no flag --versoin; did you mean --version?' }],
    ['-z demo.oak', { kind: 'wrong', message: 'there is no flag -z' }],
    ['chekc demo.oak', { kind: 'wrong', message: 'there is no command chekc; did you mean check?' }],
    ['evil', { kind: 'run', file: 'evil', args: [] }],
    ['--lib', { kind: 'wrong', message: '--lib needs a value' }],
    ['--lib nowhere demo.oak', { kind: 'wrong', message: '--lib: there is no folder nowhere' }],
    ['--lib=demo.oak eval 1', { kind: 'wrong', message: '--lib: there is no folder demo.oak' }],
    ['--lib nowhere help', { kind: 'help', topic: null }],
    ['--allow-net', { kind: 'wrong', message: '--allow-net needs a value' }],
    [
      '--deny-net=10.0.0.0/99 demo.oak',
      { kind: 'wrong', message: '--allow-net and --deny-net: 10.0.0.0/99 is no host, host:port, :port, address/bits or *' },
    ],
    ['demo.oak --deny-net=?', { kind: 'run', file: 'demo.oak', args: ['--deny-net=?'] }],
    ['--alow-net=* demo.oak', { kind: 'wrong', message: 'there is no flag --alow-net; did you mean --allow-net?' }],
    ['--fuel x demo.oak', { kind: 'wrong', message: '--fuel takes a positive whole number, not x' }],
  ] as const satisfies readonly (readonly [string, Command])[]) {
    it(`magnolia ${line}`, () => {
      expect(readArguments(line === '' ? [] : line.split(' '), world()).command).toEqual(expected);
    });
  }

  it('starts the REPL when nothing is asked for at a terminal', () => {
    expect(readArguments([], world({ inputIsTerminal: () => true })).command).toEqual({ kind: 'repl' });
  });

  it('says where a library is looked for in vain that no flag has named', () => {
    expect(readArguments(['demo.oak'], world({ env: { MAGNOLIA_LIB: 'nowhere' } })).command).toEqual({
      kind: 'wrong',
      message: 'MAGNOLIA_LIB: there is no folder nowhere',
    });
  });

  for (const [line, env, expected] of [
    ['demo.oak', {}, NO_SETTINGS],
    ['--allow-read=a --allow-read b,c --allow-run=echo demo.oak', {}, { allowRead: 'a,b,c', allowRun: 'echo' }],
    ['--lib here demo.oak', {}, { lib: 'here', fuel: null }],
    ['--lib=here --fuel 7 demo.oak', {}, { lib: 'here', fuel: 7 }],
    ['run --lib here demo.oak', { MAGNOLIA_LIB: 'there' }, { lib: 'here', fuel: null }],
    ['--allow-net=a:1,b --deny-net :25 run --allow-net=c demo.oak', {}, { allowNet: 'a:1,b,c', denyNet: ':25' }],
    ['demo.oak --lib here', { MAGNOLIA_LIB: 'there', MAGNOLIA_FUEL: '3' }, { lib: 'there', fuel: 3 }],
  ] as const) {
    it(`has settings in ${line} with ${JSON.stringify(env)}`, () => {
      expect(readArguments(line.split(' '), world({ env })).settings).toMatchObject(expected);
    });
  }
});
