import { describe, expect, it } from '@jest/globals';
import { asBytes } from '../values/bytes.ts';
import { atom, EMPTY, Float, type Fn, markClass, obj, str, type Value } from '../values/values.ts';
import { ProgramError } from './errors.ts';
import { type Operand, type Quote, wording } from './mistakes.ts';
import {
  charAt,
  destructureList,
  destructureObject,
  getNamed,
  getProperty,
  keyText,
  lengthOf,
  literalKey,
  setNamed,
  setProperty,
} from './properties.ts';
import { display } from './render.ts';

const AT = 42;
const quote: Quote = {
  target: (at) => `TARGET${at}`,
  value: (at) => `VALUE${at}`,
  node: (at, kind) => `${(kind ?? 'node').toUpperCase()}${at}`,
  badElement: (at, index) => `ELEMENT${at}.${index}`,
  className: (at) => `CLASS${at}`,
};

/** What a call gives, rendered, or its error after `! `. */
function outcome(run: () => Operand, at: number | null = AT): string {
  try {
    return display(run());
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    expect(error.at).toBe(at);
    return `! ${wording(error.mistake, error.at ?? 0, quote)}`;
  }
}

const native: Fn = () => null;
Object.defineProperty(native, 'name', { value: 'print' });
const float = (value: number): Float => new Float(value);
const HUGE = 2n ** 60n;

describe('reading a property', () => {
  const keys = obj({ '1': str('x'), true: str('z'), '?': str('n'), '[1]': str('l'), __proto__x: 1, '1e+06': 7 });
  // biome-ignore format: a table is read in rows
  const facts: readonly (readonly [Operand, Operand, string])[] = [
    [str('abc'), 0, "'a'"], [str('abc'), 3, '?'], [str('abc'), -1, '?'], [str('abc'), HUGE, '?'], [str('\xff'), 0, "'\xff'"],
    [str('abc'), str('0'), "! Cannot index into string with non-integer index '0'"],
    [[1, 2], 1, '2'], [[1, 2], 2, '?'], [[1, 2], -1, '?'], [[1, 2], HUGE, '?'],
    [[1, 2], float(1), '! Cannot index into list with non-integer index 1'],
    [[1, 2], atom('a'), '! Cannot index into list with non-integer index :a'],
    [[1, 2], undefined, '! Cannot index into list with non-integer index ?'],
    [keys, 1, "'x'"], [keys, float(1), "'x'"], [keys, str('1'), "'x'"], [keys, atom('1'), "'x'"], [keys, true, "'z'"], [keys, null, "'n'"],
    [keys, undefined, "'n'"], [keys, [1], "'l'"], [keys, float(1e6), '7'], [keys, str('constructor'), '?'], [keys, str('__proto__'), '?'],
    [5, 1, '! Expected string, list, or object in left-hand side of property access, got 5'],
    [undefined, 1, '! Expected string, list, or object in left-hand side of property access, got ?'],
    [EMPTY, 1, '! Expected string, list, or object in left-hand side of property access, got _'],
    [native, 1, '! Expected string, list, or object in left-hand side of property access, got fn print { <native fn> }'],
  ];
  for (const [object, key, expected] of facts) {
    it(`${display(object)}.(${display(key)}) is ${expected}`, () => {
      expect(outcome(() => getProperty(object, key, AT))).toBe(expected);
    });
  }

  it('by a name of the program', () => {
    expect(outcome(() => getNamed(obj({ a: 1 }), 'a', AT))).toBe('1');
    expect(outcome(() => getNamed(obj({ a: 1 }), 'b', AT))).toBe('?');
    expect(outcome(() => getNamed([1], 'foo', AT))).toBe("! Cannot index into list with non-integer index 'foo'");
    expect(outcome(() => getNamed(str('s'), 'foo', AT))).toBe("! Cannot index into string with non-integer index 'foo'");
    expect(outcome(() => getNamed(null, 'a', AT))).toMatch(/access, got \?$/);
  });

  it('a byte of a string is a new string each time', () => {
    const s = str('aa');
    expect(getProperty(s, 0, AT)).not.toBe(getProperty(s, 0, AT));
  });

  it('charAt gives bare bytes and leaves other values to others', () => {
    expect([charAt(str('abc'), 1, AT), charAt(str('abc'), 3, AT), charAt(str('abc'), -1, AT)]).toEqual(['b', null, null]);
    expect([charAt(str('abc'), HUGE, AT), charAt([1], 0, AT), charAt(undefined, 0, AT)]).toEqual([null, undefined, undefined]);
    expect(() => charAt(str('abc'), float(1), AT)).toThrow(ProgramError);
  });

  it('sees bytes that were appended', () => {
    const s = str('x'.repeat(300));
    s.append(asBytes('\xfe'));
    expect(charAt(s, 300, AT)).toBe('\xfe');
  });
});

