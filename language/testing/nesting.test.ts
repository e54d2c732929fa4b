/** Programs that are deep, long or wide: each gives its result, or says that it is nested too deeply. */
import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../../builtins/testing/test-run.ts';
import { toText } from '../runtime/render.ts';

const TOO_DEEP = /^Parse: Nested too deeply/;

/** `before` repeated, `middle`, `after` repeated. */
function around(count: number, before: string, middle: string, after = ''): string {
  return before.repeat(count) + middle + after.repeat(count);
}

/** Parts for each number below `count`, with commas. */
function each(count: number, part: (i: number) => string, separator = ', '): string {
  return Array.from({ length: count }, (_, i) => part(i)).join(separator);
}

const SAME = 'f := fn(x) x\n';

describe('a program that is nested 100 deep works, and one of 10,000 levels is refused', () => {
  for (const [what, program, value] of [
    ['parentheses', (n) => around(n, '(', '1', ')'), '1'],
    ['lists', (n) => `len(${around(n, '[', '1', ']')})`, '1'],
    ['objects', (n) => `len(${around(n, '{a: ', '1', '}')})`, '1'],
    ['blocks', (n) => around(n, '{ x := 1, ', 'x', ' }'), '1'],
    ['blocks in parentheses', (n) => around(n, '(0, ', '1', ')'), '1'],
    ['functions', (n) => `type(${around(n, 'fn(x) ', 'x')})`, 'function'],
    ['functions that are called', (n) => around(n, '(fn(x) ', 'x', ')(1)'), '1'],
    ['classes', (n) => `type(${around(n, 'cs A(x) { a := ', '1', ' }')})`, 'function'],
    ['`if` bodies', (n) => around(n, 'if 1 { 1 -> ', '2', ' }'), '2'],
    ['`if` targets', (n) => around(n, 'if 1 { ', '1', ' -> 1 }'), '1'],
    ['`if` conditions', (n) => around(n, 'if (', '1', ') { _ -> 1 }'), '1'],
    ['`if` without braces', (n) => around(n, 'if true -> ', '1'), '1'],
    ['`with`', (n) => SAME + around(n, 'with f() ', '1'), '1'],
    ['callbacks', (n) => `f := fn(g) g()\n${around(n, 'with f() fn { ', '1', ' }')}`, '1'],
    ['arguments', (n) => SAME + around(n, 'f(', '1', ')'), '1'],
    ['spread arguments', (n) => `f := fn(xs...) xs\n${around(n, 'f(', '[1]', '...)')}`, '[1]'],
    ['unary operators', (n) => around(n, '-', '1'), '1'],
    ['operands on the right', (n) => `x := 1\n${around(n, 'x + (', '1', ')')}`, '101'],
    ['assignments', (n) => around(n, 'x := ', '1'), '1'],
    ['computed keys', (n) => `a := [0]\n${around(n, 'a.(', '0', ')')}`, '0'],
  ] as [string, (n: number) => string, string][]) {
    it(what, () => {
      const { errors, value: got } = runProgram(program(100));
      expect([errors, toText(got)]).toEqual([[], value]);
      expect(runProgram(program(10_000)).errors).toEqual([expect.stringMatching(TOO_DEEP)]);
    });
  }

  for (const opening of ['(', '[', '{', 'if x {', 'fn(x) ', 'with f(', '-', 'x := ', 'if ', 'cs A ', '(fn { if true -> [{a: ']) {
    it(`${opening} without an end`, () => {
      for (const count of [10, 100, 10_000])
        expect(runProgram(opening.repeat(count)).errors).toEqual([expect.stringMatching(/^Parse: /)]);
    });
  }
});

describe('a level of nesting counts once', () => {
  for (const [what, program, value] of [
    ['`with` on one line', (n) => `t := fn(f) f()\n${around(n, 'with t() fn() ', '7')}`, '7'],
    ['`with` with a block', (n) => `t := fn(f) f()\n${around(n, 'with t() fn() {\n', '7\n', '}\n')}`, '7'],
    ['operands in parentheses', (n) => around(n, '1 + (', '1', ')'), '481'],
  ] as [string, (n: number) => string, string][]) {
    it(`480 levels of ${what}`, () => {
      const { errors, value: got } = runProgram(program(480));
      expect([errors, toText(got)]).toEqual([[], value]);
    });
  }

  it('and the error is at the level that is one too many', () => {
    const { problems } = runProgram(`x := 1\n${'('.repeat(600)}x${')'.repeat(600)}`);
    const place = problems[0]?.place;
    expect(place?.source.lineAndColumn(place.at)).toEqual({ line: 2, column: 501 });
  });
});

