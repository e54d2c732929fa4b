/** Loops and expressions that start with small ints and leave them: every way out of the fast forms gives what the slow ones give. */
import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../../builtins/testing/test-run.ts';
import { toText } from '../runtime/render.ts';
import { parseProgram } from '../syntax/parser.ts';
import { Source } from '../syntax/source.ts';
import { emit } from './emitter.ts';

const MAX = 9007199254740991n;

function gives(program: string, value: string, fuels = [1, 2, 3, 7, 2000]): void {
  for (const fuel of fuels) {
    const { errors, value: got } = runProgram(program, { fuel });
    expect([program, fuel, errors, toText(got)]).toEqual([program, fuel, [], value]);
  }
}

function fails(program: string, reason: string): void {
  for (const fuel of [1, 3, 2000]) {
    expect([program, fuel, ...runProgram(program, { fuel }).errors]).toEqual([program, fuel, expect.stringContaining(reason)]);
  }
}

const SUM = 'fn sum(i, acc) if i { 0 -> acc, _ -> sum(i - 1, acc + i) }\n';

describe('a loop of sums', () => {
  it('adds small ints', () => gives(`${SUM}sum(100, 0)`, '5050'));
  it('goes beyond 2^53 and wraps at 2^63', () => {
    gives(`${SUM}sum(4, ${MAX - 3n})`, String(MAX + 7n));
    gives(`${SUM}sum(4, 9223372036854775805)`, '-9223372036854775801');
    gives('fn f(n, x) if n { 0 -> x, _ -> f(n - 1, x * x) }\nf(7, 3)', String(BigInt.asIntN(64, 3n ** 128n)));
  });
  it('comes back below 2^53', () => {
    gives(`fn f(n, x, by) if n { 0 -> x, _ -> f(n - 1, x + by, 0 - by) }\nf(4, ${MAX}, 1)`, String(MAX));
    gives(`fn f(n, x, by) if n { 0 -> x, _ -> f(n - 1, x + by, 0 - by) }\nf(5, ${-MAX}, 0 - 1)`, String(-MAX - 1n));
  });
  it('leaves the ints of 32 bits in a counter and in an index', () => {
    const count = 'fn count(i, n) if i { n -> i, _ -> count(i + 1, n) }\n';
    for (const edge of [2n ** 31n, 2n ** 32n, 2n ** 53n, -(2n ** 31n)])
      gives(`${count}count(${edge} - 3, ${edge} + 3)`, String(edge + 3n));
    gives(`${count}count(0.5, 3.5)`, '3.5');
    for (const step of ['i * 50000', 'i - 50000 * i', '0 - i * 65536', 'i * i', 'i * i * i', 'i % 7 + i * 1000000']) {
      const places = 'fn places(n, xs, i) if n { 0 -> i, _ -> { xs.(i), places(n - 1, xs, STEP) } }\n'.replace('STEP', step);
      let i = 1234n;
      const code = step.replace(/\d+/g, '$&n');
      for (let n = 0; n < 4; n++) i = BigInt.asIntN(64, new Function('i', `return ${code}`)(i) as bigint);
      gives(`${places}places(4, [7, 8], 1234)`, String(i));
    }
    gives('fn f(n, xs, i) if n { 0 -> xs.(i), _ -> f(n - 1, xs, i / 2) }\nf(2, [1, 2, 3], 8)', '3');
    gives(
      'fn f(n, xs, i, j) if n { 0 -> [i, j, xs.(i)], _ -> f(n - 1, xs, j, i + j) }\nf(48, [5], 0, 1)',
      '[4807526976, 7778742049, ?]',
    );
  });
  it('takes floats, strings, lists and bools', () => {
    gives(`${SUM}sum(3, 0.5)`, '6.5');
    gives(`${SUM}sum(3.0, 0)`, '6');
    gives(`${SUM}sum(2, true)`, 'true');
    gives("fn f(s, t) if t { 'xaaa' -> t, _ -> f(s, t + s) }\nf('a', 'x')", 'xaaa');
  });
  it('becomes a float on its way', () => {
    gives('fn f(n, x) if n { 0 -> x, _ -> f(n - 1, x / 2) }\nf(4, 12)', '0.75');
    gives('fn f(n, x) if n { 0 -> x, _ -> f(n - 1, (x + 1) / 2) }\nf(3, 7)', '1.75');
  });
  it('never makes -0', () => {
    for (const text of ['x * (0 - 1)', 'x % 3', 'x / 5 * 0', '0 - x', 'x * y'])
      gives(`fn f(n, x, y) if n { 0 -> 1.0 / float(x + 1), _ -> f(n - 1, ${text}, y) }\nf(1, 0, 0 - 3)`, '1');
    gives('fn f(n, x) if n { 0 -> string(float(x)), _ -> f(n - 1, x * n * (0 - 2)) }\nf(2, 0)', '0');
  });
  it('fails where the other loop fails', () => {
    fails(`${SUM}sum(2, [])`, 'Cannot + incompatible values [], 2 [1:53]');
    fails('fn f(n, x) if n { 0 -> x, _ -> f(n - 1, x % (n - 2)) }\nf(4, 100)', 'ivision by zero');
    fails('fn f(n, x, y) if n { 0 -> x, _ -> f(n - 1, x % n, y.a.b) }\nf(1, 100, {})', 'got ? [1:54]');
  });
  it('sees that its name means another function', () => {
    gives(
      `calls := 0
fn f(i, acc) {
  calls <- calls + 1
  if i { 2 -> f <- fn(i, acc) [i, acc, calls] }
  if i { 0 -> acc, _ -> f(i - 1, acc + i) }
}
f(5, 0)`,
      '[1, 14, 4]',
    );
  });
  it('reads variables of the module once, where nothing in it can change them', () => {
    const constants = (body: string, session = false): number =>
      emit(parseProgram(new Source('test', `n := 9, l := []\nfn f(i, k) if i { n -> i, _ -> { ${body}, f(i + 1, k) } }`)), {
        base: 0,
        session,
      }).text.split('const $c').length - 1;
    expect(constants('l.(i) := 1')).toBe(3); // n, l, f
    expect(constants('l << i')).toBe(3);
    expect(constants('n <- n - 1')).toBe(1); // f
    for (const body of ['l.a := 1', 'l.(k) := 1', "l.('n') := 1", 'k()', 'len(k)'])
      expect([body, constants(body)]).toEqual([body, 0]);
    expect(constants('l << i', true)).toBe(0);
    gives('n := 9\nfn f(i) if i { n -> i, _ -> { n <- n - 1, f(i + 1) } }\nf(1)', '5');
  });
  it('returns each turn its own variables', () => {
    gives(
      `all := []
fn f(i, acc) if i { 3 -> acc, _ -> { all << fn() [i, acc], f(i + 1, acc + i * 10) } }
[f(0, 0), all.0(), all.1(), all.2()]`,
      '[30, [0, 0], [1, 0], [2, 10]]',
    );
  });
  it('passes parameters crosswise, and others along', () => {
    gives('fn fib(n, a, b) if n { 0 -> a, _ -> fib(n - 1, b, a + b) }\nfib(90, 0, 1)', '2880067194370816120');
    gives(
      "fn f(n, x, s, l) if n { 0 -> [x, s, l], _ -> f(n - 1, x + l.0 * n, l.1, [x, s]) }\nf(0, 1, 'a', [2, 3])",
      "[1, 'a', [2, 3]]",
    );
    gives("fn f(n, x, s, l) if n { 0 -> [x, s], _ -> f(n - 1, x + l.0 * n, l.1, l) }\nf(3, 1, 'a', [2, 'b'])", "[13, 'b']");
    gives('fn f(n, x, y) if n { 0 -> [x, y], _ -> f(n - 1, y, x + y) }\nf(5, 1, 1.5)', '[10.5, 17]');
  });
  it('suspends in the middle of a turn', () => {
    gives(
      `c := make_chan()
fn get() { go(fn() chan_send(c, 7)), chan_recv(c).data }
fn f(i, acc) if i { 0 -> acc, _ -> { x := get(), f(i - 1, acc + x * i) } }
f(4, ${MAX - 20n})`,
      String(MAX + 50n),
    );
  });
});

