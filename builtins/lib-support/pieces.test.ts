import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { whole } from '../time-slices.ts';
import { qpEncode } from './mail-text.ts';
import { type Change, crlfEnds, hasPattern, lfEnds, oneBlank, PIECE } from './pieces.ts';

const texts = fc.array(fc.constantFrom('\r', '\n', ' ', '\t', 'a', '='), { maxLength: 60 });

describe.each<[string, () => Change, (text: string) => string]>([
  ['lfEnds', lfEnds, (text) => text.replaceAll('\r\n', '\n')],
  ['crlfEnds', crlfEnds, (text) => text.replace(/\r+\n|\r|\n/g, '\r\n')],
  ['oneBlank', oneBlank, (text) => text.replace(/[ \t]+/g, ' ')],
])('%s', (_name, make, expected) => {
  it('makes the same of a text however it is cut', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(60)), (chars, cuts) => {
        const text = chars.join('');
        const places = [0, ...cuts.filter((at) => at < text.length), text.length].toSorted((a, b) => a - b);
        const pieces = places.slice(1).map((to, i) => text.slice(places[i], to));
        const change = make();
        const made = pieces.filter((piece) => piece !== '').map(change);
        expect(made.join('') + change('')).toBe(expected(text));
      }),
      { numRuns: 2000 },
    );
  });
});

it('hasPattern finds what lies across two pieces', () => {
  for (const at of [0, PIECE - 3, PIECE, 3 * PIECE]) {
    const text = `${'x'.repeat(at)}base64${'x'.repeat(PIECE)}`;
    expect(whole(hasPattern(text, /base64/i, 6))).toBe(true);
    expect(whole(hasPattern(text, /utf-7/i, 6))).toBe(false);
  }
});

it('quoted-printable is the same in slices: its lines are full', () => {
  const coded = whole(qpEncode('\xfc'.repeat(200_000)));
  const lines = coded.split('\r\n');
  expect(lines.slice(0, -1).every((line) => line.length === 76)).toBe(true);
  expect(coded.replaceAll('=\r\n', '')).toBe('=FC'.repeat(200_000));
});