describe('a program may be long', () => {
  for (const [what, count, program, value] of [
    ['chains of +', 10_000, (n) => `1${' + 1'.repeat(n)}`, '10001'],
    ['chains of -', 10_000, (n) => `x := 1\nx${' - x'.repeat(n)}`, '-9999'],
    ['chains of floats', 10_000, (n) => `x := 1.0\nx${' * x'.repeat(n)}`, '1'],
    ['chains of &', 10_000, (n) => `x := true\nx${' & x'.repeat(n)}`, 'true'],
    ['chains of calls', 3000, (n) => `x := fn() true\nx()${' & x()'.repeat(n)}`, 'true'],
    ['chains of =', 10_000, (n) => `1${' = 1'.repeat(n)}`, 'false'],
    ['chains of <<', 10_000, (n) => `len([]${' << 1'.repeat(n)})`, '10000'],
    ['strings added', 3000, (n) => `len(${each(n, (i) => `'${i % 10}'`, ' + ')})`, '3000'],
    ['chains of properties', 20_000, (n) => `a := {}\na.a := a\nlen(a${'.a'.repeat(n)})`, '1'],
    ['chains of calls of calls', 20_000, (n) => `fn f() f\ntype(f${'()'.repeat(n)})`, 'function'],
    ['pipes', 20_000, (n) => `${SAME}1${' |> f()'.repeat(n)}`, '1'],
    ['pipes into builtins', 20_000, (n) => `'ab'${' |> len() |> string()'.repeat(n)}`, '1'],
    ['method calls', 20_000, (n) => `o := {n: 0}\no.up := fn() { o.n := o.n + 1, o }\n(o${'.up()'.repeat(n)}).n`, '20000'],
    [
      'calls whose results are all used later',
      4000,
      (n) => `f := fn(x) x\nfn g() {\n${each(n, (i) => `v${i} := f(${i})`, '\n')}\n[${each(n, (i) => `v${i}`)}]\n}\ng().3999`,
      '3999',
    ],
    ['`if` arms', 10_000, (n) => `x := ${n - 1}\nif x { ${each(n, (i) => `${i} -> ${i * 2}`)} }`, '19998'],
    ['targets of one arm', 10_000, (n) => `x := ${n - 1}\nif x { ${each(n, String)} -> 1, _ -> 2 }`, '1'],
    ['arms with calls', 2000, (n) => `${SAME}if ${n - 1} { ${each(n, (i) => `f(${i}) -> f(${i * 2})`)} }`, '3998'],
    ['targets with calls', 2000, (n) => `${SAME}if ${n - 1} { ${each(n, (i) => `f(${i})`)} -> 1 }`, '1'],
    ['conditions', 2000, (n) => `${SAME}if { ${each(n, (i) => `f(${i}) = ${n - 1} -> f(${i})`)} }`, '1999'],
    ['list items', 10_000, (n) => `len([${each(n, String)}])`, '10000'],
    ['list items that are calls', 10_000, (n) => `${SAME}l := [${each(n, (i) => `f(${i})`)}]\n[len(l), l.9999]`, '[10000, 9999]'],
    ['object entries', 10_000, (n) => `o := {${each(n, (i) => `k${i}: ${i}`)}}\n[len(o), o.k9999]`, '[10000, 9999]'],
    [
      'object entries that are calls',
      5000,
      (n) => `${SAME}o := {${each(n, (i) => `(f('k${i}')): f(${i}), l${i}: f(${i})`)}}\n[len(o), o.k7, o.l4999]`,
      '[10000, 7, 4999]',
    ],
    ['arguments', 10_000, (n) => `f := fn(a, xs...) [a, len(xs)]\nf(${each(n, String)})`, '[0, 9999]'],
    [
      'arguments that are calls',
      3000,
      (n) => `${SAME}g := fn(a, xs...) [a, len(xs), xs.9]\ng(${each(n, (i) => `f(${i})`)}, [1, 2]...)`,
      '[0, 3001, 10]',
    ],
    ['parameters', 10_000, (n) => `f := fn(${each(n, (i) => `a${i}`)}) [a1, a9999]\nf(1, 2)`, '[2, ?]'],
    ['locals', 10_000, (n) => `fn g() {\n${each(n, (i) => `v${i} := ${i}`, '\n')}\n[v1, v9999]\n}\ng()`, '[1, 9999]'],
    [
      'locals that are captured',
      1000,
      (n) =>
        `fn g() {\nv := fn() 0\n${each(n, (i) => `v${i} := fn() ${i === 0 ? 'v()' : `1 + v${i - 1}()`}`, '\n')}\nv999()\n}\ng()`,
      '999',
    ],
    ['functions', 5000, (n) => `${each(n, (i) => `fn f${i}(x) x + ${i}`, '\n')}\nf4999(1)`, '5000'],
    ['classes', 1000, (n) => `${each(n, (i) => `cs C${i}(x) { a := x, b := fn() a }`, '\n')}\nC999(4).b()`, '4'],
    ['lines', 100_000, (n) => `${each(n, (i) => `v${i % 100} := ${i}`, '\n')}\nv99`, '99999'],
    ['lines with calls', 10_000, (n) => `c := 0\nfn f(x) c <- c + x\n${each(n, () => 'f(1)', '\n')}\nc`, '10000'],
    ['names in a pattern', 10_000, (n) => `[${each(n, (i) => `a${i}`)}] := [1]\n[a0, a9999]`, '[1, ?]'],
    ['comments', 100_000, (n) => `${'// x\n'.repeat(n)}1`, '1'],
  ] as [string, number, (n: number) => string, string][]) {
    it(`${count} ${what}`, () => {
      const { errors, value: got } = runProgram(program(count));
      expect([errors, toText(got)]).toEqual([[], value]);
    });
  }

  it('but not with any number of parameters, and says so', () => {
    const tooMany = runProgram(`fn(${each(70_000, (i) => `a${i}`)}) 1`);
    expect(tooMany.errors).toEqual([expect.stringMatching(/^Parse: Too large to compile: /)]);
  });
});

