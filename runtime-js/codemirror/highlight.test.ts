import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pieces, tokenAt } from './highlight.ts';

/** The coloured pieces of a text as `style:text`. */
const styled = (text: string): string[] => pieces(text).map(({ start, end, style }) => `${style}:${text.slice(start, end)}`);

describe('pieces', () => {
  for (const [text, expected] of [
    ['fn f(x) x + 1', ['keyword:fn', 'function:f', 'operator:+', 'number:1']],
    [':a', ['atom::', 'atom:a']],
    ['{a: :b}', ['property:a', 'atom::', 'atom:b']],
    ['{a:b}', ['property:a']],
    ['x.y(1)', ['function:y', 'number:1']],
    ["'two\nlines' // end", ["string:'two\nlines'", 'comment:// end']],
    ["'// no comment'", ["string:'// no comment'"]],
    ["'not closed", ["string:'not closed"]],
    ['#!/usr/bin/magnolia\n?', ['comment:#!/usr/bin/magnolia', 'constant:?']],
    ["'😀' 😀 1 // 😀", ["string:'😀'", 'number:1', 'comment:// 😀']],
    ['\ufefftrue', ['constant:true']],
  ] as const) {
    it(`${JSON.stringify(text)} has ${expected.length}`, () => expect(styled(text)).toEqual(expected));
  }

  it('returns pieces in order, within any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...":a1'/\n #!.{}()fn😀\ufeff\ud800\\") }), (text) => {
        let behind = 0;
        for (const { start, end } of pieces(text)) {
          expect(start).toBeGreaterThanOrEqual(behind);
          expect(end).toBeGreaterThan(start);
          behind = end;
        }
        expect(behind).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});

describe('tokenAt', () => {
  for (const [text, at, expected] of [
    ['one + two', 1, { start: 0, end: 3 }],
    ['one + two', 4, { start: 4, end: 5 }],
    ['one + two', 3, null],
    ["'😀' + 1", 5, { start: 5, end: 6 }],
  ] as const) {
    it(`${at} in ${JSON.stringify(text)}`, () => expect(tokenAt(text, at)).toEqual(expected));
  }
});
