/** Floats without objects: whatever a variable or result is used for, the program sees the value. */
import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../../builtins/testing/test-run.ts';
import { toText } from '../runtime/render.ts';
import { parseProgram } from '../syntax/parser.ts';
import { Source } from '../syntax/source.ts';
import { emit } from './emitter.ts';

function gives(program: string, value: string): void {
  for (const fuel of [1, 2, 3, 7, 2000]) {
    const { errors, value: got } = runProgram(program, { fuel });
    expect([program, fuel, errors, toText(got)]).toEqual([program, fuel, [], value]);
  }
}

/** How often the code of a function makes an object for a float, without what only runs for values of other types. */
function objects(body: string): number {
  const { text } = emit(parseProgram(new Source('test', `fn f(a, b) { ${body} }`)), { base: 0 });
  const start = text.indexOf('=> function f$');
  return text.slice(start, text.indexOf('\n};', start)).split('new $Float').length - 1;
}

describe('a float without an object', () => {
  for (const [use, value] of [
    ['x', '1.5'],
    ['[x, x]', '[1.5, 1.5]'],
    ['{k: x}.k', '1.5'],
    ['-x', '-1.5'],
    ['x > 1', 'true'],
    ['[x = 1.5, x == 1.5, x != 1.5]', '[true, true, false]'],
    ['if x { 1.5 -> :yes, _ -> :no }', 'yes'],
    ['string(x) + string(x)', '1.51.5'],
    ['id(x) * x + id(x)', '3.75'],
    ['(fn() x)()', '1.5'],
    ['{ y := x, [y, x] }', '[1.5, 1.5]'],
    ['{ l := [0], l.(0) := x, l }', '[1.5]'],
    ['{ y := x * 2, z := y - x * y, w := z / x, [y, z, w] }', '[3, -1.5, -1]'],
    ['if x > 2 { true -> x * 2, _ -> x / 2 }', '0.75'],
    ['x ** 2', '2.25'],
    ['[1.0 - x, x + 2, 3 / x, x - 1.0, x * x - x]', '[-0.5, 3.5, 2, 0.5, 0.75]'],
    ['keys({(x): 1})', "['1.5']"],
  ] as const) {
    it(`is the value in ${use}`, () => {
      gives(`id := fn(x) x\nfn f(a, b) { x := a / b, ${use} }\nf(3.0, 2)`, value);
      gives(`id := fn(x) x\nfn f(a, b) { x := a / b, ${use} }\nf(3, 2.0)`, value);
      gives(`id := fn(x) x\nfn f(a, b) { x := a / b, ${use} }\nf(3, 2)`, value);
    });
  }

  it('may as well be an int, a bigint or a bool', () => {
    gives('fn f(a, b) { x := a * b, y := x + b, [x, y, y / 1] }\n[f(6, 7), f(0.5, 2)]', '[[42, 49, 49], [1, 3, 3]]');
    gives(
      'fn f(a, b) { x := a * b, y := x + b, [x - b, y, 0.5] }\nf(4000000000, 4000000000)',
      '[-2446744077709551616, -2446744069709551616, 0.5]',
    );
    gives('fn f(a, b) { x := a + b, y := x * b, [x, y, 1.0] }\nf(true, false)', '[true, false, 1]');
  });

  it('fails where the object fails', () => {
    for (const [body, reason] of [
      ['x := a - b, x / (x - x)', 'ivision by zero'],
      ['x := a / 0, x + 1.5', 'ivision by zero'],
      ['x := a / 0.0 - 1.5, y := a % :b, y', 'ivision by zero'],
      ['x := a - b, y := 1.0 / x, y + []', 'Cannot + incompatible values'],
      ['x := a / 2.0, y := x - :b, y', 'Cannot - incompatible values 0.75, :b [1:35]'],
    ]) {
      const { errors } = runProgram(`fn f(a, b) { ${body} }\nf(1.5, 0.5)`);
      expect(errors).toEqual([expect.stringContaining(reason as string)]);
    }
  });

  it('is what a class keeps', () => {
    gives('fn f(a) { cs C() { s := a / 2.0, {t: s * a - s} }, C().t }\nf(3.0)', '3');
  });

  it('costs one object for the result, and one for each other use', () => {
    expect(objects('x := a.x - b.x, y := x * x / 2.0, z := y - x')).toBeLessThan(
      objects('x := a.x - b.x, y := x * x / 2.0, z := y - x, [x, y, z]'),
    );
  });
});
