/**
 * `socket.pipe`: what arrives on one socket goes out on the other one, both ways, until both directions have ended.
 *
 * A chunk is written as it arrives. When the system does not take it at once, its source is held back until it has, so at most one chunk
 * waits in each direction.
 */
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import { codec, type Obj } from '../../language/values/values.ts';
import type { Breakdown } from './backend.ts';
import { errorResult, okResult, PREFIX } from './results.ts';

/** What a pipe uses of a socket. */
export interface PipedSocket {
  /** Whether the system has taken it. */
  pipeOut(text: string): boolean;
  holdBack(isHeld: boolean): void;
  endOutput(): void;
  close(): Obj;
  /** `read tcp L->R: `, or the same for writing. */
  breakdownText(breakdown: Breakdown): string;
}

export interface PipeOptions {
  /** How long both may be silent; 0 for ever. */
  readonly idleMs: number;
  /** The most bytes in both directions together. */
  readonly maxBytes: number;
}

/** One end of a pipe, which a socket reports to. */
export class PipeEnd {
  readonly #pipe: Pipe;
  readonly socket: PipedSocket;
  other!: PipeEnd; // set by Pipe, which makes both
  /** Bytes that came from here. */
  bytes = 0;
  hasEnded = false;

  constructor(pipe: Pipe, socket: PipedSocket) {
    this.#pipe = pipe;
    this.socket = socket;
  }

  data(bytes: Uint8Array): void {
    this.#pipe.carry(this, codec.decode(bytes, 0, bytes.length));
  }

  ended(): void {
    this.hasEnded = true;
    this.other.socket.endOutput();
    if (this.other.hasEnded) this.#pipe.finish(okResult());
  }

  drained(): void {
    this.other.socket.holdBack(false);
  }

  /** The socket was closed by the program, or its connection broke. */
  lost(breakdown: Breakdown | null): void {
    const reason = breakdown ?? CLOSED;
    this.#pipe.finish(errorResult(PREFIX.pipe + this.socket.breakdownText(reason), reason.code));
  }
}

const CLOSED: Breakdown = { code: 'closed', words: 'use of closed network connection', call: 'read' };

export class Pipe {
  readonly #machine: Machine;
  readonly #thread: Thread;
  readonly #options: PipeOptions;
  readonly a: PipeEnd;
  readonly b: PipeEnd;
  #lastAt: number;
  #stopTimer: (() => void) | null = null;
  #isOver = false;

  constructor(machine: Machine, thread: Thread, [a, b]: readonly [PipedSocket, PipedSocket], options: PipeOptions) {
    this.#machine = machine;
    this.#thread = thread;
    this.#options = options;
    this.a = new PipeEnd(this, a);
    this.b = new PipeEnd(this, b);
    this.a.other = this.b;
    this.b.other = this.a;
    this.#lastAt = machine.host.now();
    if (options.idleMs > 0) this.#watchSilence(options.idleMs);
  }

  /** One timer, set anew when it was early: data must not cost a timer each. */
  #watchSilence(ms: number): void {
    this.#stopTimer = this.#machine.host.timer(ms, () => {
      const left = this.#lastAt + this.#options.idleMs - this.#machine.host.now();
      if (left > 0) this.#watchSilence(left);
      else this.finish(errorResult(`${PREFIX.pipe}i/o timeout`, 'timeout'));
    });
  }

  /** Sends on what came from one end. */
  carry(from: PipeEnd, text: string): void {
    if (this.#isOver || text === '') return;
    this.#lastAt = this.#machine.host.now();
    const room = this.#options.maxBytes - this.a.bytes - this.b.bytes;
    const part = text.length > room ? text.slice(0, room) : text;
    from.bytes += part.length;
    if (!from.other.socket.pipeOut(part)) from.socket.holdBack(true);
    if (text.length > room) this.finish(errorResult(`${PREFIX.pipe}more than ${this.#options.maxBytes} bytes`, 'limit'));
  }

  /** Closes both sockets and lets the thread go on. */
  finish(result: Obj): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer?.();
    this.a.socket.close();
    this.b.socket.close();
    result.sent = this.a.bytes;
    result.received = this.b.bytes;
    this.#machine.wake(this.#thread, result);
  }
}
