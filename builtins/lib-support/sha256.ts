/** SHA-256 (FIPS 180-4), for hosts of all kinds: the ones that browsers and Node bring along are asynchronous or differ. */

import type { Work } from '../time-slices.ts';

/** Bytes that are digested in one slice. */
const SLICE = 2 ** 16;

/** The first 32 bits of the fractions of the roots (2: square, 3: cube) of the first primes. */
function fractionsOfRoots(count: number, root: 2 | 3): Uint32Array {
  const words = new Uint32Array(count);
  for (let found = 0, n = 2; found < count; n++) {
    let prime = true;
    for (let i = 2; i * i <= n && prime; i++) prime = n % i !== 0;
    if (!prime) continue;
    const value = root === 2 ? Math.sqrt(n) : Math.cbrt(n);
    words[found++] = (value - Math.floor(value)) * 2 ** 32;
  }
  return words;
}

const ROUNDS = fractionsOfRoots(64, 3);
const START = fractionsOfRoots(8, 2);

/** The bytes of a message with what the standard appends: a one bit, zeros, and the length in bits, to whole blocks. */
function padded(message: string): Uint8Array {
  const size = message.length;
  const bytes = new Uint8Array(((size + 8) >> 6) * 64 + 64);
  for (let i = 0; i < size; i++) bytes[i] = message.charCodeAt(i);
  bytes[size] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 8, Math.floor(size / 2 ** 29));
  view.setUint32(bytes.length - 4, size << 3);
  return bytes;
}

/** The digest of a byte text, in lowercase hexadecimal digits. */
export function* sha256(message: string): Work<string> {
  const bytes = padded(message);
  const view = new DataView(bytes.buffer);
  const state = Int32Array.from(START);
  const w = new Int32Array(64);
  for (let block = 0; block < bytes.length; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(block + i * 4);
    digestBlock(state, w);
    if ((block + 64) % SLICE === 0) yield;
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** One round of the compression; `w` holds the block's 16 words and is filled up here. */
function digestBlock(state: Int32Array, w: Int32Array): void {
  const at = (words: Int32Array | Uint32Array, i: number): number => words[i] as number; // every index below is in range
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
}
