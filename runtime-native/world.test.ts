import { describe, expect, it } from '@jest/globals';
import { outcome, TestProgram } from '../builtins/testing/test-program.ts';
import { World } from '../embedding/world.ts';
import { NO_LIBRARY } from '../language/diagnostics/library.ts';
import { atom, EMPTY, Float, markClass, Obj, obj, setKey, str, type Value } from '../language/values/values.ts';
import { NodeHost } from './host.ts';
import { nodePlatform } from './platform.ts';
import { standardInput } from './processes.ts';

const { registry } = new World({
  platform: { ...nodePlatform, library: { names: () => [], known: () => NO_LIBRARY, find: () => null, source: () => undefined } },
  options: { files: 'system', network: 'system', processes: 'system', env: process.env },
  args: ['magnolia', 'script.oak', 'ä'],
  input: standardInput,
  host: new NodeHost(),
  onProblem() {},
});
const program = new TestProgram(registry);
const call = (name: string, ...args: unknown[]): string => outcome(program.call(name, ...args));

const cls = markClass(() => null, new Obj());
Object.defineProperty(cls, 'name', { value: 'Point' });

const facts: readonly (readonly [string, readonly unknown[], string])[] = [
  ['type', [null], 'null'],
  ['type', [EMPTY], 'empty'],
  ['type', [1], 'int'],
  ['type', [2n ** 60n], 'int'],
  ['type', [new Float(1)], 'float'],
  ['type', [true], 'bool'],
  ['type', [atom('a')], 'atom'],
  ['type', [str('')], 'string'],
  ['type', [[]], 'list'],
  ['type', [new Obj()], 'object'],
  ['type', [cls], 'function'],
  ['type', [], 'error: type requires 1 arguments, got 0'],
  ['string', [[new Float(1), new Float(2.5), atom('a'), str('b'), null]], "[1, 2.5, :a, 'b', ?]"],
  ['string', [program.fn('print')], 'fn print { <native fn> }'],
  ['string', [], 'error: string requires 1 arguments, got 0'],
  ['int', [new Float(5.9)], '5'],
  ['int', [new Float(-5.1)], '-6'],
  ['int', [new Float(-0.5)], '-1'],
  ['int', [new Float(1e300)], '?'],
  ['int', [new Float(NaN)], '?'],
  ['int', [new Float(2 ** 53)], '9007199254740992'],
  ['int', [str('+12')], '12'],
  ['int', [str('007')], '7'],
  ['int', [str('12.5')], '?'],
  ['int', [str(' 1')], '?'],
  ['int', [true], '?'],
  ['float', [str('1e3')], '1000'],
  ['float', [str('5.')], '5'],
  ['float', [str(' 1')], '?'],
  ['float', [str('1e400')], '?'],
  ['float', [7], '7'],
  ['float', [true], '?'],
  ['atom', [5], '5'],
  ['atom', [null], '?'],
  ['codepoint', [str('A')], '65'],
  ['codepoint', [str('AB')], '?'],
  ['codepoint', [str('\xff')], '255'],
  ['codepoint', [65], '?'],
  ['char', [300], '\xff'],
  ['char', [-5], '\x00'],
  ['char', [2n ** 60n], '\xff'],
  ['char', [new Float(1.5)], '?'],
  ['name', [program.fn('print')], 'print'],
  ['name', [cls], 'Point'],
  ['name', [5], '5'],
  ['csof', [cls], 'true'],
  ['csof', [program.fn('print')], 'false'],
  ['csof', [cls, cls], 'true'],
  ['csof', [cls, atom('Point')], 'true'],
  ['csof', [atom('Point'), cls], 'true'],
  ['csof', [atom('Point'), atom('Point')], 'false'],
  ['csof', [cls, null], 'false'],
  ['len', [str('é'.normalize())], '1'],
  ['len', [[1, 2]], '2'],
  ['len', [obj({ a: 1 })], '1'],
  ['len', [null], 'error: ? does not support a len() call'],
  ['len', [], 'error: string requires 1 arguments, got 0'],
  ['keys', [str('abc')], '[0, 1, 2]'],
  ['keys', [obj({ a: 1, b: 2 })], "['a', 'b']"],
  ['keys', [5], '[]'],
  ['keys', [], 'error: print requires 1 arguments, got 0'],
  ['print', [5], 'error: Unexpected argument to print: 5'],
  ['print', [], 'error: print requires 1 arguments, got 0'],
  ['bytecode', [[]], 'error: bytecode() requires 2 arguments: argument list and function'],
  ['bytecode', [1, 2], 'error: first argument to bytecode() must be a list, got 1'],
  ['bytecode', [[], 2], 'error: second argument to bytecode() must be a function, got 2'],
  ['interpreter', [[], 2], 'error: 2 is not a function and cannot be called'],
  ['interpreter', [[str('xyz')], program.fn('len')], '3'],
  ['args', [], "['magnolia', 'script.oak', '\xc3\xa4']"],
  ['exit', [str('now')], "error: Mismatched types in call exit('now')"],
  ['exit', [], 'error: exit requires 1 arguments, got 0'],
  ['wait', [str('soon')], "error: Mismatched types in call wait('soon')"],
  ['wait', [0], '?'],
  ['wait', [new Float(-1)], '?'],
  ['wait', [new Float(NaN)], '?'],
  ['srand', [str('x')], "error: Mismatched types in call srand('x')"],
  ['srand', [0], ''],
  ['exec', [str('echo'), 5, str('')], "error: Mismatched types in call exec('echo', 5, '')"],
  ['exec', [str('echo'), [str('a'), 1], str('')], "error: Mismatched types in call exec, arguments must be strings in ['a', 1]"],
  ['exec', [str('echo')], 'error: exec requires 3 arguments, got 1'],
  ['go', [], 'error: go requires at least 1 argument (function to run)'],
  ['go', [5], 'error: go argument must be a function, got 5'],
  ['go', [program.fn('print')], 'error: go argument must be a function, got fn print { <native fn> }'],
  ['make_chan', [1, 2], 'error: make_chan takes at most 1 argument, got 2'],
  ['make_chan', [null], 'error: Mismatched types in call make_chan(?)'],
  ['make_chan', [new Float(1)], 'error: Mismatched types in call make_chan(1)'],
  ['make_chan', [-1], 'error: make_chan capacity must be non-negative, got -1'],
  ['chan_send', [5, 1], 'error: First argument to chan_send must be a channel, got 5'],
  ['chan_send', [5], 'error: chan_send requires 2 arguments, got 1'],
  ['chan_send', [5, 1, 2, 3], 'error: chan_send takes 2 arguments plus an optional callback, got 4'],
  ['chan_recv', [obj({ type: atom('chan') })], 'error: First argument to chan_recv must be a channel, got {type: :chan}'],
  ['chan_recv', [obj({ type: atom('channel') })], 'error: Channel {type: :channel} is malformed'],
  ['chan_recv', [obj({ type: atom('channel'), id: 99 })], 'error: Channel {id: 99, type: :channel} is not available'],
  ['chan_recv', [obj({ type: atom('channel'), id: -1 })], 'error: Channel {id: -1, type: :channel} is not available'],
  ['chan_recv', [1, 2, 3], 'error: chan_recv takes 1 argument plus an optional callback, got 3'],
  ['chan_try_recv', [null], 'error: First argument to chan_try_recv must be a channel, got ?'],
  ['chan_try_recv', [], 'error: chan_try_recv requires 1 arguments, got 0'],
  ['ls', [5], 'error: Mismatched types in call ls(5)'],
  ['stat', [5], 'error: Mismatched types in call stat(5)'],
  ['mkdir', [5], 'error: Mismatched types in call mkdir(5)'],
  ['rm', [5], 'error: Mismatched types in call rm(5)'],
  ['open', [5], 'error: Mismatched types in call open(5, :readwrite, 420)'],
  ['open', [str('x'), 5], "error: Mismatched types in call open('x', 5, 420)"],
  ['open', [str('x'), atom('bogus')], 'error: Invalid flag for open(): :bogus'],
  ['close', [str('x')], "error: Mismatched types in call close('x')"],
  ['close', [99], "{error: 'Unknown fd 99', type: :error}"],
  ['read', [99, 0, 1], "{error: 'Unknown fd 99', type: :error}"],
  ['read', [99, 0], 'error: read requires 3 arguments, got 2'],
  ['read', [99, 0, str('')], "error: Mismatched types in call read(99, 0, '')"],
  ['write', [99, 0, str('')], "{error: 'Unknown fd 99', type: :error}"],
  ['write', [99, 0, 0], 'error: Mismatched types in call write(99, 0, 0)'],
  ['bits', [str('AZ')], '[65, 90]'],
  ['bits', [[72, 105]], 'Hi'],
  ['bits', [[65, 256]], 'error: bits(list) expects byte values 0-255, got 256'],
  ['bits', [[null]], 'error: bits(list) expects byte values 0-255, got ?'],
  ['bits', [5], 'error: bits() expects a list of bytes or a byte string, got 5'],
  ['utf16', [str('a\xc3\xa9')], 'a\x00\xe9\x00\x00\x00'],
  ['utf16', [str('\xf0\x9f\x98\x80')], '\x3d\xd8\x00\xde\x00\x00'],
  ['utf16', [5], 'error: Mismatched types in call utf16(5)'],
  ['sin', [str('x')], "error: Mismatched types in call sin('x')"],
  ['sin', [0], '0'],
  ['asin', [2], 'error: asin() takes a number in range [-1, 1], got 2.000000'],
  ['acos', [new Float(-1.5)], 'error: acos() takes a number in range [-1, 1], got -1.500000'],
  ['pow', [2, 10], '1024'],
  ['pow', [-8, new Float(0.5)], 'error: pow() of negative number to fractional exponent is not defined'],
  ['pow', [0, new Float(0)], 'error: pow(0, 0) is not defined'],
  ['pow', [2, str('')], "error: Mismatched types in call pow(2, '')"],
  ['log', [0, 1], 'error: log(0, _) is not defined'],
  ['log', [2, 0], 'error: log(_, 0) is not defined'],
  ['log', [2, 1024], '10'],
  ['log', [1, 5], '+Inf'],
  ['log', [2, -1], 'NaN'],
  ['sysproc', [5, str('')], "error: Mismatched types in call sysproc(5, '')"],
  [
    'sysproc',
    [str('user32'), str('Beep')],
    "{error: 'Could not resolve procedure user32!Beep: sysproc is only supported on Windows', type: :error}",
  ],
  ['win_msg_loop', [], 'error: win_msg_loop requires 1 arguments, got 0'],
  ['win_msg_loop', [0], "{error: 'win_msg_loop is only supported on Windows', type: :error}"],
  ['lock_thread', [], '?'],
  ['unlock_thread', [], '?'],
  ['memread', [8, 1], "{error: 'memread() unavailable in this runtime: programs have no access to raw memory', type: :error}"],
  ['memread', [8, 0], ''],
  ['pointer', [8], 'ptr(0x8)'],
  ['___stdlibs', [1], 'error: ___stdlibs takes no arguments'],
  ['___stdlibs', [], '{}'],
  ['___runtime_lib', [], 'error: __runtime_lib requires 1 arguments, got 0'],
  ['___runtime_lib?', [], 'error: __runtime_lib requires 1 arguments, got 0'],
  ['___runtime_lib', [5], 'error: Mismatched types in call ___runtime_lib(5)'],
  ['___runtime_lib?', [5], 'error: Mismatched types in call ___runtime_lib?(5)'],
  ['___runtime_lib?', [str('nope')], 'false'],
  ['___runtime_lib', [str('nope')], '?'],
  ['___runtime_gc', [], '?'],
];

