import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codec } from '../../language/values/values.ts';
import { quicken } from './codec.ts';

describe('the quick codec', () => {
  const quick = { ...codec };
  quicken(quick);
  const few = fc.uint8Array({ maxLength: 20 });
  const bytes = fc
    .tuple(few, fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 127 }), few, fc.integer({ min: 0, max: 2000 }), few)
    .map(([a, before, byte, b, after, c]) =>
      Uint8Array.from([...a, ...new Uint8Array(before).fill(byte), ...b, ...new Uint8Array(after).fill(byte), ...c]),
    );

  it('makes the same text of bytes as the slow one, and the same bytes of text', () => {
    fc.assert(
      fc.property(bytes, fc.nat(3), (all, from) => {
        const text = codec.decode(all, from, all.length);
        expect(quick.decode(all, from, all.length)).toBe(text);
        const into = new Uint8Array(text.length + 2).fill(7);
        quick.encode(text, into, 1);
        expect([...into]).toEqual([7, ...all.subarray(from), 7]);
      }),
    );
  });

  it('knows every byte, also those that are not UTF-8', () => {
    for (let byte = 0; byte < 256; byte++) {
      const all = new Uint8Array(1000).fill(65);
      all[999] = byte;
      const text = quick.decode(all, 0, 1000);
      expect(text.charCodeAt(999)).toBe(byte);
      const into = new Uint8Array(1000);
      quick.encode(text, into, 0);
      expect(into[999]).toBe(byte);
    }
  });
});
