/** MD5 (RFC 1321). It protects nothing any more; CRAM-MD5 and APOP of the mail protocols are made of it. */

import type { Work } from '../time-slices.ts';

/** Bytes that are digested in one slice. */
const SLICE = 2 ** 16;

/** How far each of the four steps of a round turns, for the four rounds. */
const TURNS: readonly (readonly number[])[] = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];
const SINES = Uint32Array.from({ length: 64 }, (_, i) => Math.abs(Math.sin(i + 1)) * 2 ** 32);
const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

/** The message with a one bit, zeros, and its length in bits, to whole blocks. */
function padded(message: string): DataView {
  const size = message.length;
  const bytes = new Uint8Array(((size + 8) >> 6) * 64 + 64);
  for (let i = 0; i < size; i++) bytes[i] = message.charCodeAt(i);
  bytes[size] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 8, size << 3, true);
  view.setUint32(bytes.length - 4, Math.floor(size / 2 ** 29), true);
  return view;
}

/** The digest of byte text, as 16 bytes of byte text. */
export function* md5(message: string): Work<string> {
  const view = padded(message);
  let [h0, h1, h2, h3]: [number, number, number, number] = [...START];
  for (let block = 0; block < view.byteLength; block += 64) {
    let [a, b, c, d] = [h0, h1, h2, h3];
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      let mixed: number;
      let word: number;
      if (round === 0) [mixed, word] = [(b & c) | (~b & d), i];
      else if (round === 1) [mixed, word] = [(d & b) | (~d & c), (5 * i + 1) & 15];
      else if (round === 2) [mixed, word] = [b ^ c ^ d, (3 * i + 5) & 15];
      else [mixed, word] = [c ^ (b | ~d), (7 * i) & 15];
      const sum = (a + mixed + (SINES[i] ?? 0) + view.getUint32(block + word * 4, true)) | 0;
      const turn = TURNS[round]?.[i & 3] ?? 0;
      [a, d, c, b] = [d, c, b, (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0];
    }
    [h0, h1, h2, h3] = [(h0 + a) | 0, (h1 + b) | 0, (h2 + c) | 0, (h3 + d) | 0];
    if ((block + 64) % SLICE === 0) yield;
  }
  const bytes = [h0, h1, h2, h3].flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]);
  return String.fromCharCode(...bytes);
}
