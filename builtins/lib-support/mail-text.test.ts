import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { whole } from '../time-slices.ts';
import * as mail from './mail-text.ts';
import { PIECE } from './pieces.ts';

/** Byte text with many of the bytes that matter. */
const bytes = fc
  .array(fc.oneof(fc.constantFrom(10, 13, 46, 61, 32, 9, 0), fc.integer({ min: 0, max: 255 })), { maxLength: 400 })
  .map((codes) => String.fromCharCode(...codes));
const withCrlf = (text: string) => whole(mail.withCrlf(text));
const buffer = (text: string) => Buffer.from(text, 'latin1');

describe('line ends and dots', () => {
  it('withCrlf leaves nothing bare and is settled after once', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const once = withCrlf(text);
        expect(whole(mail.hasBareLineEnd(once))).toBe(false);
        expect(withCrlf(once)).toBe(once);
        expect(once.replace(/[\r\n]/g, '')).toBe(text.replace(/[\r\n]/g, ''));
      }),
    );
  });

  it('CRs in front of a LF are one line end with it', () => {
    expect(withCrlf('a\r\r\nb\rc\n')).toBe('a\r\nb\r\nc\r\n');
  });

  it('CRs without a LF are a line end each', () => {
    expect(withCrlf('a\r\rb')).toBe('a\r\n\r\nb');
  });

  it('a stuffed message holds no end of data, and comes back', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const lines = `${withCrlf(text)}\r\n`;
        const stuffed = whole(mail.dotStuff(lines));
        expect(`\r\n${stuffed}`.includes('\r\n.\r\n')).toBe(false);
        expect(whole(mail.dotUnstuff(stuffed))).toBe(lines);
      }),
    );
  });

  it('every line of dots is stuffed', () => {
    expect(whole(mail.dotStuff('.\r\n.\r\n..\r\n'))).toBe('..\r\n..\r\n...\r\n');
  });

  it('lines are seen where one slice of the work ends and the next begins', () => {
    for (let before = PIECE - 4; before <= PIECE; before++) {
      const start = 'x\n'.repeat(before / 2) + 'x'.repeat(before % 2);
      expect(whole(mail.dotStuff(`${start}\r\n.\r\n`))).toBe(`${start}\r\n..\r\n`);
      expect(whole(mail.dotUnstuff(`${start}\r\n..\r\n`))).toBe(`${start}\r\n.\r\n`);
      expect(whole(mail.isShortLines(`${start}\n${'x'.repeat(999)}\n`))).toBe(true);
      expect(whole(mail.isShortLines(`${start}\n${'x'.repeat(1000)}\n`))).toBe(false);
      expect(whole(mail.hasEightBit(`${start}\xff`))).toBe(true);
    }
  });
});

describe('encodings', () => {
  it('base64 is that of Node, in lines', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const coded = whole(mail.base64Lines(text));
        expect(coded.replaceAll('\r\n', '')).toBe(buffer(text).toString('base64'));
        expect(coded.split('\r\n').every((line) => line.length <= 76)).toBe(true);
        expect(coded === '' || coded.endsWith('\r\n')).toBe(true);
        expect(whole(mail.base64Read(coded))).toBe(text);
      }),
    );
  });

  it('base64Read skips what is not a digit, and continues after padding', () => {
    expect(whole(mail.base64Read(' aG!Vs\nbG8= '))).toBe('hello');
    expect(whole(mail.base64Read('aGVsbG8=aGVsbG8'))).toBe('hellohello');
    expect(whole(mail.base64Read('=a'))).toBe('');
  });

  it('quoted-printable has short lines without blanks at their ends, and comes back', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const coded = whole(mail.qpEncode(text));
        expect(coded).toMatch(/^[\t\r\n -~]*$/);
        expect(coded).not.toMatch(/[ \t](\r\n|$)|(^|[^\r])\n|\r(?!\n)/);
        expect(coded.split('\r\n').every((line) => line.length <= 76)).toBe(true);
        expect(whole(mail.qpDecode(coded))).toBe(text);
      }),
    );
  });

  it('quoted-printable drops blanks at the ends of lines, and no others', () => {
    expect(whole(mail.qpDecode('a b \t\r\nc \nd=20\n= \ne \rf '))).toBe('a b\r\nc\nd \ne \rf ');
  });

  it('plain lines are ASCII, of at most 998 bytes', () => {
    expect(whole(mail.isPlainLines(`${'x'.repeat(998)}\r\ny`))).toBe(true);
    expect(whole(mail.isPlainLines(`${'x'.repeat(1000)}\r\n`))).toBe(false);
    expect(whole(mail.isPlainLines('\xfc'))).toBe(false);
    expect(whole(mail.isPlainLines('\0'))).toBe(false);
  });
});

describe('long runs', () => {
  // What takes quadratic time would be at this for an hour.
  const run = 2_000_000;

  it.each([
    ['CRs', '\r'],
    ['LFs', '\n'],
    ['blanks', ' '],
    ['equals signs', '='],
    ['dots', '.'],
    ['lines of dots', '\r\n.'],
    ['blanks and CRs', ' \r'],
  ])('of %s are read in one pass', (_name, piece) => {
    const text = ` \n${piece.repeat(run / piece.length)}x`;
    for (const read of [mail.dotStuff, mail.dotUnstuff, mail.withCrlf, mail.qpEncode, mail.qpDecode, mail.base64Read])
      expect(whole(read(text)).length).toBeGreaterThanOrEqual(0);
    expect(whole(mail.hasBareLineEnd(text))).toBe(true);
    expect(whole(mail.isPlainLines(text))).toBe(piece.includes('\n'));
  });
});
