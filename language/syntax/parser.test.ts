import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { utf8Decode } from '../values/bytes.ts';
import type { Expr, Program } from './ast.ts';
import { children, nodeAt } from './ast-walk.ts';
import { ParseError } from './parse-error.ts';
import { parseProgram } from './parser.ts';
import { Source } from './source.ts';
import { syntaxText } from './syntax-text.ts';

function parse(text: string): Program {
  return parseProgram(new Source('test', text));
}

/** The last expression of a program as text. */
function shown(text: string): string {
  const last = parse(text).body.at(-1);
  return last === undefined ? '' : utf8Decode(syntaxText(last));
}

function errorOf(text: string): ParseError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
  throw new Error(`This is a program: ${text}`);
}

/** `line:column reason`, with 0:0 for no position, as the reference shows it. */
function complaint(text: string): string {
  const { at, reason } = errorOf(text);
  if (at === null) return `0:0 ${reason}`;
  const { line, column } = new Source('test', text).lineAndColumn(at);
  return `${line}:${column} ${reason}`;
}

// Functions show their tree: these lines are the examples of the language reference, sections 4 and 18.3 (without its FOLD).
const TREES = `
fn() a + b * c  => fn() (a + (b * c))
fn() a * b % c  => fn() (a * (b % c))
fn() a % b ** c  => fn() ((a % b) ** c)
fn() a ** b ** c  => fn() ((a ** b) ** c)
fn() -a ** b  => fn() (-a ** b)
fn() -a.b(c)  => fn() -call[(a.b)](c)
fn() !a = b  => fn() (!a = b)
fn() a | b ^ c & d  => fn() (a | (b ^ (c & d)))
fn() a = b & c < d  => fn() ((a = b) & (c < d))
fn() a = b = c  => fn() ((a = b) = c)
fn() a & b << c + d  => fn() ((a & b) << (c + d))
fn() a << b = c  => fn() (a << (b = c))
fn() a << b << c  => fn() ((a << b) << c)
fn() a := b << c  => fn() a := (b << c)
fn() a + b |> f()  => fn() (a + call[f](b))
fn() a |> f() + b  => fn() (call[f](a) + b)
fn() a |> f() |> g(b)  => fn() call[g](call[f](a), b)
fn() a << b |> f()  => fn() (a << call[f](b))
fn() a := b |> f()  => fn() a := call[f](b)
fn() -a |> f()  => fn() call[f](-a)
fn() a |> f()()  => fn() call[call[f]()](a)
fn() a |> b.c(d)  => fn() call[(b.c)](a, d)
fn() a := b := c  => fn() a := b := c
fn() x := 1 + y := b * 3 + 4  => fn() x := ((1 + y := (b * 3)) + 4)
fn() with f(a) fn(x) x  => fn() call[f](a, fn(x) x)
fn() with f(a) with g(b) c  => fn() call[f](a, call[g](b, c))
fn() with f(a).g(b) c  => fn() call[(call[f](a).g)](b, c)
fn() with a |> f() b  => fn() call[f](a, b)
fn() with f(a) b + c  => fn() call[f](a, (b + c))
fn() (a + b) * c  => fn() ((a + b) * c)
fn() (a, b)  => fn() { a, b }
fn(x) { y := 'a"b', if x { 1, 2 -> :a, _ -> ? } }  => fn(x) { y := "a\\"b", if x {1 -> :a, 2 -> :a, _ -> ?} }
fn(_, b...) with foo(b...) fn {}  => fn(, b...) call[foo](fn() {  }, b...)
fn(a) { a.b, a.(b), a.'c', a.0 := 3 }  => fn(a) { (a.b), (a.{ b }), (a."c"), (a.0) := 3 }
fn() 1 + 2 * 3  => fn() (1 + (2 * 3))
fn(x) { x }(4)  => fn(x) call[{ x }](4)
fn(x) x + 1 |> f()  => fn(x) (x + call[f](1))
fn() [1, 1.0, 1e9, 0xff, ?, _, true, :a]  => fn() [1, 1, 1e+09, 255, ?, _, true, :a]
fn() 'é\\x00\\n\\'\\xff\\u200b'  => fn() "é\\x00\\n'\\xffu200b"
fn() {a: 1, 'b c': 2, (d): 3, e::f}  => fn() { a: 1, "b c": 2, { d }: 3, e: :f }
fn() { {} }  => fn() { {  } }
fn() ({})  => fn() {  }
fn f(a, rest...) rest  => fn f(a, rest...) rest
fn() if a -> b + c  => fn() if a {true -> (b + c)}
fn() if { a -> b, -> c }  => fn() if true {a -> b}
fn() if a { x -> y }.b + 1  => fn() ((if a {x -> y}.b) + 1)
fn() a.:b.true.?._.[x].1.5  => fn() ((((((a.:b).true).?)._).[x]).1.5)
fn() a.-1.b  => fn() (a.-(1.b))
fn() f(a, b...,)  => fn() call[f](a, b...)
a |> f() |> with g(b) c  => call[g](call[f](a), b, c)
cs A { 1, 2 }  => cs A() { 1, 2 }
cs A {}  => cs A() {  }
cs V { a := 1, b := _ }  => cs V() { __oakClassSelf := {  }, (__oakClassSelf.a) <- 1, (__oakClassSelf.b) <- _, __oakClassSelf }
cs V { a := 1 }()  => cs V() call[{ a := 1 }]()
cs K(x, y...) { n := 1, fn s() n, (P, Q(y)) -> { y: y } }  => cs K(x, y...) { n := 1, fn s() n, (P, call[Q](y)) -> { y: y } }
cs K { () -> ? }.x  => (cs K() { () -> ? }.x)
cs K { cs L { (M) -> 1 }, if (a) -> b, (c).d, (L,) -> 2, }  => cs K() { cs L() { (M) -> 1 }, if { a } {true -> b}, ({ c }.d), (L) -> 2 }
`;

