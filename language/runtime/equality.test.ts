import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { atom, EMPTY, Float, obj, setKey, str, type Value } from '../values/values.ts';
import { deepEqual, matches, same, sameText } from './equality.ts';
import type { Operand } from './mistakes.ts';
import { display } from './render.ts';

const float = (value: number): Float => new Float(value);
const fn = (): Value => null;
const NAN = float(Number.NaN);

describe('= and == on values that hold no others', () => {
  // biome-ignore format: a table is read in rows
  const equal: readonly (readonly [Operand, Operand])[] = [
    [1, 1], [1, float(1)], [float(1.5), float(1.5)], [float(0), float(-0)], [2n ** 60n, 2n ** 60n],
    [9007199254740993n, float(9007199254740992)], [str('ab'), str('ab')], [str(''), str('')], [atom('a'), atom('a')],
    [true, true], [null, null], [null, undefined], [fn, fn],
    [EMPTY, 5], [EMPTY, EMPTY], [EMPTY, null], [EMPTY, undefined], [EMPTY, str('x')], [EMPTY, NAN], [EMPTY, fn],
  ];
  for (const [a, b] of equal) {
    it(`${display(a)} and ${display(b)} are equal`, () => {
      expect([same(a, b), same(b, a), deepEqual(a, b), deepEqual(b, a)]).toEqual([true, true, true, true]);
    });
  }

  // biome-ignore format: a table is read in rows
  const different: readonly (readonly [Operand, Operand])[] = [
    [1, 2], [1, float(1.5)], [NAN, NAN], [NAN, 1], [9007199254740993n, 9007199254740992n], [2n ** 60n, 1], [str('a'), str('b')],
    [str('a'), str('aa')], [atom('a'), str('a')], [atom('a'), atom('b')], [1, str('1')], [0, false], [null, false], [null, 0],
    [fn, () => null], [[], obj({})], [[1], 1], [obj({}), null], [str(''), []],
  ];
  for (const [a, b] of different) {
    it(`${display(a)} and ${display(b)} differ`, () => {
      expect([same(a, b), same(b, a), deepEqual(a, b), deepEqual(b, a)]).toEqual([false, false, false, false]);
    });
  }
});

