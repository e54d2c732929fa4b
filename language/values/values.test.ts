import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asBytes } from './bytes.ts';
import { codec, Str } from './values.ts';

describe.each([
  ['one array', [[0, 97, 255, 98]]],
  ['three arrays', [[0, 97], [], [255, 98]]],
])('a string of %s of bytes', (_name, parts) => {
  const made = (): Str => Str.ofChunks(parts.map((part) => Uint8Array.from(part)));

  it('is the string of the same text', () => {
    const string = made();
    expect([string.length, string.codeAt(2), string.text, string.length]).toEqual([4, 255, '\0a\xffb', 4]);
    expect([made().text, made().slice(1, 3), [...made().shareBytes()]]).toEqual(['\0a\xffb', 'a\xff', [0, 97, 255, 98]]);
    expect(Str.ofChunks([new Uint8Array(0)]).text).toBe('');
  });

  it('can be changed in place, whether its text was asked for or not', () => {
    for (const looks of [false, true]) {
      const string = made();
      if (looks) expect(string.text).toHaveLength(4);
      string.append(asBytes('cd'));
      string.write(1, asBytes('X'));
      string.write(5, asBytes('YZ'));
      string.append(asBytes('e'.repeat(100)));
      expect(string.text).toBe(`\0X\xffbcYZ${'e'.repeat(100)}`);
    }
  });

  it('never changes what it has shared', () => {
    const string = made();
    const shared = string.shareBytes();
    string.append(asBytes('more'));
    string.write(0, asBytes('X'));
    string.write(1, asBytes('Y'));
    expect([...shared]).toEqual([0, 97, 255, 98]);
    expect(string.text).toBe('XY\xffbmore');
  });

  it('is made of text, too', () => {
    const string = new Str(asBytes('abc\xff'));
    expect([...string.shareBytes(), string.text]).toEqual([97, 98, 99, 255, 'abc\xff']);
    string.append(asBytes('d'));
    expect([...string.shareBytes(), string.text]).toEqual([97, 98, 99, 255, 100, 'abc\xffd']);
  });
});

describe('a part of a string', () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), piece: fc.nat(100).map((n) => 'a'.repeat(n)) }),
    fc.record({ kind: fc.constant('write' as const), at: fc.nat(1000), piece: fc.nat(80).map((n) => 'b'.repeat(n)) }),
    fc.record({ kind: fc.constant('slice' as const), from: fc.nat(1000), length: fc.nat(300) }),
    fc.constant({ kind: 'text' as const }),
  );

  it('is that of its text, however it came about', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.array(change, { maxLength: 40 }), (size, changes) => {
        let text = 'x'.repeat(size);
        const string = new Str(asBytes(text));
        for (const one of changes) {
          if (one.kind === 'append') {
            text += one.piece;
            string.append(asBytes(one.piece));
          } else if (one.kind === 'write') {
            const at = Math.min(one.at, text.length);
            text = text.slice(0, at) + one.piece + text.slice(at + one.piece.length);
            string.write(at, asBytes(one.piece));
          } else if (one.kind === 'slice') {
            expect(string.slice(one.from, one.from + one.length)).toBe(text.slice(one.from, one.from + one.length));
          } else {
            expect(string.text).toBe(text);
          }
          expect(string.length).toBe(text.length);
        }
        expect(string.text).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('costs what it is long, when the string changes in turn', () => {
    const { decode } = codec;
    let decoded = 0;
    codec.decode = (bytes, start, end) => {
      decoded += end - start;
      return decode(bytes, start, end);
    };
    try {
      for (const piece of ['a', 'a'.repeat(100)]) {
        decoded = 0;
        const string = new Str(asBytes('x'.repeat(100_000)));
        for (let i = 0; i < 1000; i++) {
          string.append(asBytes(piece));
          string.slice(i, i + 100);
          string.write(i, asBytes('y'));
          string.slice(string.length - 100, string.length);
        }
        expect(decoded).toBeLessThan(1000 * 200 + 4 * string.length);
      }
    } finally {
      codec.decode = decode;
    }
  });
});