describe('the tree of', () => {
  for (const line of TREES.trim().split('\n')) {
    const [text = '', expected = ''] = line.split('  => ');
    it(text, () => expect(shown(text)).toBe(expected));
  }

  it('numerals at the edges', () => {
    const values = parse('0x7FFFFFFFFFFFFFFF\n9007199254740991\n9007199254740992\n0x1e5\n0007\n1e5').body;
    expect(values.map((node) => (node.kind === 'int' || node.kind === 'float' ? [node.kind, node.value] : node))).toEqual([
      ['int', 9223372036854775807n],
      ['int', 9007199254740991],
      ['int', 9007199254740992n],
      ['int', 485],
      ['int', 7],
      ['float', 100000],
    ]);
  });

  it('targets of one branch shares one body', () => {
    const [node] = parse('if x { 1, 2 -> y }').body;
    expect(node?.kind === 'if' && node.arms.length === 2 && node.arms[0]?.body === node.arms[1]?.body).toBe(true);
  });

  it('a block is a scope only if a direct child is :=', () => {
    const scopes = parse('{ a := 1 }\n{ [a := 1] }\n{ a <- 1 }\n(a.b := 1, 2)\n{ x }').body;
    expect(scopes.map((node) => node.kind === 'block' && node.scope)).toEqual([true, false, false, true, false]);
  });
});

