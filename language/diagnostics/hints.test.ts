import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Mistake } from '../runtime/mistakes.ts';
import { parseProgram } from '../syntax/parser.ts';
import { Source } from '../syntax/source.ts';
import { Float, type Fn, str, type Value } from '../values/values.ts';
import { hintFor } from './hints.ts';
import type { LibraryNames } from './library.ts';
import { distance, nearest } from './nearest.ts';

const library: LibraryNames = {
  modules: {
    std: ['map', 'each', 'join', 'println'],
    str: ['split', 'join', 'trim'],
    path: ['join', 'split'],
    debug: ['println'],
    socket: ['connect', 'recv', 'recvLine', 'recvAll', 'serve'],
    pop: ['connect', 'serve'],
  },
  aliases: { 'email-pop': 'pop' },
  elsewhere: [
    { names: ['gpu', 'gpus'], about: 'computing on graphics cards' },
    { names: ['demo'], about: 'demonstrations' },
  ],
};

/** The hint for an error at the place of `‸` in a program that has a few builtins. */
function hint(marked: string, mistake: Mistake): string | null {
  const source = new Source('demo.oak', marked.replace('‸', ''));
  const names = ['print', 'len', 'string', 'int', 'import', 'keys'];
  return hintFor({ mistake, source, program: parseProgram(source), at: [...marked].indexOf('‸'), names, library });
}

const notCallable = { code: 'not-callable', facts: { value: null } } as const;
const noProperties = { code: 'no-properties', facts: { value: null } } as const;
const undefinedName = (name: string) => ({ code: 'undefined-name', facts: { name } }) as const;
const index = (key: Value) => ({ code: 'index', facts: { container: [], key } }) as const;
const operands = (op: string, left: Value, right: Value) => ({ code: 'operands', facts: { op, left, right } }) as const;
const operand = (op: string, value: Value) => ({ code: 'operand', facts: { op, value } }) as const;
const argument = (builtin: string, value: Value) => ({ code: 'argument', facts: { builtin, says: '', value } }) as const;
const assignToNothing = { code: 'assign-to-nothing', facts: {} } as const;
const unknownImport = (path: string) => ({ code: 'unknown-import', facts: { path } }) as const;
const native: Fn = () => null;