describe('recursion may be a million levels deep', () => {
  const deep: [string, string, string][] = [
    ['arguments', 'fn f(x) x\nfn d(n) if n { 0 -> 0, _ -> f(d(n - 1)) + 1 }\nd(N)', '1000000'],
    ['operands', 'fn d(n) n = 0 | d(n - 1)\nd(N)', 'true'],
    ['list items', 'fn d(n) if n { 0 -> [], _ -> [n, d(n - 1)] }\nlen(d(N))', '2'],
    ['object values', 'fn d(n) if n { 0 -> {}, _ -> {a: d(n - 1), b: n} }\nd(N).b', '1000000'],
    ['conditions', 'fn d(n) if n { 0 -> true, _ -> if d(n - 1) { true -> { r := true, r } } }\nd(N)', 'true'],
    ['targets', 'fn d(n) if n { 0 -> 0, _ -> { k := 0, if 0 { d(n - 1) -> k } } }\nd(N)', '0'],
    ['constructors', 'cs A(n) { x := if n { 0 -> 0, _ -> A(n - 1).x + 1 } }\nA(N).x', '1000000'],
    ['parents', 'cs A(n) { (fn(n) if n { 0 -> {k: 0}, _ -> A(n - 1) }) -> { n: n } }\nA(N)', '{k: 0, n: 1000000}'],
    ['right sides', 'fn d(n) if n { 0 -> 0, _ -> { r := d(n - 1), r + 1 } }\nd(N)', '1000000'],
    ['right sides of patterns', 'fn d(n) if n { 0 -> [0], _ -> { [a] := d(n - 1), [a + 1] } }\nd(N)', '[1000000]'],
    ['spread lists', 'fn f(x) x\nfn d(n) if n { 0 -> [1], _ -> { r := [f(d(n - 1)...)], r } }\nd(N)', '[1]'],
    ['pipes', 'fn d(n) if n { 0 -> 0, _ -> (n - 1) |> d() + 1 }\nd(N)', '1000000'],
    ['keys', 'fn d(n) if n { 0 -> 0, _ -> [0].(d(n - 1)) }\nd(N)', '0'],
  ];
  for (const [what, program, value] of deep) {
    it(`in ${what}`, () => {
      const { errors, value: got } = runProgram(program.replace('N', '1000000'));
      expect([errors, toText(got)]).toEqual([[], value]);
    });
  }

  it('and without end in tail position', () => {
    const { value } = runProgram(
      'fn even(n) if n { 0 -> true, _ -> odd(n - 1) }\nfn odd(n) if n { 0 -> false, _ -> { m := n - 1, even(m) } }\neven(10000000)',
    );
    expect(value).toBe(true);
  });

  for (const variables of [10, 120, 1000, 5000]) {
    it(`through functions of ${variables} variables`, () => {
      const locals = each(variables, (i) => `v${i} := n + ${i}`, '\n');
      const sum = each(variables, (i) => `v${i}`, ' + ');
      const depth = Math.floor(1_000_000 / variables);
      const program = `fn f(n) if n { 0 -> 0, _ -> {\n${locals}\nf(n - 1) + (${sum}) * 0\n} }\nf(${depth})`;
      expect(runProgram(program)).toMatchObject({ errors: [], value: 0 });
    });
  }
});

