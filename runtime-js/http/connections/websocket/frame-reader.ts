/**
 * Reads the frames of a WebSocket (RFC 6455, section 5).
 *
 * Payloads are copied as they arrive, so a peer that announces much and sends little costs what it sends. Messages are reported whole.
 */
import { isCloseCode, isUtf8 } from '../../../../builtins/http/websocket.ts';
import type { ErrorCode } from '../../../../builtins/sockets/backend.ts';
import { MAX_TEXT } from '../../../../language/values/values.ts';
import { toText } from '../../bytes.ts';
import { MOST_CONTROL_BYTES, OPCODE } from './frames.ts';

export interface FrameEvents {
  message(text: string, opcode: 1 | 2): void;
  ping(text: string): void;
  pong(): void;
  /** The peer closes; 1005 stands for no code. Nothing is read after it. */
  closes(code: number, reason: string): void;
  /** The peer broke the protocol or a limit. Nothing is read after it. */
  broken(fault: FrameFault): void;
}

export interface FrameFault {
  readonly code: ErrorCode;
  readonly words: string;
  /** The code to close with. */
  readonly closeCode: 1002 | 1007 | 1009;
}

export interface FrameRules {
  /** Whether the peer is a client, which masks what it sends. */
  readonly isMasked: boolean;
  readonly maxMessageBytes: number;
}

const NO_CODE = 1005;
/** A head without the length of 16 or 64 bits and the mask; with both. */
const SHORT_HEAD = 2;
const LONGEST_HEAD = 14;
const MASK_BYTES = 4;
/** The first buffer of a message; it doubles. */
const FIRST_BYTES = 1024;
/** A buffer that is no larger is used for the next message, too. */
const KEPT_BYTES = 64 * 1024;

const TOO_LONG: FrameFault = { code: 'limit', words: 'websocket: read limit exceeded', closeCode: 1009 };
const NOT_UTF8: FrameFault = { code: 'protocol', words: 'websocket: invalid UTF-8 in text message', closeCode: 1007 };

function malformed(words: string): FrameFault {
  return { code: 'protocol', words: `websocket: ${words}`, closeCode: 1002 };
}

export class FrameReader {
  readonly #events: FrameEvents;
  readonly #isMasked: boolean;
  readonly #mostBytes: number;
  #isOver = false;
  readonly #head = new Uint8Array(LONGEST_HEAD);
  #headBytes = 0;
  #headSize = SHORT_HEAD;
  /** Bytes of the payload that have not come; null in the head of a frame. */
  #left: number | null = null;
  /** The opcode of the message that has begun, 0 for none; its bytes. */
  #begun = 0;
  #message = new Uint8Array(0);
  #messageBytes = 0;
  readonly #control = new Uint8Array(MOST_CONTROL_BYTES);
  #controlBytes = 0;

  constructor(events: FrameEvents, { isMasked, maxMessageBytes }: FrameRules) {
    this.#events = events;
    this.#isMasked = isMasked;
    this.#mostBytes = Math.min(maxMessageBytes, MAX_TEXT);
  }

