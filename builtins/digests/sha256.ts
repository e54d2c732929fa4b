/** SHA-256 (FIPS 180-4, section 6.2). */
import type { Compression } from './block-hash.ts';
import { fractions } from './fractions.ts';

const high = (pairs: Int32Array): Int32Array => pairs.filter((_, i) => i % 2 === 0);
const ROUNDS = high(fractions(64, 3));
const w = new Int32Array(64);

export const sha256: Compression = {
  blockSize: 64,
  littleEndian: false,
  start: high(fractions(8, 2)),
  mix(state, block) {
    const at = (words: Int32Array, i: number): number => words[i] as number; // every index below is in range
    for (let i = 0; i < 16; i++) w[i] = block.getInt32(i * 4);
    for (let i = 16; i < 64; i++) {
      const x = at(w, i - 15);
      const y = at(w, i - 2);
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = at(w, i - 16) + s0 + at(w, i - 7) + s1;
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]; // eight words
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(ROUNDS, i) + at(w, i)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = at(state, i) + word;
  },
};
