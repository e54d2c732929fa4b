/** Byte text and Node's buffers: one character is one byte, which is the encoding `latin1`. */

import { Buffer } from 'node:buffer';
import { base64 } from '../builtins/lib-support/base64.ts';
import type { ByteText } from '../language/values/bytes.ts';
import { codec } from '../language/values/values.ts';

/** What Node's buffers can do on any byte array; not in its declarations. */
interface Latin1 {
  latin1Slice(this: Uint8Array, start: number, end: number): ByteText;
  latin1Write(this: Uint8Array, text: string, at: number, length: number): number;
}
const { latin1Slice, latin1Write } = Buffer.prototype as unknown as Latin1; // Node has them since its first versions

/** A call into Node costs as much as writing that many bytes in JavaScript (measured). */
const FEW_BYTES = 24;

/** The bytes of a byte text. */
export function toBuffer(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Some bytes as byte text. */
export function toText(bytes: Uint8Array, start = 0, end = bytes.length): ByteText {
  return latin1Slice.call(bytes, start, end);
}

/** Writes a byte text into an array that has room for it. */
export function writeText(text: string, into: Uint8Array, at: number): void {
  if (text.length > FEW_BYTES) latin1Write.call(into, text, at, text.length);
  else for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
}

/** Lets the language's strings use Node's conversions. */
export function installCodec(): void {
  codec.decode = toText;
  codec.encode = writeText;
  base64.encode = (bytes) => toBuffer(bytes).toString('base64');
  base64.decode = (digits) => toText(Buffer.from(digits, 'base64'));
}
