/**
 * The frames in which data goes to pages. The arrays of long ones are used again when the system has taken them: an array of 64 KiB for
 * each chunk costs a gateway half as much again as everything else that it does with the chunk.
 */
import { MOST_DATA, PAYLOAD_AT, writeHeader } from '../../builtins/sockets/tunnel/frames.ts';

const LONG = MOST_DATA / 4;
const MOST_SPARE = 16;
const spare: Buffer[] = [];

export interface DataFrame {
  readonly frame: Uint8Array;
  /** To be called when the frame is with the system, if there is one. */
  readonly sent?: () => void;
}

export function dataFrame(stream: number, bytes: Uint8Array): DataFrame {
  const size = PAYLOAD_AT + bytes.length;
  const isLong = bytes.length >= LONG;
  const array = isLong ? (spare.pop() ?? Buffer.allocUnsafeSlow(PAYLOAD_AT + MOST_DATA)) : Buffer.allocUnsafe(size);
  writeHeader(array, stream, 'data');
  array.set(bytes, PAYLOAD_AT);
  if (!isLong) return { frame: array };
  const sent = (): void => {
    if (spare.length < MOST_SPARE) spare.push(array);
  };
  return { frame: array.subarray(0, size), sent };
}
