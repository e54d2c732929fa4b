/** Writing to descriptors at once, however long that takes. */
import { writeSync } from 'node:fs';
import { codeOf } from './errno.ts';

/** The longest pause (milliseconds) between two attempts to write into a full pipe. */
const LONGEST_PAUSE_MS = 16;

/** Writes all bytes, waiting while a pipe is full. Returns the error that prevented it, or null. */
export function writeAll(fd: number, bytes: Uint8Array): unknown {
  let at = 0;
  let pause = 1;
  while (at < bytes.length) {
    try {
      at += writeSync(fd, bytes, at, bytes.length - at);
      pause = 1;
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') return error;
      sleep(pause); // a pipe that does not block is full; its reader is another process
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
  return null;
}

let sleeping: Int32Array | null = null;

function sleep(milliseconds: number): void {
  sleeping ??= new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(sleeping, 0, 0, milliseconds);
}
