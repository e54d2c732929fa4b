/** SHA-512 (FIPS 180-4, section 6.4), on BigInts: few programs digest much with it where the host has none. */
import type { Compression } from './block-hash.ts';
import { fractions } from './fractions.ts';

const wide = (pairs: Int32Array): BigUint64Array =>
  BigUint64Array.from({ length: pairs.length / 2 }, (_, i) => joined(pairs[i * 2] ?? 0, pairs[i * 2 + 1] ?? 0));

function joined(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

const ROUNDS = wide(fractions(80, 3));
const w = new BigUint64Array(80);
const cut = (x: bigint): bigint => BigInt.asUintN(64, x);
const turn = (x: bigint, by: bigint): bigint => (x >> by) | cut(x << (64n - by));

export const sha512: Compression = {
  blockSize: 128,
  littleEndian: false,
  start: fractions(8, 2),
  mix(state, block) {
    const at = (words: BigUint64Array, i: number): bigint => words[i] as bigint; // every index below is in range
    for (let i = 0; i < 16; i++) w[i] = block.getBigUint64(i * 8);
    for (let i = 16; i < 80; i++) {
      const x = at(w, i - 15);
      const y = at(w, i - 2);
      const s0 = turn(x, 1n) ^ turn(x, 8n) ^ (x >> 7n);
      const s1 = turn(y, 19n) ^ turn(y, 61n) ^ (y >> 6n);
      w[i] = at(w, i - 16) + s0 + at(w, i - 7) + s1;
    }
    const start = wide(state);
    let [a, b, c, d, e, f, g, h] = start as unknown as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint]; // eight
    for (let i = 0; i < 80; i++) {
      const s1 = turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n);
      const t1 = h + s1 + ((e & f) ^ (cut(~e) & g)) + at(ROUNDS, i) + at(w, i);
      const s0 = turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n);
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = cut(d + t1);
      d = c;
      c = b;
      b = a;
      a = cut(t1 + t2);
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) {
      const sum = at(start, i) + word;
      state[i * 2] = Number(BigInt.asIntN(32, sum >> 32n));
      state[i * 2 + 1] = Number(BigInt.asIntN(32, sum));
    }
  },
};