// What the reference says to programs that are none: section 2 to 11 of the language reference, and the recorded vectors.
const COMPLAINTS: readonly (readonly [string, string])[] = [
  ['9223372036854775808', '1:1 strconv.ParseInt: parsing "9223372036854775808": value out of range'],
  ['-9223372036854775808', '1:2 strconv.ParseInt: parsing "9223372036854775808": value out of range'],
  ['0xFFFFFFFFFFFFFFFF', '1:1 strconv.ParseInt: parsing "FFFFFFFFFFFFFFFF": value out of range'],
  ['0x', '1:1 strconv.ParseInt: parsing "": invalid syntax'],
  ['1e400', '1:1 strconv.ParseFloat: parsing "1e400": value out of range'],
  ['1e', '1:1 strconv.ParseFloat: parsing "1e": invalid syntax'],
  ['1e5e5', '1:1 strconv.ParseFloat: parsing "1e5e5": invalid syntax'],
  ['1_000', '1:2 Unexpected token var(_000), expected ,'],
  ['0b12', '1:4 Unexpected token number(2), expected ,'],
  ['0123x5', '1:1 Malformed number 0123x5: a number in another base begins with 0x or 0b'],
  ['.5', '1:1 Unexpected token . at start of unit'],
  ['a := 1\na$', '2:2 Unexpected token var($), expected ,'],
  ['"dq"', '1:4 Unexpected token var("), expected ,'],
  [':_', "1:1 Expected identifier after ':', got _"],
  [":'s'", '1:1 Expected identifier after \':\', got string("s")'],
  ['x := :+', "1:6 Expected identifier after ':', got +"],
  ['+5', '1:1 Unexpected token + at start of unit'],
  ['fn() a |> f', '1:9 Expected function call after |>, got f'],
  ['fn() a |> f(b).c', '1:9 Expected function call after |>, got (call[f](b).c)'],
  ['fn() with f(a) g(b) c', '1:21 Unexpected token var(c), expected ,'],
  ['fn() with f c', '1:6 with keyword should be followed by a function call, found f'],
  ['y := 2 |> fn(a) { a }(1)', '1:9 Expected function call after |>, got fn(a) call[{ a }](1)'],
  ['{a: 1, b}', '1:9 Unexpected token ,, expected :'],
  ['{if: 1}', '1:7 Unexpected token ,, expected {'],
  ['cs { x: 1 }', '1:4 Unexpected token {, expected var()'],
  ['cs A { ({a: 1}) -> {b: 2}, c := 3 }', '1:18 Unexpected token ->, expected ,'],
  ['fn f() {\n  1\n', '0:0 Unexpected end of input, expected }'],
  ["print('x\\n')\ny := (1, 2\n", '0:0 Unexpected end of input, expected )'],
  ["print('no closing", '0:0 Unexpected end of input, expected )'],
  ["x := 'no closing", "1:6 Unexpected end of input in a string, expected '"],
  ["it's not", "1:3 Unexpected end of input in a string, expected '"],
  ['x := 5\n  + 3', '2:3 Unexpected token + at start of unit'],
  ['print(string(1\n  |> inc()))', '2:4 Unexpected token |> at start of unit'],
  ['f := fn(a) // a comment does not join lines\n  a + 1', '1:43 Unexpected token , at start of unit'],
  ["print('a\\n') ; print('b\\n')", '1:14 Unexpected token var(;), expected ,'],
  ['x := 2 **\n  3', '1:9 Unexpected token , at start of unit'],
  ['x :=\n', '2:0 Unexpected token , at start of unit'],
  [')', '1:1 Unexpected token ) at start of unit'],
  ['x := 12abc', '1:8 Unexpected token var(abc), expected ,'],
  ['fn f(a)\n  a + 1', '1:7 Unexpected token , at start of unit'],
  ['x := (1, 2\ny := ]', '2:6 Unexpected token , at start of unit'],
  ['  1 + )', '1:7 Unexpected token , at start of unit'],
  ['o := {a: 1, b: }', '1:16 Unexpected token , at start of unit'],
  ['x := f(1 2)', '1:10 Unexpected token number(2), expected ,'],
  ['[1 2]', '1:4 Unexpected token number(2), expected comma or ]'],
  ['x := if 1 { 1 => 2 }', '1:16 Unexpected token > at start of unit'],
  ['x := if 1 { 1, 2 }', '1:18 Unexpected token } at start of unit'],
  ['if x\nprint(1)', '1:4 Unexpected token ,, expected {'],
  ['fn f(a..., b) a', '1:12 Unexpected token var(b), expected )'],
  ['fn f(a, 1) a', '1:9 Unexpected token number(1), expected _'],
  ['f(a..., b)', '1:9 Unexpected token var(b), expected )'],
  ['fn(_...) 1', '1:5 Unexpected token ..., expected ,'],
  ['[1,,2]', '1:4 Unexpected token , at start of unit'],
  ['a\n, b', '2:1 Unexpected token , at start of unit'],
  ['/* a */', '1:1 Unexpected token / at start of unit'],
];

