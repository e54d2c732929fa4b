/** Base64 (RFC 4648) over byte text. */
import { codec } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const PAD = 0x3d;

/** The value of each character code, -1 for what is not a digit; `-` and `_` of the URL alphabet count like `+` and `/`. */
const VALUES = new Int8Array(256).fill(-1);
for (let i = 0; i < 64; i++) VALUES[DIGITS.charCodeAt(i)] = i;
VALUES['-'.charCodeAt(0)] = 62;
VALUES['_'.charCodeAt(0)] = 63;

/** What hosts do faster than the loops below; `decode` gets whole groups of digits of the standard alphabet. */
export interface Base64 {
  encode(bytes: string): string;
  decode(digits: string): string;
}

/** The methods of ECMAScript 2026, where the engine has them. */
interface Native {
  toBase64?(this: Uint8Array): string;
}
const { toBase64 } = Uint8Array.prototype as Native;
const { fromBase64 } = Uint8Array as { fromBase64?(text: string): Uint8Array };

/** Set by hosts that have something better. */
export const base64: Base64 = {
  encode: toBase64 === undefined ? encodePiece : (bytes) => toBase64.call(bytesOf(bytes)),
  decode(digits) {
    if (fromBase64 === undefined) return decodePiece(digits) as string; // all of them are digits
    const bytes = fromBase64(digits);
    return codec.decode(bytes, 0, bytes.length);
  },
};

/** The bytes of byte text. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  codec.encode(text, bytes, 0);
  return bytes;
}

/** Arrays that are used again for each piece of a long text: new ones would pile up faster than they are collected. */
class Room {
  #bytes = new Uint8Array(0);

  take(size: number): Uint8Array {
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(size);
    return this.#bytes;
  }
}
const written = new Room();
const read = new Room();

/** An array of at least this size to write into, until the next one is asked for. */
export function scratch(size: number): Uint8Array {
  return written.take(size);
}

/** The bytes of byte text, until those of another text are asked for. */
export function scratchBytes(text: string): Uint8Array {
  const bytes = read.take(text.length);
  codec.encode(text, bytes, 0);
  return bytes.subarray(0, text.length);
}

/** Groups, of three bytes or four digits, that are done in one slice. */
const SLICE = 2 ** 15;

/** The standard alphabet, padded with `=` to groups of four. */
export function* base64Encode(bytes: string): Work<string> {
  let text = base64.encode(bytes.slice(0, 3 * SLICE));
  for (let at = 3 * SLICE; at < bytes.length; at += 3 * SLICE) {
    yield;
    text += base64.encode(bytes.slice(at, at + 3 * SLICE));
  }
  return text;
}

/** Encodes a text at once: a short one. */
export function encodePiece(bytes: string): string {
  const digits = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let end = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    // Codes past the end are NaN, which counts as 0 here.
    const group = (bytes.charCodeAt(i) << 16) | (bytes.charCodeAt(i + 1) << 8) | bytes.charCodeAt(i + 2);
    for (let shift = 18; shift >= 0; shift -= 6) digits[end++] = CODES[(group >> shift) & 63] as number; // one of 64
  }
  const padding = (3 - (bytes.length % 3)) % 3;
  digits.fill(PAD, end - padding);
  return codec.decode(digits, 0, end);
}

/** Both alphabets, with or without `=` at the end; undefined for anything else. */
export function* base64Decode(text: string): Work<string | undefined> {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === PAD) end--;
  if (end % 4 === 1) return undefined;

  let bytes = '';
  for (let at = 0; at < end; at += 4 * SLICE) {
    if (at > 0) yield;
    const digits = text.slice(at, Math.min(at + 4 * SLICE, end));
    const piece = isWhole(digits) ? base64.decode(digits) : decodePiece(digits);
    if (piece === undefined) return undefined;
    bytes += piece;
  }
  return bytes;
}

/** Whether these are whole groups of digits of the standard alphabet, without padding. */
export function isWhole(digits: string): boolean {
  return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*$/.test(digits);
}

function decodePiece(digits: string): string | undefined {
  const bytes = new Uint8Array(Math.ceil(digits.length / 4) * 3);
  let end = 0;
  for (let i = 0; i < digits.length; i += 4) {
    let group = 0;
    for (let k = i; k < i + 4; k++) {
      const value = k < digits.length ? (VALUES[digits.charCodeAt(k)] ?? -1) : 0;
      if (value < 0) return undefined;
      group = (group << 6) | value;
    }
    bytes[end++] = group >> 16;
    bytes[end++] = group >> 8;
    bytes[end++] = group;
  }
  return codec.decode(bytes, 0, Math.floor((digits.length * 3) / 4));
}
