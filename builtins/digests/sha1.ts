/** SHA-1 (FIPS 180-4, section 6.1). Signatures no longer trust it; SCRAM-SHA-1, TOTP and WebSocket handshakes are made of it. */
import type { Compression } from './block-hash.ts';

const words = new Int32Array(80);

function turn(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

export const sha1: Compression = {
  blockSize: 64,
  littleEndian: false,
  start: Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0),
  mix(state, block) {
    const at = (i: number): number => words[i] as number; // every index is in range
    for (let i = 0; i < 16; i++) words[i] = block.getInt32(i * 4);
    for (let i = 16; i < 80; i++) words[i] = turn(at(i - 3) ^ at(i - 8) ^ at(i - 14) ^ at(i - 16), 1);
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]; // five words
    for (let i = 0; i < 80; i++) {
      let mixed: number;
      if (i < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
      else if (i < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
      else if (i < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
      else mixed = (b ^ c ^ d) + 0xca62c1d6;
      const next = (turn(a, 5) + mixed + e + at(i)) | 0;
      e = d;
      d = c;
      c = turn(b, 30);
      b = a;
      a = next;
    }
    for (const [i, word] of [a, b, c, d, e].entries()) state[i] = (state[i] ?? 0) + word;
  },
};
