import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asBytes } from '../../language/values/bytes.ts';
import { Str } from '../../language/values/values.ts';
import { whole } from '../time-slices.ts';
import { findNear, indexOf, lastIndexOf } from './search.ts';
import { replaceText, splitText } from './split-replace.ts';

/** Texts of few letters and short periods, in which a needle nearly matches everywhere. */
const word = fc
  .array(fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', '\xff'), minLength: 1, maxLength: 5 }), fc.nat(60)), {
    maxLength: 6,
  })
  .map((parts) => parts.map(([unit, count]) => unit.repeat(count)).join(''));

/** A long needle, and a text with or without it. */
const search = fc
  .tuple(word, word, word, fc.integer({ min: 1, max: 3 }), fc.nat(3))
  .map(([before, needle, after, count, cut]) => {
    const sub = needle.repeat(count) + 'a'.repeat(65);
    return { text: `${before}${sub.slice(cut)}${after}${sub}${before}`.slice(0, 4000), sub };
  });

describe('a search for a long text', () => {
  it('finds what the host finds', () => {
    fc.assert(
      fc.property(search, fc.nat(300), ({ text, sub }, from) => {
        expect(whole(indexOf(text, sub, from))).toBe(text.indexOf(sub, from));
        expect(whole(lastIndexOf(text, sub))).toBe(text.lastIndexOf(sub));
        expect(whole(splitText(asBytes(text), sub))).toEqual(text.split(sub).map((raw) => ({ raw })));
        expect(whole(replaceText(asBytes(text), sub, 'x'))?.text).toBe(text.replaceAll(sub, 'x'));
      }),
      { numRuns: 3000 },
    );
  });

  it('takes two steps for each byte, not one for each byte of both', () => {
    const long = 'a'.repeat(1_000_000);
    for (const sub of [`${'a'.repeat(200_000)}b`, `b${'a'.repeat(200_000)}`, `${'a'.repeat(100_000)}b${'a'.repeat(100_000)}`]) {
      for (const work of [indexOf(long, sub, 0), lastIndexOf(long, sub)]) {
        let slices = 1;
        while (work.next().done !== true) slices++;
        expect(slices).toBeLessThan(20); // of 262,144 steps
      }
    }
  });
});

describe('a search in a long text', () => {
  it('finds what lies across the borders of slices', () => {
    for (const at of [(1 << 18) - 3, 1 << 18, (1 << 18) + 1, 600_000]) {
      const text = `${'.'.repeat(at)}needle${'.'.repeat(300_000)}`;
      expect(whole(indexOf(text, 'needle', 5))).toBe(at);
      expect(whole(lastIndexOf(text, 'needle'))).toBe(at);
      expect(whole(indexOf(text, 'needle', at + 1))).toBe(-1);
    }
  });

  it('finds nothing at its end', () => {
    const text = '.'.repeat(1 << 19);
    expect(whole(indexOf(text, '', 1 << 20))).toBe(text.indexOf('', 1 << 20));
    expect(whole(indexOf(text, '', 1 << 18))).toBe(1 << 18);
    expect(whole(lastIndexOf(text, ''))).toBe(text.length);
  });
});

describe('a search in a string that was changed', () => {
  it('finds the same near its start and its end', () => {
    for (const sub of ['b', 'xb', '', 'x'.repeat(70), `${'x'.repeat(600)}b`, `b${'x'.repeat(2000)}`]) {
      for (const places of [[], [0], [3000], [20_000], [3000, 20_000]]) {
        const made = (): Str => {
          const string = new Str(asBytes('x'.repeat(40_000)));
          for (const place of [...places, 39_999]) string.write(place, asBytes('b'));
          return string;
        };
        const { text } = made();
        for (const from of [0, 5, 4096, 39_000]) expect([text.indexOf(sub, from), -1]).toContain(findNear(made(), sub, from));
        expect([text.lastIndexOf(sub), -1]).toContain(findNear(made(), sub, null));
      }
    }
    const string = new Str(asBytes('x'.repeat(100_000)));
    string.write(9, asBytes('b'));
    expect([findNear(string, 'b', 0), findNear(string, 'xb', 2), findNear(string, `b${'x'.repeat(100)}`, 0)]).toEqual([9, 8, 9]);
    expect(findNear(string, 'xx', null)).toBe(99_998);
  });
});
