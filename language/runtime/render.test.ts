import { describe, expect, it } from '@jest/globals';
import { atom, EMPTY, Float, obj, setKey, str, type Value } from '../values/values.ts';
import { display, toText } from './render.ts';

const float = (value: number): Float => new Float(value);

describe('rendering', () => {
  // biome-ignore format: a table is read in rows
  const facts: readonly (readonly [Value | undefined, string, string])[] = [
    [null, '?', '?'], [undefined, '?', '?'], [EMPTY, '_', '_'], [true, 'true', 'true'], [-12, '-12', '-12'],
    [-(2n ** 63n), '-9223372036854775808', '-9223372036854775808'], [float(3), '3', '3'], [float(1e6), '1e+06', '1e+06'], [float(-0), '-0', '-0'],
    [str('a'), 'a', "'a'"], [atom('at'), 'at', ':at'], [[], '[]', '[]'], [obj({}), '{}', '{}'],
    [[1, float(1), str("a'b"), atom('at'), null, EMPTY, true, obj({}), []], "[1, 1, 'a'b', :at, ?, _, true, {}, []]", ''],
    [obj({ 'a b': 1, z: str('x'), a: [atom('q')] }), "{a: [:q], a b: 1, z: 'x'}", ''],
    [obj({ '10': 1, '9': 2, '\xff': 3, Z: 4, '': 5 }), '{: 5, 10: 1, 9: 2, Z: 4, \xff: 3}', ''],
  ];
  for (const [value, text, shown] of facts) {
    it(`string() of ${display(value)}`, () => {
      expect(toText(value)).toBe(text);
      expect(display(value)).toBe(shown === '' ? text : shown);
    });
  }

  it('sorts the keys of a table', () => {
    const table = obj({});
    for (let i = 99; i >= 0; i--) setKey(table, `k${i}`, i);
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`).sort();
    expect(toText(table)).toBe(`{${keys.map((key) => `${key}: ${key.slice(1)}`).join(', ')}}`);
  });

  it('a builtin is shown by its name', () => {
    const native = (): Value => null;
    Object.defineProperty(native, 'name', { value: 'print' });
    expect(toText(native)).toBe('fn print { <native fn> }');
  });

  it('cuts a value where it comes round again, and only there', () => {
    const self = obj({ a: 1 });
    self.self = self;
    expect(toText(self)).toBe('{a: 1, self: {...}}');
    const list: Value[] = [1];
    list.push(list);
    expect(toText(list)).toBe('[1, [...]]');
    const shared = obj({ v: 1 });
    expect(toText([shared, shared])).toBe('[{v: 1}, {v: 1}]');
    expect(toText(obj({ a: shared, b: shared }))).toBe('{a: {v: 1}, b: {v: 1}}');
  });

  it('shows 65 levels, however many more there are', () => {
    const nest = (levels: number): Value => {
      let value: Value = [];
      for (let i = 1; i < levels; i++) value = [value];
      return value;
    };
    expect(toText(nest(65))).toBe('['.repeat(65) + ']'.repeat(65));
    const cut = `${'['.repeat(65)}[...]${']'.repeat(65)}`;
    expect(toText(nest(66))).toBe(cut);
    expect(toText(nest(200_000))).toBe(cut);
  });
});