  /** Reports what is complete with these bytes, which may be used again afterwards. */
  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isOver; )
      at += this.#left === null ? this.#readHead(bytes, at) : this.#copy(bytes, at);
  }

  /** Reports nothing any more. */
  stop(): void {
    this.#isOver = true;
    this.#message = new Uint8Array(0);
  }

  #byte(at: number): number {
    return this.#head[at] as number; // within the head
  }

  get #opcode(): number {
    return this.#byte(0) & 15;
  }

  get #isFinal(): boolean {
    return this.#byte(0) >= 128;
  }

  get #isControl(): boolean {
    return this.#opcode > 7;
  }

  #fail(fault: FrameFault): void {
    this.stop();
    this.#events.broken(fault);
  }

  /** Takes one byte of the head. */
  #readHead(bytes: Uint8Array, at: number): number {
    this.#head[this.#headBytes++] = bytes[at] as number; // in range
    const short = this.#byte(1) & 127;
    const lengthAt = SHORT_HEAD + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (this.#headBytes === SHORT_HEAD) {
      const problem = this.#problem(short);
      if (problem !== null) {
        this.#fail(malformed(problem));
        return 1;
      }
      this.#headSize = lengthAt + (this.#isMasked ? MASK_BYTES : 0);
    }
    if (this.#headBytes === lengthAt && !this.#isControl && this.#messageBytes + this.#length(short) > this.#mostBytes) {
      this.#fail(TOO_LONG);
    } else if (this.#headBytes === this.#headSize) {
      if (!this.#isControl && this.#opcode > 0) this.#begun = this.#opcode;
      this.#left = this.#length(short);
      if (this.#left === 0) this.#endFrame();
    }
    return 1;
  }

  #length(short: number): number {
    if (short < 126) return short;
    let length = 0;
    for (let at = SHORT_HEAD; at < (short === 126 ? 4 : 10); at++) length = length * 256 + this.#byte(at);
    return length;
  }

  /** What is wrong with the first two bytes. */
  #problem(short: number): string | null {
    const first = this.#byte(0);
    const opcode = this.#opcode;
    if ((first & 0x30) !== 0) return 'RSV2 and RSV3 must be clear';
    if ((first & 0x40) !== 0) return 'RSV1 must be clear'; // nothing is compressed
    if (this.#isControl) {
      if (opcode > OPCODE.pong) return `invalid opcode ${opcode}`;
      if (!this.#isFinal) return 'FIN must be set';
      if (short > MOST_CONTROL_BYTES || (opcode === OPCODE.close && short === 1)) return `invalid payload length ${short}`;
    } else if (opcode > OPCODE.binary || (opcode === 0) !== this.#begun > 0) return `invalid opcode ${opcode}`;
    const isMasked = this.#byte(1) >= 128;
    if (isMasked === this.#isMasked) return null;
    return this.#isMasked ? 'MASK must be set' : 'MASK must be clear';
  }

  /** Copies a piece of the payload, and takes the mask away. */
  #copy(bytes: Uint8Array, from: number): number {
    const left = this.#left ?? 0;
    const size = Math.min(left, bytes.length - from);
    const isControl = this.#isControl;
    const to = isControl ? this.#controlBytes : this.#messageBytes;
    const into = isControl ? this.#control : this.#roomFor(to + size);
    into.set(bytes.subarray(from, from + size), to);
    if (this.#isMasked) this.#unmask(into, to, size);
    if (isControl) this.#controlBytes += size;
    else this.#messageBytes += size;
    this.#left = left - size;
    if (left === size) this.#endFrame();
    return size;
  }

  #unmask(into: Uint8Array, from: number, size: number): void {
    const maskAt = this.#headSize - MASK_BYTES;
    const done = this.#length(this.#byte(1) & 127) - (this.#left ?? 0);
    for (let i = 0; i < size; i++) into[from + i] = (into[from + i] as number) ^ this.#byte(maskAt + ((done + i) & 3)); // in range
  }

  #roomFor(size: number): Uint8Array {
    if (size > this.#message.length) {
      const larger = new Uint8Array(Math.min(Math.max(FIRST_BYTES, this.#message.length * 2, size), this.#mostBytes));
      larger.set(this.#message.subarray(0, this.#messageBytes));
      this.#message = larger;
    }
    return this.#message;
  }

  #endFrame(): void {
    const opcode = this.#opcode;
    const isFinal = this.#isFinal;
    this.#left = null;
    this.#headBytes = 0;
    this.#headSize = SHORT_HEAD;
    if (opcode > 7) this.#endControl(opcode);
    else if (isFinal) this.#endMessage();
  }

  #endControl(opcode: number): void {
    const text = toText(this.#control.subarray(0, this.#controlBytes));
    this.#controlBytes = 0;
    if (opcode === OPCODE.ping) this.#events.ping(text);
    else if (opcode === OPCODE.pong) this.#events.pong();
    else this.#endClose(text);
  }

  #endClose(text: string): void {
    const code = text === '' ? NO_CODE : text.charCodeAt(0) * 256 + text.charCodeAt(1);
    const reason = text.slice(2);
    if (text !== '' && !isCloseCode(code)) this.#fail(malformed(`invalid status code ${code}`));
    else if (!isUtf8(reason)) this.#fail(NOT_UTF8);
    else {
      this.stop();
      this.#events.closes(code, reason);
    }
  }

  #endMessage(): void {
    const opcode = this.#begun === OPCODE.text ? 1 : 2;
    const text = toText(this.#message.subarray(0, this.#messageBytes));
    this.#begun = 0;
    this.#messageBytes = 0;
    if (this.#message.length > KEPT_BYTES) this.#message = new Uint8Array(0);
    if (opcode === 1 && !isUtf8(text)) this.#fail(NOT_UTF8);
    else this.#events.message(text, opcode);
  }
}
