/** Writes the frames of a WebSocket (RFC 6455, section 5.2). */
import { asBytes } from '../../../../language/values/bytes.ts';
import { codec } from '../../../../language/values/values.ts';

export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** The most bytes that a control frame can carry. */
export const MOST_CONTROL_BYTES = 125;

const FINAL = 0x80;
const MASKED = 0x80;

/** A frame of a server. */
export function plainFrame(opcode: number, text: string): string {
  return asBytes(String.fromCharCode(...head(opcode, text.length, 0)) + text);
}

/** A frame of a client, with a new mask. */
export function maskedFrame(opcode: number, text: string): Uint8Array {
  const start = head(opcode, text.length, MASKED);
  const mask = crypto.getRandomValues(new Uint8Array(4));
  const frame = new Uint8Array(start.length + mask.length + text.length);
  frame.set(start);
  frame.set(mask, start.length);
  const from = start.length + mask.length;
  codec.encode(text, frame, from);
  for (let i = 0; i < text.length; i++) frame[from + i] = (frame[from + i] as number) ^ (mask[i & 3] as number); // both in range
  return frame;
}

function head(opcode: number, length: number, mask: number): number[] {
  const first = FINAL | opcode;
  if (length < 126) return [first, mask | length];
  if (length < 2 ** 16) return [first, mask | 126, length >> 8, length & 255];
  return [first, mask | 127, 0, 0, 0, 0, (length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
}

/** What a close frame carries; 1005 stands for no code. */
export function closePayload(code: number, reason: string): string {
  return code === 1005 ? '' : asBytes(String.fromCharCode(code >> 8, code & 255) + reason);
}