describe('builtins without a world', () => {
  for (const [name, args, expected] of facts) {
    it(`${name} of ${args.length} argument(s) is ${JSON.stringify(expected.slice(0, 70))}`, () => {
      expect(call(name, ...args)).toBe(expected);
    });
  }

  it('string returns a string back itself', () => {
    const text = str('same');
    expect(program.fn('string')(text)).toBe(text);
  });

  it('srand returns as many bytes as asked for, and refuses to make none or too many', () => {
    expect((program.fn('srand')(33) as ReturnType<typeof str>).length).toBe(33);
    expect(call('srand', -1)).toMatch(/^error: srand\(\) makes from 0 to \d+ bytes, got -1$/);
    expect(call('srand', 2n ** 62n)).toMatch(/^error: srand/);
  });

  it('keys of a large object are all of them', () => {
    const large = new Obj();
    for (let i = 0; i < 500; i++) setKey(large, `k${i}`, i);
    expect((program.fn('keys')(large) as Value[]).length).toBe(500);
  });

  it('time and nanotime agree with the clock', () => {
    const seconds = (program.fn('time')() as Float).value;
    const nanoseconds = program.fn('nanotime')() as bigint;
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(60);
    expect(Math.abs(Number(nanoseconds) / 1e9 - Date.now() / 1000)).toBeLessThan(60);
  });

  it('env has the variables of the process', () => {
    expect(call('env')).toContain('PATH: ');
  });

  it('every builtin has a line of help and complains about a missing argument by its own name, but for four', () => {
    const odd = new Set(['len', 'keys', '___runtime_lib', '___runtime_lib?']);
    for (const one of registry.all()) {
      expect(one.help).not.toBe('');
      const required = one.params.filter(({ defaultValue }) => defaultValue === undefined).length;
      if (required === 0 || one.unchecked === true || odd.has(one.name)) continue;
      expect(call(one.name)).toBe(`error: ${one.name} requires ${required} arguments, got 0`);
    }
  });
});