describe('= and == on lists and objects', () => {
  it('= compares identity, == what is inside', () => {
    const list = [1, str('x')];
    expect([same(list, list), same(list, [1, str('x')]), deepEqual(list, [1, str('x')])]).toEqual([true, false, true]);
    const object = obj({ a: 1, b: [2] });
    expect([same(object, object), same(object, obj({ b: [2], a: 1 }))]).toEqual([true, false]);
    expect(deepEqual(object, obj({ b: [float(2)], a: 1 }))).toBe(true);
  });

  it('_ equals a list or object, except that these are not = to it', () => {
    for (const container of [[1], [], obj({})]) {
      expect(same(container, EMPTY)).toBe(false);
      expect([same(EMPTY, container), deepEqual(container, EMPTY), deepEqual(EMPTY, container)]).toEqual([true, true, true]);
    }
    expect(deepEqual([1, EMPTY], [1, [5]])).toBe(true);
    expect(deepEqual(obj({ a: 5 }), obj({ a: EMPTY }))).toBe(true);
  });

  it('a key with the value ? is not a missing key', () => {
    expect(deepEqual(obj({ a: null }), obj({ b: null }))).toBe(false);
    expect(deepEqual(obj({ a: null }), obj({}))).toBe(false);
    expect(deepEqual([1], [1, null])).toBe(false);
  });

  it('a value that holds NaN differs from itself', () => {
    const list = [NAN];
    expect(deepEqual(list, list)).toBe(false);
  });

  it('compares an object with one that became a table', () => {
    const [table, object] = [obj({}), obj({})];
    for (let i = 0; i < 300; i++) setKey(table, `k${i}`, i);
    for (let i = 0; i < 300; i++) object[`k${299 - i}`] = 299 - i;
    expect(deepEqual(table, object) && deepEqual(object, table)).toBe(true);
    setKey(table, 'k7', 8);
    expect(deepEqual(table, object) || deepEqual(object, table)).toBe(false);
  });

  it('compares lists nested 200,000 deep', () => {
    const nest = (inner: Value): Value => {
      let value = inner;
      for (let i = 0; i < 200_000; i++) value = i % 2 === 0 ? [value] : obj({ next: value });
      return value;
    };
    expect(deepEqual(nest(1), nest(1))).toBe(true);
    expect(deepEqual(nest(1), nest(2))).toBe(false);
    expect(deepEqual(nest([]), nest(obj({})))).toBe(false);
  });

  it('ends on values that contain themselves', () => {
    const loop = (length: number, last: Value): Value[] => {
      const first: Value[] = [last];
      let value: Value[] = first;
      for (let i = 1; i < length; i++) value = [last, value];
      first.push(value);
      return first;
    };
    expect(deepEqual(loop(1, 1), loop(1, 1))).toBe(true);
    expect(deepEqual(loop(2, 1), loop(3, 1))).toBe(true);
    expect(deepEqual(loop(1, 1), loop(1, 2))).toBe(false);
    const a = obj({});
    const b = obj({});
    a.other = b;
    b.other = a;
    expect(deepEqual(a, b)).toBe(true);
  });

  it('ends on values that share their parts in exponentially many ways', () => {
    const share = (leaf: Value): Value => {
      let value = leaf;
      for (let i = 0; i < 60; i++) value = [value, value];
      return value;
    };
    expect(deepEqual(share(1), share(1))).toBe(true);
    expect(deepEqual(share(1), share(2))).toBe(false);
    expect(deepEqual([share([1]), share([1])], [share([1]), share([2])])).toBe(false);
  });

  it('compares more lists than the native way takes', () => {
    const rows = (last: number): Value => Array.from({ length: 120_000 }, (_, i) => [i < 119_999 ? i : last]);
    expect(deepEqual(rows(1), rows(1))).toBe(true);
    expect(deepEqual(rows(1), rows(2))).toBe(false);
  });

  it('agrees on the native stack and on its own', () => {
    const { value } = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<Value>(1, float(1), null, EMPTY, true, 2n ** 60n),
        fc.constantFrom('', 'a').map(str),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { maxKeys: 2 }).map((entries) => obj(entries)),
      ),
    }));
    const deep = (inner: Value): Value => {
      let nested = inner;
      for (let i = 0; i < 150; i++) nested = [nested];
      return nested;
    };
    fc.assert(
      fc.property(value, value, (a, b) => deepEqual(a, b) === deepEqual(deep(a), deep(b))),
      { numRuns: 3000 },
    );
  });
});

describe('targets of if', () => {
  // biome-ignore format: a table is read in rows
  const facts: readonly (readonly [Operand, Operand, boolean])[] = [
    [1, 1, true], [1, float(1), false], [float(1), 1, true], [2n ** 60n, 2n ** 60n, true], [2n ** 60n, float(2 ** 60), false],
    [1, EMPTY, true], [EMPTY, 5, true], [null, undefined, true], [undefined, null, true], [undefined, false, false], [true, true, true],
    [true, 1, false], [atom('a'), atom('a'), true], [atom('a'), str('a'), false], [[1, [2, 3]], [1, [2]], false],
    [[1, [2, 3]], [1, [2, EMPTY]], true], [obj({ a: 1 }), obj({ a: EMPTY }), true], [1, str('1'), false], [NAN, NAN, false],
  ];
  for (const [subject, target, expected] of facts) {
    it(`${display(subject)} ${expected ? 'takes' : 'does not take'} ${display(target)}`, () => {
      expect(matches(subject, target)).toBe(expected);
    });
  }

  it('comparing with a literal is the same as comparing with its value', () => {
    for (const value of [
      null,
      undefined,
      EMPTY,
      1,
      2,
      float(1),
      float(1.5),
      2n ** 60n,
      str('x'),
      str('y'),
      [1],
      obj({}),
      fn,
      atom('x'),
    ]) {
      expect(sameText(value, 'x')).toBe(same(value, str('x')));
      expect(sameText(value, 'x')).toBe(matches(value, str('x')));
    }
  });
});
