/** Output of workers on its way to that of the primary process: whole lines, so that those of several workers do not mix. */
import type { Readable } from 'node:stream';

/** A line that is longer is passed on in parts. */
const LONGEST_LINE_BYTES = 1024 * 1024;
const LINE_FEED = 10;

/** Passes on each line of a stream in one write, and at its end what is left. */
export function forwardLines(from: Readable, write: (bytes: Uint8Array) => void): void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const flush = (): void => {
    if (heldBytes > 0) write(Buffer.concat(held));
    held = [];
    heldBytes = 0;
  };
  from.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      held.push(chunk.subarray(0, end));
      heldBytes += end;
      flush();
    }
    if (end < chunk.length) {
      held.push(chunk.subarray(end));
      heldBytes += chunk.length - end;
    }
    if (heldBytes > LONGEST_LINE_BYTES) flush();
  });
  from.on('end', flush);
  from.on('error', flush);
}
