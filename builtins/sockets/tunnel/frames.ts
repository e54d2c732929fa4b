/**
 * The frames of the tunnel between a page and a gateway, for both ends. docs/internals/tunnel.md has the table of them and the states
 * of a stream.
 *
 * A frame is one binary message of a WebSocket: four bytes of stream number (the highest first), a byte of kind, and the payload.
 */

/** The subprotocol of the WebSocket; a change that the other end would not understand gets a new number. */
export const PROTOCOL = 'magnolia.tunnel.1';
/** The text before the token where the page offers it as a subprotocol, the only header of a WebSocket that a page can set. */
export const TOKEN_PREFIX = 'magnolia.token.';

/** Whether a text can be a token: it goes in a header, and in the link behind `#`. */
export function isToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{16,256}$/.test(text);
}

/** Bytes that either end of a stream may send before the other has given credit. */
export const CREDIT = 256 * 1024;
/** Bytes of a `data` frame: as much as a socket is read at a time. */
export const MOST_DATA = 64 * 1024;
/** Bytes of any other payload: certificates and roots are the longest, and 1 MiB of each is their own limit. */
export const MOST_CONTROL = 2 * 1024 * 1024;
/** Streams of one WebSocket, listeners included. */
export const MOST_STREAMS = 64;

/** Why a WebSocket was closed, beyond the codes of RFC 6455. */
export const CLOSED = { goingAway: 1001, protocol: 4002, token: 4003, origin: 4004, version: 4005, busy: 4006 } as const;

const KINDS = ['open', 'opened', 'failed', 'data', 'window', 'end', 'close', 'upgrade', 'upgraded', 'accepted'] as const;
export type Kind = (typeof KINDS)[number];

const HEADER_BYTES = 5;
/** Bytes that the longest frame has. */
export const MOST_FRAME = HEADER_BYTES + MOST_CONTROL;

export interface Frame {
  readonly stream: number;
  readonly kind: Kind;
  /** A part of the message. */
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** Where the payload of a frame begins. */
export const PAYLOAD_AT = HEADER_BYTES;

/** Writes the header of a frame: stream number and kind. */
export function writeHeader(frame: Uint8Array, stream: number, kind: Kind): void {
  frame[0] = stream >>> 24;
  frame[1] = stream >>> 16;
  frame[2] = stream >>> 8;
  frame[3] = stream;
  frame[4] = KINDS.indexOf(kind);
}

function emptyFrame(stream: number, kind: Kind, size: number): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + size);
  writeHeader(frame, stream, kind);
  return frame;
}

export function encodeFrame(stream: number, kind: Kind, payload: Uint8Array = NOTHING): Uint8Array {
  const frame = emptyFrame(stream, kind, payload.length);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** A number of bytes, as the payload of `window`. */
export function windowFrame(stream: number, bytes: number): Uint8Array {
  const frame = emptyFrame(stream, 'window', 4);
  new DataView(frame.buffer).setUint32(HEADER_BYTES, bytes);
  return frame;
}

/** What a `window` frame says. */
export function windowOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(0);
}

/** The end of a direction; `isClean`: the peer has ended its TLS in order. */
export function endFrame(stream: number, isClean = false): Uint8Array {
  return encodeFrame(stream, 'end', isClean ? Uint8Array.of(1) : NOTHING);
}

/** Whether an `end` was clean. */
export function isCleanEnd(payload: Uint8Array): boolean {
  return payload[0] === 1;
}

/** How to close: `send` lets bytes that were sent go out first, `drop` discards them, `reset` resets the connection. */
const WAYS_TO_CLOSE = ['send', 'drop', 'reset'] as const;
export type WayToClose = (typeof WAYS_TO_CLOSE)[number];

export function closeFrame(stream: number, way: WayToClose = 'send'): Uint8Array {
  return encodeFrame(stream, 'close', way === 'send' ? NOTHING : Uint8Array.of(WAYS_TO_CLOSE.indexOf(way)));
}

export function wayToClose(payload: Uint8Array): WayToClose {
  return WAYS_TO_CLOSE[payload[0] ?? 0] ?? 'send';
}

/** The frame in a message; a text is what is wrong with it. */
export function decodeFrame(message: Uint8Array): Frame | string {
  if (message.length < HEADER_BYTES) return `a frame of ${message.length} bytes`;
  const stream = new DataView(message.buffer, message.byteOffset, message.length).getUint32(0);
  const code = message[4] as number; // there are five bytes at least
  const kind = KINDS[code];
  if (stream === 0) return 'a frame of stream 0';
  if (kind === undefined) return `a frame of the unknown kind ${code}`;
  const payload = message.subarray(HEADER_BYTES);
  return isLength(kind, payload.length) ? { stream, kind, payload } : `a frame ${kind} of ${payload.length} bytes`;
}

function isLength(kind: Kind, length: number): boolean {
  switch (kind) {
    case 'data':
      return length > 0 && length <= MOST_DATA;
    case 'window':
      return length === 4;
    case 'end':
    case 'close':
      return length <= 1;
    case 'open':
    case 'opened':
    case 'failed':
    case 'upgrade':
    case 'upgraded':
    case 'accepted':
      return length <= MOST_CONTROL;
  }
}

/** The numbers that one end uses for new streams: 1, 3, 5 and so on from the page, 2, 4, 6 and so on from the gateway. */
export class StreamNumbers {
  #last: number;

  constructor(end: 'page' | 'gateway') {
    this.#last = end === 'page' ? -1 : 0;
  }

  /** A new number; null when they are used up. */
  next(): number | null {
    if (this.#last + 2 > 0xffff_ffff) return null;
    this.#last += 2;
    return this.#last;
  }

  /** Takes a number that the other end has given; false if it had no right to. */
  take(number: number): boolean {
    if (number <= this.#last || (number - this.#last) % 2 !== 0) return false;
    this.#last = number;
    return true;
  }

  /** Whether a number was given. */
  has(number: number): boolean {
    return number > 0 && number <= this.#last && (this.#last - number) % 2 === 0;
  }
}