describe('writing a property', () => {
  // biome-ignore format: a table is read in rows
  const facts: readonly (readonly [Operand, Operand, Operand, string])[] = [
    [str('abc'), 0, str('X'), "'Xbc'"], [str('abc'), 2, str('XYZ'), "'abXYZ'"], [str('abc'), 3, str('d'), "'abcd'"],
    [str('abc'), 0, str(''), "'abc'"], [str('abc'), 4, str('X'), '! String assignment index 4 out of range in ASSIGN42'],
    [str('abc'), -1, str('X'), '! String assignment index -1 out of range in ASSIGN42'],
    [str('abc'), HUGE, str('X'), `! String assignment index ${HUGE} out of range in ASSIGN42`],
    [str('abc'), str('k'), 5, '! Cannot assign non-string value 5 to string in TARGET42'],
    [str('abc'), str('k'), str('X'), "! Cannot index into string with non-integer index 'k'"],
    [[1, 2], 0, 9, '[9, 2]'], [[1, 2], 2, 9, '[1, 2, 9]'], [[1, 2], 0, EMPTY, '[_, 2]'], [[1, 2], 1, undefined, '[1, ?]'],
    [[1, 2], 3, 9, '! List assignment index 3 out of range in ASSIGN42'],
    [[1, 2], -1, 9, '! List assignment index -1 out of range in ASSIGN42'],
    [[1, 2], HUGE, 9, `! List assignment index ${HUGE} out of range in ASSIGN42`],
    [[1, 2], float(1), 9, '! Cannot index into list with non-integer index 1'],
    [obj({ a: 1, b: 2 }), str('a'), EMPTY, '{b: 2}'], [obj({ a: 1 }), str('zz'), EMPTY, '{a: 1}'], [obj({ a: 1 }), str('a'), undefined, '{a: ?}'],
    [obj({}), [1], str('l'), "{[1]: 'l'}"], [obj({}), true, 1, '{true: 1}'], [obj({}), float(1), 1, '{1: 1}'], [obj({}), str('__proto__'), 1, '{__proto__: 1}'],
    [null, 1, 1, '! Cannot assign to property of undefined value in TARGET42'],
    [undefined, 1, 1, '! Cannot assign to property of undefined value in TARGET42'],
    [5, 1, 1, '! Expected string, list, or object in left-hand side of property assignment, got TARGET42'],
    [EMPTY, 1, 1, '! Expected string, list, or object in left-hand side of property assignment, got TARGET42'],
    [native, 1, 1, '! Expected string, list, or object in left-hand side of property assignment, got TARGET42'],
  ];
  for (const [object, key, value, expected] of facts) {
    it(`${display(object)}.(${display(key)}) := ${display(value)} gives ${expected}`, () => {
      expect(outcome(() => setProperty(object, key, value, AT))).toBe(expected);
    });
  }

  it('by a name of the program', () => {
    const object = obj({ a: 1 });
    expect(setNamed(object, 'b', undefined, AT)).toBe(object);
    expect(display(object)).toBe('{a: 1, b: ?}');
    expect(outcome(() => setNamed(object, 'a', EMPTY, AT))).toBe('{b: ?}');
    expect(outcome(() => setNamed([1], 'foo', 1, AT))).toBe("! Cannot index into list with non-integer index 'foo'");
    expect(outcome(() => setNamed(null, 'a', 1, AT))).toBe('! Cannot assign to property of undefined value in TARGET42');
  });

  it('works on an object that became a table', () => {
    const table = obj({});
    for (let i = 0; i < 300; i++) setProperty(table, i, i, AT);
    expect([getNamed(table, '7', AT), getProperty(table, 299, AT), lengthOf(table)]).toEqual([7, 299, 300]);
    setNamed(table, 'name', 1, AT);
    setNamed(table, '7', EMPTY, AT);
    setProperty(table, 8, EMPTY, AT);
    expect([getProperty(table, str('name'), AT), getProperty(table, 7, AT), getNamed(table, '8', AT)]).toEqual([1, null, null]);
  });

  it('a string written into itself', () => {
    const s = str('abc');
    setProperty(s, 1, s, AT);
    expect(s.text).toBe('aabc');
    setProperty(s, 4, s, AT);
    expect(s.text).toBe('aabcaabc');
  });

  it('a class has its static members as properties', () => {
    const made = markClass(() => null, obj({ count: 7 }));
    expect([getNamed(made, 'count', AT), getProperty(made, str('nope'), AT)]).toEqual([7, null]);
    expect(setNamed(made, 'count', 8, AT)).toBe(made);
    expect(getProperty(made, atom('count'), AT)).toBe(8);
    expect(setProperty(made, str('count'), EMPTY, AT)).toBe(made);
    expect(getNamed(made, 'count', AT)).toBe(null);
  });
});

describe('keys, patterns and lengths', () => {
  it('every value has a key text in property access, few in object literals', () => {
    // biome-ignore format: a table is read in rows
    const texts: readonly (readonly [Value, string, boolean])[] = [
      [str('s'), 's', true], [atom('a'), 'a', true], [1, '1', true], [HUGE, String(HUGE), true], [float(1.5), '1.5', true],
      [true, 'true', false], [null, '?', false], [EMPTY, '_', false], [[str('x')], "['x']", false], [obj({}), '{}', false],
    ];
    for (const [value, text, literal] of texts) {
      expect(keyText(value)).toBe(text);
      if (literal) expect(literalKey(value, AT)).toBe(text);
      else {
        const error = `! Expected a string, atom, or number as object key, got ${display(value)}`;
        expect(outcome(() => str(literalKey(value, AT)))).toBe(error);
      }
    }
  });

  it('a list pattern takes a list, an object pattern an object or a list', () => {
    const [list, object] = [[1], obj({ a: 1 })];
    expect([destructureList(list, AT), destructureObject(list, AT), destructureObject(object, AT)]).toEqual([list, list, object]);
    expect(outcome(() => destructureList(object, AT))).toBe('! right side VALUE42 of list destructuring is not a list');
    expect(outcome(() => destructureObject(5, AT))).toBe('! right side VALUE42 of object destructuring is not an object or list');
  });

  it('len counts bytes, items and keys', () => {
    expect([lengthOf(str('\xc3\xa9')), lengthOf([1, 2]), lengthOf(obj({ a: 1 }))]).toEqual([2, 2, 1]);
    expect(outcome(() => lengthOf(undefined), null)).toBe('! ? does not support a len() call');
    expect(outcome(() => lengthOf(5), null)).toBe('! 5 does not support a len() call');
  });
});
