import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { utf8Decode, utf8Encode } from '../../language/values/bytes.ts';
import { whole } from '../time-slices.ts';
import { isUtf8, toUtf8 } from './charsets.ts';

const read = (bytes: string, charset: string) => {
  const text = whole(toUtf8(bytes, charset));
  return text === undefined ? undefined : utf8Decode(text);
};

describe('toUtf8', () => {
  for (const [charset, bytes, text] of [
    ['windows-1252', '\x80 \xfc \x81', '€ ü \x81'],
    ['ISO-8859-1', '\xfc', 'ü'],
    ['iso-8859-15', '\xa4', '€'],
    ['koi8-r', '\xf0\xd2\xc9\xd7\xc5\xd4', 'Привет'],
    ['win-1251', '\xc4\xe0', 'Да'],
    ['Shift_JIS', '\x82\xb1', 'こ'],
    ['cp932', '\x93\xfa\xfb\x5c', '日犾'],
    ['cp949', '\xb0\xa1', '가'],
    ['iso-2022-jp', '\x1b$B$3\x1b(B', 'こ'],
    ['iso-2022-kr', '\x1b$)Ca\x0e0!\x0fb\x0e0!\nc', 'a가b가\nc'],
    ['hz-gb-2312', 'This is ~{VPND~} ~~ ~\nok', 'This is 中文 ~ ok'],
    ['gb18030', '\xc4\xe3', '你'],
    ['mac-roman', '\x80\xa5\xdb', 'Ä•€'],
    ['IBM850', '\x81\x84\xe1', 'üäß'],
    ['cp437', '\x81\xe1\xdb', 'üß█'],
    ['utf-7', 'Good +Jjo-! 1 +- 1 +AOQ- +AEEAQg.', 'Good ☺! 1 + 1 ä AB.'],
    ['utf-7', '+2D3eAA-', '😀'],
    ['utf-8', '\xc3\xbc', 'ü'],
    ['utf-8', '\xef\xbb\xbfa', 'a'],
    ['utf-8', 'a\xffb', 'a\ufffdb'],
    ['us-ascii', '\xc3\xbc', 'ü'],
    ['us-ascii', '\xfc', 'ü'],
    ['unknown-8bit', '\x80', '€'],
    ['', '\xc3\xbc', 'ü'],
    ['', 'gr\xfcn', 'grün'],
    ['x-nobody-knows', '\xc3\xbc', undefined],
    ['iso-2022-cn', 'a', undefined],
  ] as const) {
    it(`reads ${charset || 'text without a character set'} ${JSON.stringify(bytes)}`, () => {
      expect(read(bytes, charset)).toBe(text);
    });
  }

  it('reads long text in slices as it reads short text', () => {
    for (const [charset, piece] of [
      ['utf-7', '+AOQ- x'],
      ['hz-gb-2312', 'a ~{VPND~} ~~ b~\nc'],
      ['iso-2022-kr', 'a\x0e0!0!\x0fb\n'],
      ['shift_jis', 'x\x82\xb1'],
      ['utf-8', '\xf0\x9f\x93\xacx\xff'],
      ['', '\xf0\x9f\x93\xacxyz'],
    ] as const) {
      const once = whole(toUtf8(piece, charset)) as string;
      const count = Math.ceil(300_000 / piece.length);
      expect(whole(toUtf8(piece.repeat(count), charset))).toBe(once.repeat(count));
    }
  });

  it('makes UTF-8 of any bytes, whatever they are said to be', () => {
    const labels = ['utf-8', 'utf-7', 'hz', 'iso-2022-kr', 'iso-2022-jp', 'cp850', 'utf-16', 'euc-kr', 'windows-1257', ''];
    fc.assert(
      fc.property(fc.constantFrom(...labels), fc.uint8Array({ maxLength: 60 }), (label, bytes) => {
        const text = whole(toUtf8(String.fromCharCode(...bytes), label)) as string;
        expect(utf8Encode(utf8Decode(text))).toBe(text);
      }),
    );
  });
});

describe('isUtf8', () => {
  it('agrees with a strict decoder', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.string({ unit: 'grapheme' }), (bytes, text) => {
        const both = Buffer.concat([Buffer.from(text), bytes]);
        let valid = true;
        try {
          new TextDecoder('utf-8', { fatal: true }).decode(both);
        } catch {
          valid = false;
        }
        expect(whole(isUtf8(both.toString('latin1')))).toBe(valid);
      }),
    );
  });
});