describe('an expression of several operators', () => {
  const values = ['0', '1', '(0 - 1)', '2', '7', '0.5', '2.0', String(MAX), `(0 - ${MAX})`, '9223372036854775807', '3037000500'];
  it('returns what its parts return one after the other', () => {
    for (const [whole, first, second] of [
      ['a + b * c', 'b * c', 'a + t'],
      ['a * b - c', 'a * b', 't - c'],
      ['(a - b) * c', 'a - b', 't * c'],
      ['a * b + 6364136223846793005', 'a * b', 't + 6364136223846793005'],
      ['(a + b) / 2', 'a + b', 't / 2'],
      ['(a * b) % 10', 'a * b', 't % 10'],
    ] as const) {
      const body = `fn one(a, b, c) string(${whole})\nfn two(a, b, c) { t := ${first}, string(${second}) }\n`;
      const all = values.flatMap((a) => values.flatMap((b) => values.slice(0, 9).map((c) => `[${a}, ${b}, ${c}]`)));
      const checks = `all := [${all.join(', ')}]\nbad := []\nfn check(i) if i { len(all) -> bad, _ -> {
  a := all.(i).0, b := all.(i).1, c := all.(i).2
  if one(a, b, c) { two(a, b, c) -> ?, _ -> bad << [a, b, c, one(a, b, c), two(a, b, c)] }
  check(i + 1)
} }\ncheck(0)`;
      gives(body + checks, '[]', [2000]);
    }
  });
});
