import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseProgram } from '../syntax/parser.ts';
import { Source } from '../syntax/source.ts';
import { hintFor } from './hints.ts';
import { LIBRARIES, namesIn } from './library-index.ts';
import { distance, nearest } from './nearest.ts';
import { visibleNames } from './visible-names.ts';

/** The hint for an error at the place of `‸` in a program that has a few builtins. */
function hint(marked: string, reason: string): string | null {
  const source = new Source('demo.oak', marked.replace('‸', ''));
  const names = ['print', 'len', 'string', 'int', 'import', 'keys'];
  return hintFor({ reason, source, program: parseProgram(source), at: [...marked].indexOf('‸'), names });
}

const noFunction = '? is not a function and cannot be called';
const noProperties = 'Expected string, list, or object in left-hand side of property access, got ?';

describe('hintFor', () => {
  for (const [program, reason, expected] of [
    ["pritn‸('x')", noFunction, '`pritn` is not defined here; did you mean `print`?'],
    ["fn greet() 1\ngret‸('x')", noFunction, '`gret` is not defined here; did you mean `greet`?'],
    ['xyzzy‸()', noFunction, '`xyzzy` is not defined here'],
    [
      "req‸({url: 'http://localhost/'})",
      noFunction,
      "this runtime has no HTTP and no WebSockets; TCP and TLS are in socket: socket := import('socket')",
    ],
    ['é‸()', noFunction, '`é` is not defined here'],
    ["println‸('x')", noFunction, "`println` is in std: { println: println } := import('std')"],
    ['map‸([1], f)', noFunction, "`map` is in std: { map: map } := import('std')"],
    ["s := import('std')\nmap‸([1], f)", noFunction, '`map` is in std: write s.map'],
    ['join‸([])', noFunction, '`join` is not defined here; there is one in each of std, str, path'],
    ["std := import('std')\nstd.mpa‸([1])", noFunction, 'there is no `mpa` in std; did you mean `map`?'],
    ["std := import('std')\nstd.split‸('x')", noFunction, 'there is no `split` in std; there is one in str'],
    ['o := {}\no.go‸()', noFunction, 'there is no `go` in o'],
    ['later‸()\nfn later() 1', noFunction, '`later` is defined on line 2, which has not run yet'],
    ['fn run(cb) cb‸()', noFunction, null],
    ['line := f()\nline‸()', noFunction, null],
    ['fn f() { hidden := 1, hidden }\nhidden‸()', noFunction, '`hidden` is not defined here'],
    ['xs := [1]\nxs‸(0)', '[1] is not a function and cannot be called', 'an item is read with a dot: xs.(0)'],
    ['std‸.map', noProperties, "`std` is a library: std := import('std')"],
    ['a := {}\na.b‸.c', noProperties, '`a.b` is `?`: what it is read from has no such key'],
    ['fn f(x) x‸.y', noProperties, null],
    ['conn := 1\nfn f() con‸.y', noProperties, '`con` is not defined here; did you mean `conn`?'],
    ['count := 1\ncuont ‸<- 2', 'cuont is undefined', 'did you mean `count`?'],
    ['total ‸<- 2', 'total is undefined', '`<-` changes a variable that exists already; `total := …` makes one'],
    [
      'xs := [], i := 1\nxs‸.i',
      "Cannot index into list with non-integer index 'i'",
      'for the item at the index `i` write xs.(i)',
    ],
    ['xs := []\nxs‸.first', "Cannot index into list with non-integer index 'first'", null],
    ['xs := [], n := 1.0\nxs‸.(n)', 'Cannot index into list with non-integer index 1', 'an index is an int: .(int(n))'],
    [
      'xs := [[1]]\nxs‸.0.0',
      'Cannot index into list with non-integer index 0',
      '0.0 is one number: for an item of an item write .(1).(0)',
    ],
    [
      'xs := []\nxs.4 ‸:= 1',
      'List assignment index 4 out of range in (xs.4) := 1',
      'a new item goes to len(xs), and nowhere beyond; xs << value puts it there',
    ],
    [
      'go‸(print)',
      'go argument must be a function, got fn print { <native fn> }',
      'put a function around the builtin: go(fn() …)',
    ],
    ["s := '5'\ns ‸* 2", "Cannot * incompatible values '5', 2", 'to make a number of the string, write int(s)'],
    ["'a' ‸+ n", "Cannot + incompatible values 'a', 1", "to join them as text, write 'a' + string(n)"],
    ["n := 1\nn ‸+ 'a'", "Cannot + incompatible values 1, 'a'", "to join them as text, write string(n) + 'a'"],
    [
      "n := 1, s := '2'\nn ‸+ s",
      "Cannot + incompatible values 1, '2'",
      'to join them as text, write string(n) + s; to add them as numbers, n + int(s)',
    ],
    [
      '[1] ‸+ [2]',
      'Cannot + incompatible values [1], [2]',
      'xs << x adds an item to a list; std.join(xs, ys) makes one list of two',
    ],
    ["s := '12'\ns <‸< 3", "Cannot << incompatible values '12', 3", 'to append it as text, write << string(3)'],
    ['1 ‸+ ?', 'Cannot + incompatible values 1, ?', null],
    ['prnit ‸<- 2', 'prnit is undefined', '`<-` changes a variable that exists already; `prnit := …` makes one'],
    ['xs := [1]\nxs‸.(1.0)', 'Cannot index into list with non-integer index 1', 'an index is an int: .(int(1.0))'],
    ['coutn ‸+ 1', 'Binary operator + is not defined for values ?, 1', '`coutn` is not defined here'],
    ['o := {}\no.n ‸+ 1', 'Binary operator + is not defined for values ?, 1', 'the left side, o.n, is `?`'],
    [
      'a := true\na ‸& 1',
      'Cannot & incompatible values true, 1',
      '`&` between bools needs a bool on the right, too: a comparison, say',
    ],
    ['x := 1.5\nx ‸& 1', 'Invalid binary operator & for floats 1.5, 1', '`&` is for ints: int(x) rounds down to one'],
    ['n := 0\n‸!n', '! is not a valid unary operator for 0', '`!` is for bools: to test for zero, write n = 0'],
    ['fn f(x) ‸!x', '! is not a valid unary operator for ?', '`!` is for bools: to test for `?`, write x = ?'],
    ['len‸(lnies)', '? does not support a len() call', '`lnies` is not defined here'],
    ['n := 1\nprint‸(n)', 'Unexpected argument to print: 1', 'print takes a string: print(string(n))'],
    ["import‸('sokcet')", 'Could not open sokcet (.oak, .ok, .mag, .mg)', 'the library is called `socket`'],
    ["import‸('./mine')", 'Could not open ./mine (.oak, .ok, .mag, .mg)', null],
    ['1 ‸/ 0', 'Division by zero', null],
  ] as const) {
    it(`for ${JSON.stringify(program)}`, () => {
      expect(hint(program, reason)).toBe(expected);
    });
  }
});

describe('nearest', () => {
  for (const [word, candidates, expected] of [
    ['evla', ['eval', 'repl'], 'eval'],
    ['chekc', ['check', 'repl'], 'check'],
    ['RECVLINE', ['recv', 'recvLine'], 'recvLine'],
    ['recvline', ['recvLin', 'recvLine'], 'recvLine'],
    ['map', ['mop', 'maps'], 'mop'],
    ['ab', ['ac'], null],
    ['hello', ['world'], null],
    ['x', [], null],
  ] as const) {
    it(`${word} among ${candidates.join(', ') || 'none'} is ${expected}`, () => expect(nearest(word, candidates)).toBe(expected));
  }

  it('measures a distance: symmetric, zero for the same, at most the longer length', () => {
    const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, a)).toBe(0);
        expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('the index of the library', () => {
  const lib = join(dirname(__filename), '../../lib');
  for (const library of LIBRARIES) {
    it(`${library} has the names that hints promise`, () => {
      const source = new Source(library, readFileSync(join(lib, `${library.replace('/', '-')}.oak`), 'utf8'));
      const bound = visibleNames(parseProgram(source), -1);
      expect(namesIn(library).filter((name) => !bound.has(name))).toEqual([]);
    });
  }
});
