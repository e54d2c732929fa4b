/**
 * Long texts on their way out, through a few buffers that are used again. A buffer of its own for each would be garbage as soon as the
 * system has its bytes, and V8 is in no hurry with garbage outside of its heap: tens of megabytes for a message of 25 MB.
 */
import type { Writable } from 'node:stream';

/** Shorter texts are not worth it. */
const SHORTEST = 2 ** 18;
/** Bytes of a buffer: a megabyte, and what was gathered in front of it. Longer texts are left to Node. */
const SIZE = 2 ** 20 + 2 ** 14;
/** Buffers that are kept for the next texts. */
const KEPT = 4;

const spare: Buffer[] = [];

/** Whether a text is written this way. */
export function isLongText(text: string): boolean {
  return text.length >= SHORTEST && text.length <= SIZE;
}

/** Writes a long text; returns what `write` of the stream returns. */
export function writeLongText(stream: Writable, text: string): boolean {
  const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(SIZE);
  buffer.write(text, 'latin1');
  let isHeld = true;
  const release = (error?: Error | null): void => {
    // A stream that was destroyed may still hold it.
    if (isHeld && (error ?? null) === null && spare.length < KEPT) spare.push(buffer);
    isHeld = false;
  };
  const goesOn = stream.write(buffer.subarray(0, text.length), release);
  if (stream.writableLength === 0) release(); // the system has all of it
  return goesOn;
}
