import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isObject, Str, type Value } from '../../language/values/values.ts';
import { whole } from '../time-slices.ts';
import { encodedWord, headerTokens, headOf, shownFields, usualDate } from './header-text.ts';

const LIMITS = { word: 998, charset: 80 };

function plain(value: Value): unknown {
  if (value instanceof Str) return value.text;
  if (Array.isArray(value)) return value.map(plain);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)])) : value;
}

describe('headOf', () => {
  const head = (raw: string) => plain(whole(headOf(raw, 1000, 998)));

  for (const [raw, pairs, end] of [
    [
      'A: 1\r\nB:2\r\n\r\nx',
      [
        ['A', '1'],
        ['B', '2'],
      ],
      13,
    ],
    ['A: 1\n\tmore\n \n\nx', [['A', '1 more']], 14],
    ['From ann\nA: 1\n\nx', [['A', '1']], 15],
    ['no field\nA: 1\n\nx', [], 0],
    ['A: 1\nno field', [['A', '1']], 5],
    [
      'A: 1\nno field\nB: 2\n\nx',
      [
        ['A', '1'],
        ['B', '2'],
      ],
      20,
    ],
    ['\r\nx', [], 2],
    ['', [], 0],
  ] as const) {
    it(`reads ${JSON.stringify(raw)}`, () => expect(head(raw)).toEqual({ pairs, end }));
  }

  it('reads a little further than its limit', () => {
    const { end } = head('A: 1\n'.repeat(1000)) as { end: number };
    expect(end).toBe(1005);
  });
});

it('shownFields has the fields with their lines', () => {
  expect(plain(whole(shownFields('A : 1\r\n 2\r\nB: 3\r\n\r\n')))).toEqual([
    { name: 'a', value: '1 2', raw: 'A : 1\r\n 2\r\n' },
    { name: 'b', value: '3', raw: 'B: 3\r\n' },
  ]);
});

describe('encodedWord', () => {
  it('reads a word with a language, and blanks in it', () => {
    expect(encodedWord('x=?UTF-8*de?q?a b?=', 1, LIMITS)).toEqual({ charset: 'utf-8', method: 'Q', coded: 'a b', end: 19 });
  });

  for (const text of [
    '=?utf-8?Q?a',
    '=?utf 8?Q?a?=',
    '=??Q?a?=',
    '=?utf-8?X?a?=',
    '=?utf-8?B?a!?=',
    '=?a?Q?=?b?Q?c?=',
    '=?utf-8',
  ]) {
    it(`${text} is none`, () => expect(encodedWord(text, 0, LIMITS)).toBeNull());
  }

  it('bounds its length and the name of its character set', () => {
    expect(encodedWord(`=?utf-8?Q?${'a'.repeat(990)}?=`, 0, LIMITS)).toBeNull();
    expect(encodedWord(`=?${'a'.repeat(78)}?Q?a?=`, 0, LIMITS)?.end).toBe(86);
    expect(encodedWord(`=?${'a'.repeat(79)}?Q?a?=`, 0, LIMITS)).toBeNull();
  });
});

describe('headerTokens', () => {
  const tokens = (text: string, specials = '<>,;:@.') =>
    (plain(whole(headerTokens(text, specials, LIMITS))) as { text: string; raw: string }[]).map(({ text }) => text);

  for (const [text, found] of [
    ['"a \\" b" <c@d> (e (f) \\) g)', ['a " b', '<', 'c', '@', 'd', '>', 'e (f) ) g']],
    ['[1.2]x [3', ['[1.2]', 'x', '[3']],
    ['(a "b"', ['(a', 'b']],
    ['=?utf-8?Q?a,b?=,c', ['=?utf-8?Q?a,b?=', ',', 'c']],
    ['(=?utf-8?Q?)?=)', ['=?utf-8?Q?)?=']],
  ] as const) {
    it(`cuts ${text}`, () => expect(tokens(text)).toEqual(found));
  }

  it('loses nothing but blanks', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '"', '\\', '(', ')', '[', ']', ',', ' ', '\t', '=?x?Q?y?=')), (pieces) => {
        const text = pieces.join('');
        const found = plain(whole(headerTokens(text, ',', LIMITS))) as { raw: string }[];
        const rest = found.reduce((left, { raw }) => left.trimStart().slice(raw.length), text);
        expect(found.every(({ raw }) => text.includes(raw)) && rest.trim()).toBe('');
      }),
    );
  });

  it('reads long runs in one pass', () => {
    // What takes quadratic time would be at this for an hour.
    for (const piece of ['(', '"', '[', '=?', '\\', 'a']) {
      expect(tokens(piece.repeat(1_000_000 / piece.length)).length).toBeGreaterThan(0);
    }
  });
});

describe('usualDate', () => {
  it('reads what most mail has', () => {
    expect(usualDate('Tue, 14 Nov 2023 23:13:20 +0100')).toBe(1700000000);
    expect(usualDate('29 Feb 2024 23:13:20 -0130')).toBe(1709253800);
  });

  for (const date of [
    '31 Feb 2023 00:00:00 +0000',
    '1 Jan 2023 24:00:00 +0000',
    '1 Jan 2023 00:00 +0000',
    '1 jan 0023 00:00:00 +0000',
  ]) {
    it(`leaves ${date} to others`, () => expect(usualDate(date)).toBeNull());
  }
});