describe('hintFor', () => {
  const cases: readonly (readonly [program: string, mistake: Mistake, expected: string | null])[] = [
    ["pritn‸('x')", notCallable, '`pritn` is not defined here; did you mean `print`?'],
    ["fn greet() 1\ngret‸('x')", notCallable, '`gret` is not defined here; did you mean `greet`?'],
    ['xyzzy‸()', notCallable, '`xyzzy` is not defined here'],
    ['é‸()', notCallable, '`é` is not defined here'],
    ["println‸('x')", notCallable, "`println` is in std: { println: println } := import('std'); debug also has one"],
    ['map‸([1], f)', notCallable, "`map` is in std: { map: map } := import('std')"],
    ["s := import('std')\nmap‸([1], f)", notCallable, '`map` is in std: write s.map'],
    ['join‸([])', notCallable, "`join` is in std: { join: join } := import('std'); str, path also have one"],
    ["std := import('std')\nstd.mpa‸([1])", notCallable, 'there is no `mpa` in std; did you mean `map`?'],
    ["std := import('std')\nstd.split‸('x')", notCallable, 'there is no `split` in std; there is one in str, path'],
    ['o := {}\no.go‸()', notCallable, 'there is no `go` in o'],
    ['o := ?\no.a ‸:= 1', assignToNothing, '`o` is `?`, which has no parts: make it an object first'],
    ['o := {}\no.a.b ‸:= 1', assignToNothing, '`o.a` is `?`, which has no parts: make it an object first, with o.a := {}'],
    ['pritn.a ‸:= 1', assignToNothing, '`pritn` is not defined here; did you mean `print`?'],
    ['later‸()\nfn later() 1', notCallable, '`later` is defined on line 2, which has not run yet'],
    ['fn run(cb) cb‸()', notCallable, null],
    ['line := f()\nline‸()', notCallable, null],
    ['fn f() { hidden := 1, hidden }\nhidden‸()', notCallable, '`hidden` is not defined here'],
    ['xs := [1]\nxs‸(0)', { code: 'not-callable', facts: { value: [1] } }, 'an item is read with a dot: xs.(0)'],
    ['std‸.map', noProperties, "`std` is a library: std := import('std')"],
    ['a := {}\na.b‸.c', noProperties, '`a.b` is `?`: what it is read from has no such key'],
    ['fn f(x) x‸.y', noProperties, null],
    ['conn := 1\nfn f() con‸.y', noProperties, '`con` is not defined here; did you mean `conn`?'],
    ['count := 1\ncuont ‸<- 2', undefinedName('cuont'), 'did you mean `count`?'],
    ['total ‸<- 2', undefinedName('total'), '`<-` changes a variable that exists already; `total := …` makes one'],
    ['xs := [], i := 1\nxs‸.i', index(str('i')), 'for the item at the index `i` write xs.(i)'],
    ['xs := []\nxs‸.first', index(str('first')), 'the first item is xs.0'],
    ['xs := []\nxs‸.push(1)', index(str('push')), 'an item is added to a list with xs << item'],
    [
      "'a'‸.upper()",
      { code: 'index', facts: { container: str('a'), key: str('upper') } },
      "it is a function of str: str.upper('a')",
    ],
    [
      'n := 5\nn‸.toFixed(2)',
      { code: 'no-properties', facts: { value: 5 } },
      "it is a function of math: import('math').round(n, 2)",
    ],
    [
      'fn f() {}\nf‸.x',
      { code: 'no-properties', facts: { value: native } },
      '`f` is a function, and has no properties; f(…) calls it',
    ],
    ['o := {}\no.keys‸()', notCallable, 'they are a function: keys(o)'],
    ['xs := []\nxs‸.odd', index(str('odd')), null],
    ["console‸.log('x')", noProperties, '`console` is not defined here: to print, write println(x)'],
    ['xs := [], n := 1.0\nxs‸.(n)', index(new Float(1)), 'an index is an int: .(int(n))'],
    ['xs := [[1]]\nxs‸.0.0', index(new Float(0)), '0.0 is one number: for an item of an item write .(1).(0)'],
    [
      'xs := []\nxs.4 ‸:= 1',
      { code: 'assign-index', facts: { container: [], key: 4 } },
      'a new item goes to len(xs), and nowhere beyond; xs << value puts it there',
    ],
    ['go‸(print)', argument('go', native), 'put a function around the builtin: go(fn() …)'],
    ["s := '5'\ns ‸* 2", operands('*', str('5'), 2), 'to make a number of the string, write int(s)'],
    ["'a' ‸+ n", operands('+', str('a'), 1), "to join them as text, write 'a' + string(n)"],
    ["n := 1\nn ‸+ 'a'", operands('+', 1, str('a')), "to join them as text, write string(n) + 'a'"],
    [
      "n := 1, s := '2'\nn ‸+ s",
      operands('+', 1, str('2')),
      'to join them as text, write string(n) + s; to add them as numbers, n + int(s)',
    ],
    ['[1] ‸+ [2]', operands('+', [1], [2]), 'xs << x adds an item to a list; std.join(xs, ys) makes one list of two'],
    ["s := '12'\ns <‸< 3", operands('<<', str('12'), 3), 'to append it as text, write << string(3)'],
    ['1 ‸+ ?', operands('+', 1, null), null],
    ['prnit ‸<- 2', undefinedName('prnit'), '`<-` changes a variable that exists already; `prnit := …` makes one'],
    ['xs := [1]\nxs‸.(1.0)', index(new Float(1)), 'an index is an int: .(int(1.0))'],
    ['coutn ‸+ 1', operands('+', null, 1), '`coutn` is not defined here'],
    ['o := {}\no.n ‸+ 1', operands('+', null, 1), 'the left side, o.n, is `?`'],
    ['a := true\na ‸& 1', operands('&', true, 1), '`&` between bools needs a bool on the right, too: a comparison, say'],
    ['x := 1.5\nx ‸& 1', operands('&', new Float(1.5), 1), '`&` is for ints: int(x) rounds down to one'],
    ['n := 0\n‸!n', operand('!', 0), '`!` is for bools: to test for zero, write n = 0'],
    ['fn f(x) ‸!x', operand('!', null), '`!` is for bools: to test for `?`, write x = ?'],
    ['len‸(lnies)', { code: 'no-length', facts: { value: null } }, '`lnies` is not defined here'],
    ['n := 1\nprint‸(n)', argument('print', 1), 'print takes a string: print(string(n))'],
    ["import‸('sokcet')", unknownImport('sokcet'), 'the library is called `socket`'],
    ["import‸('email-pip')", unknownImport('email-pip'), 'the library is called `email-pop`'],
    ["import‸('gpus')", unknownImport('gpus'), '`gpus` is in the reference, not here: computing on graphics cards'],
    ["demo := import('demo')\ndemo.show‸()", notCallable, '`demo` is in the reference, not here: demonstrations'],
    ["gpu := import('gpu')\ngpu.show‸()", notCallable, 'there is no `show` in gpu'],
    ["pop‸.connect('a:1')", noProperties, "`pop` is a library: pop := import('pop')"],
    ["socket := import('socket')\nsocket.recvAl‸(1)", notCallable, 'there is no `recvAl` in socket; did you mean `recvAll`?'],
    ["import‸('./mine')", unknownImport('./mine'), null],
    ['1 ‸/ 0', { code: 'division-by-zero', facts: {} }, null],
  ];
  for (const [program, mistake, expected] of cases) {
    it(`for ${JSON.stringify(program)}`, () => {
      expect(hint(program, mistake)).toBe(expected);
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
