/** MD5 (RFC 1321). It protects nothing any more; CRAM-MD5 and APOP of the mail protocols are made of it. */
import type { Compression } from './block-hash.ts';

/** How far each of the four steps of a round rotates, for the four rounds. */
const TURNS: readonly (readonly number[])[] = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];
const SINES = Uint32Array.from({ length: 64 }, (_, i) => Math.abs(Math.sin(i + 1)) * 2 ** 32);

export const md5: Compression = {
  blockSize: 64,
  littleEndian: true,
  start: Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476),
  mix(state, block) {
    let [a, b, c, d] = state as unknown as [number, number, number, number]; // four words
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      let mixed: number;
      let word: number;
      if (round === 0) [mixed, word] = [(b & c) | (~b & d), i];
      else if (round === 1) [mixed, word] = [(d & b) | (~d & c), (5 * i + 1) & 15];
      else if (round === 2) [mixed, word] = [b ^ c ^ d, (3 * i + 5) & 15];
      else [mixed, word] = [c ^ (b | ~d), (7 * i) & 15];
      const sum = (a + mixed + (SINES[i] ?? 0) + block.getUint32(word * 4, true)) | 0;
      const turn = TURNS[round]?.[i & 3] ?? 0;
      [a, d, c, b] = [d, c, b, (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0];
    }
    for (const [i, word] of [a, b, c, d].entries()) state[i] = (state[i] ?? 0) + word;
  },
};