describe('a list may be spread however long it is', () => {
  const build = 'fn build(l, n) if n { 0 -> l, _ -> build(l << n, n - 1) }\nbig := build([], 1000000)\n';
  for (const [callee, value] of [
    ['fn(xs...) len(xs)', '1000000'],
    ['fn(a, xs...) [a, len(xs)]', '[1000000, 999999]'],
    ['fn(a, b) [a, b]', '[1000000, 999999]'],
    ['fn() :none', 'none'],
    ['cs A(a, xs...) { a: a, n: len(xs) }', '{a: 1000000, n: 999999}'],
    ['cs A(a) { (fn(xs...) { n: len(xs) }) -> { a: a } }', '{a: 1000000, n: 1000000}'],
    ['type', 'int'],
    ['fn(xs...) bytecode(xs, fn(a, b, r...) [a, len(r)])', '[1000000, 999998]'],
    ['fn(xs...) { c := make_chan(), go(fn(a, r...) chan_send(c, [a, len(r)]), xs...), chan_recv(c).data }', '[1000000, 999999]'],
    [`fn(${each(100, (i) => `a${i}`)}, r...) [a0, a64, a99, len(r)]`, '[1000000, 999936, 999901, 999900]'],
  ] as const) {
    it(`into ${callee.slice(0, 50)}`, () => {
      for (const fuel of [3, 2000]) {
        const { errors, value: got } = runProgram(`${build}f := ${callee}\nf(big...)`, { fuel });
        expect([errors, toText(got)]).toEqual([[], value]);
      }
    });
  }
});

describe('a program that takes all memory', () => {
  /** No memory is left at the nth question. */
  const shortAfter = (looks: number) => () => --looks < 0;

  it('ends with an error that tells how deep the recursion was, and where', () => {
    const program = "fn down(n) 1 + down(n + 1)\nwait(0, fn() print('alive'))\ndown(0)";
    const { problems, output, status } = runProgram(program, { memoryIsShort: shortAfter(60) });
    const [problem] = problems;
    expect(problem?.reason).toMatch(/^Out of memory: \d{7} calls wait for others to return$/);
    expect(problem?.hint).toBe('a function that calls itself needs a case in which it does not');
    expect(problem?.place?.source.lineAndColumn(problem.place.at)).toEqual({ line: 1, column: 1 });
    expect(problem?.trace.length).toBeLessThan(1300);
    expect((problem?.trace.length ?? 0) + (problem?.omitted ?? 0)).toBeGreaterThan(1_000_000);
    expect(problem?.trace.at(-1)?.name).toBeNull();
    expect([output, status]).toEqual(['alive', 1]);
  });

  it('leaves the other threads alone when it is one of them', () => {
    const program = "fn grow(l) { l << 1, grow(l) }\ngo(fn() grow([]))\nwait(1)\nprint('alive')";
    const { errors, output, status } = runProgram(program, { memoryIsShort: shortAfter(3) });
    expect(errors).toEqual([
      expect.stringMatching(/^Runtime: Out of memory: the values of the program take nearly all there is/),
    ]);
    expect([output, status]).toEqual(['alive', 1]);
  });
});