describe('the error of', () => {
  for (const [text, expected] of COMPLAINTS) it(JSON.stringify(text), () => expect(complaint(text)).toBe(expected));

  it('an end of input tells which bracket is open', () => {
    expect(errorOf('f(1)\ng([2,\n{').related).toEqual({ at: 11, note: 'this { is never closed' });
    expect(errorOf('g([2)').related).toEqual({ at: 2, note: 'this [ is still open' });
    expect(errorOf("f('a").related).toEqual({ at: 2, note: 'this string is never closed' });
  });

  for (const [text, hint] of [
    ['a\n+ b', 'a line cannot begin with + : put it at the end of the line before'],
    ['a\n.b', 'a line cannot begin with . : put it at the end of the line before'],
    ['a\n== b', 'a line cannot begin with == : both of its sides must stand on the same line'],
    ['a ==\nb', 'a line cannot end in ==: its right side must stand on the same line'],
    ['a && b', '"and" is a single &'],
    ['a || b', '"or" is a single |'],
    ['a += 1', 'there is no +=, write: x <- x + 1'],
    ['a[0]', 'there is no index bracket; write: list.0, or list.(i) for a variable'],
    ['print("hi")', 'strings are written in single quotes'],
    ['fn f(x)\n{ x }', 'the { must stand on the same line as what it belongs to'],
    ['if x\n{ 1 -> 2 }', 'the { must stand on the same line as what it belongs to'],
    ['if x -> 1 else 2', 'there is no else; the other case is a branch: if x { true -> a, _ -> b }'],
    ['fn f(x) { return x }', 'there is no return; the value of a function is its last expression'],
    ['{if: 1}', "if is a keyword; as a key it needs quotes: {'if': ...}"],
    ['o.if', "if is a keyword; as a property name it needs quotes: .'if'"],
    ['/* a */', 'comments begin with // and end with the line'],
    ['f := (x) => x + 1', 'a branch is written with ->, as in: if x { 1 -> 2 }; a function with fn, as in: fn(x) x + 1'],
    ["if x = 1 { print('a') }", 'an if has branches: if x { true -> a, _ -> b }'],
    ["if f({a: 1}) { print('a') } else { 2 }", 'an if has branches: if x { true -> a, _ -> b }'],
    ['x := { a, }, { , }', null],
    ['fn f(a = 1) a', 'a parameter has no default; an argument that is not given is ?'],
    ['f(a = )', null],
    ['x := 1 +', 'the text ends after +, where it has to go on'],
    ['x :=', 'the text ends after :=, where it has to go on'],
    ["o := { name: 'Ann', age: 3\nprint(o.name)", null],
    ['fn f(x)\nx', 'a body must begin on the same line'],
    ['import std', "import is a function: std := import('std')"],
    ['x := 1 # one', 'comments begin with // and end with the line'],
    ["'it's'", "a string ends at the next single quote; inside of it one is written \\'"],
    ['x := `a`', "strings are written in single quotes and joined with +, as in: 'hello ' + name"],
    ['a and b', '"and" is a single &'],
    ['p := new Point(1)', 'there is no new; a class is called like a function: Point(1, 2)'],
    ["print 'a'", 'the arguments of a call stand in parentheses: print(…)'],
    ['a b', null],
  ] as const) {
    it(`${JSON.stringify(text)} hints: ${hint}`, () => expect(errorOf(text).hint).toBe(hint));
  }
});

describe('an assignment-only class', () => {
  for (const [fields, expected] of [
    ['x := x0, y := x * 2, z := w, w := 1', 'S.x <- x0, S.y <- (S.x * 2), S.z <- w, S.w <- 1'],
    ['x := 1, get := fn() x, set := fn(v) x <- v', 'S.x <- 1, S.get <- fn() S.x, S.set <- fn(v) S.x <- v'],
    ['later := fn() z, z := 1', 'S.later <- fn() S.z, S.z <- 1'],
    ['me := fn() self, us := [Self]', 'S.me <- fn() S, S.us <- [S]'],
    ['x := 1, h := fn() { k := x, x := 5, [k, x] }', 'S.x <- 1, S.h <- fn() { k := S.x, x := 5, [k, x] }'],
    ['x := 1, h := fn(x) x, g := fn x() x', 'S.x <- 1, S.h <- fn(x) x, S.g <- fn x() x'],
    ['x := 1, o := {x: a.x, (x): x}', 'S.x <- 1, S.o <- { x: (a.x), { S.x }: S.x }'],
    ['x := 1, f := fn() x |> g(x).h(x...)', 'S.x <- 1, S.f <- fn() call[(call[g](S.x).h)](S.x, S.x...)'],
    ['x := 1, f := fn() { [x, y] := a, x }', 'S.x <- 1, S.f <- fn() { [x, y] := a, x }'],
    ['x := 1, f := fn() if x { x, 2 -> x }', 'S.x <- 1, S.f <- fn() if S.x {S.x -> S.x, 2 -> S.x}'],
    ['self := 1, f := fn() self', 'S.self <- 1, S.f <- fn() S.self'],
  ] as const) {
    it(fields, () => {
      const text = shown(`cs C(x0) { ${fields} }`)
        .replaceAll(/\(__oakClassSelf\.(\w+)\)/g, 'S.$1')
        .replaceAll('__oakClassSelf', 'S');
      expect(text).toBe(`cs C(x0) { S := {  }, ${expected}, S }`);
    });
  }

  it('inside another one has its own hidden name', () => {
    const [outer] = parse('cs A { n := 1, b := cs B(m) { m := m, sum := fn() [n, m, self] } }').body;
    const names = new Set<string>();
    const visit = (node: Expr): void => {
      if (node.kind === 'name' && node.name.startsWith('__')) names.add(node.name);
      for (const child of children(node)) visit(child);
    };
    if (outer !== undefined) visit(outer);
    expect([...names]).toEqual(['__oakClassSelf', '__oakClassSelf#2']);
    expect(outer === undefined ? '' : syntaxText(outer)).toContain('[(__oakClassSelf.n), (__oakClassSelf.m), __oakClassSelf]');
  });
});

