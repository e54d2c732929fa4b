import fc from 'fast-check';
import { utf8Encode } from '../../language/values/bytes.ts';
import { whole } from '../time-slices.ts';
import { hasText, lacksText } from './mail-search.ts';

/** Pieces that make the search hard: marks, letters that become two, wide and joined ones, invalid bytes, blanks, line ends. */
const PIECES = ['a', 'S', 'ss', 'u', '\u0308', 'ü', 'ß', 'ﬁ', 'Ａ', 'я', '日', ' ', '.', ':', '\n', '\r\n ', 'x'.repeat(20)];
const texts = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join(''));
const words = fc.array(fc.constantFrom(...PIECES.slice(0, 12)), { maxLength: 4 }).map((pieces) => pieces.join(''));

const folded = (text: string) => text.normalize('NFKC').toUpperCase();

describe('hasText', () => {
  it('finds what is in a text ignoring case, at every place', () => {
    fc.assert(
      fc.property(texts, words, (text, sought) => {
        expect(whole(hasText(utf8Encode(text), utf8Encode(sought)))).toBe(folded(text).includes(folded(sought)));
      }),
      { numRuns: 5000 },
    );
  });

  it('reads what is not UTF-8, too', () => {
    expect(whole(hasText('\xff\xc3 gr\xc3\xbcn', 'GR\xc3\x9cN'))).toBe(true);
    expect(whole(hasText('\xff\xc3', 'x'))).toBe(false);
  });
});

describe('lacksText', () => {
  it('is never true of a text that is there', () => {
    fc.assert(
      fc.property(texts, words, (text, sought) => {
        const message = utf8Encode(`Subject: x\r\n\r\n${text}`);
        if (whole(lacksText(message, 0, utf8Encode(sought)))) expect(whole(hasText(message, utf8Encode(sought)))).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });

  it('does not take the product of the lengths', () => {
    const long = 'a'.repeat(60_000);
    expect(whole(lacksText('a'.repeat(130_000), 0, `${long}b`))).toBe(false);
    expect(whole(lacksText('x'.repeat(130_000), 0, `${long}b`))).toBe(true);
  });

  it('cuts a long text between two characters', () => {
    for (let before = 60; before < 67; before++) {
      const text = utf8Encode(`${'a'.repeat(before)}😀😀b`);
      expect(whole(lacksText(text, 0, text))).toBe(false);
    }
  });

  for (const [message, sought, expected] of [
    ['Subject: hi\r\n\r\nwords', 'WORDS', false],
    ['Subject: hi\r\n\r\nwords', 'hi', true],
    ['Subject: hi\r\n\r\nwords', 'other', true],
    ['Subject: hi\r\n\r\nin two\r\n words', 'two words', false],
    ['Content-Type: text/plain; charset=utf-8\r\n\r\ngr\xc3\xbcn', 'blau', true],
    ['Content-Type: text/plain; charset="us-ascii"\r\n\r\na', 'b', true],
    ['Content-Type: text/plain; charset=koi8-r\r\n\r\na\xc1', 'b', false],
    ['Subject: x\r\n\r\nnot UTF-8: \xff', 'b', false],
    ['Subject: =?utf-8?Q?x?=\r\n\r\na', 'b', false],
    ['Content-Transfer-Encoding: Base64\r\n\r\naaaa', 'b', false],
  ] as const) {
    it(`${JSON.stringify(message)} ${expected ? 'certainly lacks' : 'may have'} ${sought}`, () => {
      expect(whole(lacksText(message, message.indexOf('\r\n\r\n'), sought))).toBe(expected);
    });
  }
});
