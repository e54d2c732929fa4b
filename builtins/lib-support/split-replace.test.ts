import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asBytes } from '../../language/values/bytes.ts';
import { MAX_TEXT, Str, type Value } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';
import { whole } from '../time-slices.ts';
import { inParts, replaceText, splitText } from './split-replace.ts';

const texts = (list: Value[]): string[] => list.map((piece) => (piece instanceof Str ? piece.text : 'no string'));

/** Long enough for several parts, out of few letters, so that places of a short separator overlap. */
const longText = fc
  .tuple(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 40 }), fc.nat(90_000))
  .map(([unit, shift]) => `${'ab'.repeat(shift)}${unit.repeat(Math.ceil(600_000 / unit.length))}`);
const separator = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 4 });

/** How often it stopped on the way. */
function stops(work: Work<unknown>): number {
  for (let count = 0; ; count++) if (work.next().done === true) return count;
}

describe('splitText', () => {
  it('returns what the native split returns', () => {
    fc.assert(
      fc.property(longText, separator, (text, sep) => {
        const pieces = texts(whole(splitText(asBytes(text), sep)));
        const wanted = text.split(sep);
        expect(pieces.length).toBe(wanted.length);
        expect(pieces.findIndex((piece, i) => piece !== wanted[i])).toBe(-1);
      }),
      { numRuns: 12 },
    );
  });

  it('returns the single bytes when there is no separator', () => {
    const text = 'abc'.repeat(200_000);
    expect(texts(whole(splitText(asBytes(text), ''))).join('')).toBe(text);
    expect(whole(splitText(asBytes(''), ''))).toEqual([]);
  });

  it('stops on the way through a long text, and never in a short one', () => {
    expect(stops(splitText(asBytes('a line\n'.repeat(300_000)), '\n'))).toBeGreaterThan(5);
    expect(stops(splitText(asBytes('x'.repeat(1_000_000)), ''))).toBe(3);
    expect(stops(splitText(asBytes('a b c'), ' '))).toBe(0);
  });

  it('takes a separator of any length', () => {
    const sep = 'x'.repeat(400_000);
    expect(texts(whole(splitText(asBytes(`a${sep}b${sep}`), sep)))).toEqual(['a', 'b', '']);
  });
});

describe('inParts', () => {
  it('changes each byte once', () => {
    const text = `${'ab'.repeat(400_000)}c`;
    expect(inParts(text, (part) => part.replaceAll('b', 'xyz')) === text.replaceAll('b', 'xyz')).toBe(true);
    expect(inParts('', (part) => `${part}!`)).toBe('!');
  });
});

describe('replaceText', () => {
  it('returns what the native replace returns', () => {
    fc.assert(
      fc.property(longText, separator, fc.constantFrom('', 'a', '$&', 'longer than it was'), (text, sub, by) => {
        expect(whole(replaceText(asBytes(text), sub, by))?.text === text.replaceAll(sub, () => by)).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it('returns nothing when the result would be too long', () => {
    expect(whole(replaceText(asBytes('aa'), 'a', 'b'.repeat(MAX_TEXT / 2 + 1)))).toBeNull();
  });
});