describe('nodeAt', () => {
  const program = parse('x := 1\na.b(c |> f(), [y <- 2]) + 3');
  for (const [at, kind, text] of [
    [2, undefined, 'x := 1'],
    [8, undefined, '(a.b)'],
    [10, 'call', 'call[(a.b)](call[f](c), [y <- 2])'],
    [25, 'assign', 'y <- 2'],
    [25, 'call', null],
    [24, undefined, null],
    [31, 'binary', '(call[(a.b)](call[f](c), [y <- 2]) + 3)'],
  ] as const) {
    it(`finds ${text} at ${at}`, () => {
      const node = nodeAt(program, at, kind);
      expect(node === null ? null : syntaxText(node)).toBe(text);
    });
  }
});

describe('size', () => {
  const many = 10_000;
  for (const [what, text] of [
    ['operators', `a${' + a'.repeat(many)}`],
    ['properties', `a${'.b'.repeat(many)}`],
    ['calls', `a${'()'.repeat(many)}`],
    ['pipes', `a${' |> f()'.repeat(many)}`],
    ['arms', `if a { ${'1 -> 2, '.repeat(many)} }`],
    ['chains in a class', `cs A { x := 1, y := fn() x${' + x.z()'.repeat(many)} }`],
  ] as const) {
    it(`${many} ${what} are no nesting`, () => {
      const program = parse(text);
      const [node] = program.body;
      expect(node === undefined ? 0 : syntaxText(node).length).toBeGreaterThan(many);
      expect(nodeAt(program, text.length - 3)).toBeDefined();
    });
  }

  for (const open of [
    '(',
    '[',
    '{',
    '-',
    '{a: ',
    'f(',
    'fn() ',
    'if a -> ',
    'with f() ',
    'cs A ',
    'a := ',
    'cs A { cs A { (B) -> ',
    'a.(',
    'a + (b * ',
  ]) {
    it(`${many} times ${JSON.stringify(open)} is reported as too deep`, () => {
      expect(errorOf(open.repeat(many)).reason).toBe('Nested too deeply: more than 500 levels');
    });
  }

  it('is read in a number of steps that grows with its length', () => {
    const steps = (functions: number): number => {
      let asked = 0;
      const text = `fn f(x) { y := x + 'text', [1, 2.5, {a: y}] |> g(:b) }\n`.repeat(functions);
      expect(parseProgram(new Source('test', text), () => asked++).body).toHaveLength(functions);
      return asked;
    };
    const few = steps(5000);
    expect(few).toBeGreaterThan(50);
    expect(steps(20_000)).toBeLessThan(4.2 * few);
  });
});

describe('any text', () => {
  const pieces = [
    'a',
    'x',
    '_',
    '?',
    'if ',
    'fn ',
    'cs A ',
    'with ',
    'true',
    '1',
    '2.5',
    "'s'",
    "'",
    ':',
    ':=',
    '<-',
    '->',
    '|>',
    '<<',
    '+',
    '-',
    '**',
    '=',
    '!',
    '.',
    '...',
    ',',
    '\n',
    ' ',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '// c\n',
    '"',
    '\u00e9',
    '😀',
    '\ufeff',
    '\\',
  ];

  it('is a program or has an error with a place inside of the text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (chosen) => {
        const text = chosen.join('');
        try {
          for (const node of parse(text).body) syntaxText(node);
        } catch (error) {
          if (!(error instanceof ParseError)) throw error;
          expect(error.at ?? 0).toBeGreaterThanOrEqual(0);
          expect(error.at ?? 0).toBeLessThan(Math.max(1, [...text].length));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
