import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { utf8Encode } from '../values/bytes.ts';
import { atom, obj, setKey, str, type Value } from '../values/values.ts';
import { brief, briefText } from './brief.ts';
import { display } from './render.ts';

/** 2^n equal values in n lists that share their parts. */
function sharing(n: number): Value {
  let value: Value = [1];
  for (let i = 0; i < n; i++) value = [value, value];
  return value;
}

const numbers = Array.from({ length: 5_000_000 }, (_, i) => i);

describe('brief', () => {
  for (const [what, value, expected] of [
    ['an int', 12, '12'],
    ['a string', str('a'), "'a'"],
    ['a list', [1, [str('x')], atom('y')], "[1, ['x'], :y]"],
    ['an object', obj({ b: 1, a: null }), '{a: ?, b: 1}'],
    ['a long list', numbers, /^\[0, 1, 2, .*, \.\.\. 4,999,9\d\d more\]$/],
    ['a long string', str('x'.repeat(5_000_000)), /^'x{150,}'\.\.\. 4,999,8\d\d more$/],
    ['a long atom', atom('x'.repeat(1000)), /^:x{150,}\.\.\. \d+ more$/],
    ['a long string in a list', [str('x'.repeat(1000)), 1, 2], /^\['x+'\.\.\. \d+ more, \.\.\. 2 more\]$/],
    ['long keys', obj({ ['k'.repeat(1000)]: 1 }), /^\{k+\.\.\. 9\d\d more: 1\}$/],
    ['lists that share their parts', sharing(60), /^\[\[.* more\]$/],
  ] as const) {
    it(`shows ${what} in 200 bytes at most`, () => {
      const text = brief(value as Value);
      expect(text.length).toBeLessThanOrEqual(200);
      expect(text).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    });
  }

  it('shows a list that contains itself', () => {
    const list: Value[] = [1];
    list.push(list);
    expect(brief(list)).toBe('[1, [...]]');
    list.push(...numbers.slice(0, 1000));
    expect(brief(list)).toMatch(/^\[1, \[\.\.\.\], 0, .* more\]$/);
  });

  it('cuts no character in two', () => {
    const text = brief(str(utf8Encode('é'.repeat(500))));
    expect(text).toMatch(/^'(?:\xc3\xa9)+'\.\.\. \d+ more$/);
  });

  it('takes the first keys of an object with many', () => {
    const many = obj({});
    for (let i = 99_999; i >= 0; i--) setKey(many, `k${String(i).padStart(5, '0')}`, i);
    expect(brief(many)).toMatch(/^\{k00000: 0, k00001: 1, k00002: 2, .*\.\.\. 99,9\d\d more\}$/);
  });

  it('shows what fits as `string()` shows it, and never more than 200 bytes', () => {
    const { value } = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'large', maxDepth: 9 },
        fc.integer(),
        fc.string({ maxLength: 90 }).map((text) => str(utf8Encode(text))),
        fc.array(tie('value'), { maxLength: 9 }),
        fc.dictionary(fc.string({ maxLength: 60 }).map(utf8Encode), tie('value'), { maxKeys: 5 }).map(obj),
      ),
    }));
    fc.assert(
      fc.property(value, (one) => {
        const whole = display(one);
        const text = brief(one);
        expect(text.length).toBeLessThanOrEqual(200);
        if (whole.length <= 200) expect(text).toBe(whole);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('briefText', () => {
  it('cuts a long name', () => {
    expect(briefText('x'.repeat(200))).toHaveLength(200);
    expect(briefText('x'.repeat(300))).toMatch(/^x+\.\.\. \d+ more$/);
  });
});
