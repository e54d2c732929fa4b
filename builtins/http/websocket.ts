/** WebSockets of a program: their numbers, their messages, and what calls answer. */
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import { sequenceLength } from '../../language/values/bytes.ts';
import { type Obj, obj, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import type { ErrorCode } from '../sockets/backend.ts';
import type { WebSocketConnection, WebSocketEvents } from './backend.ts';
import { closedValue, errorValue, messageValue, sentValue, WEBSOCKET } from './results.ts';

/** How long the peer has for its half of the closing handshake. */
const CLOSE_MS = 2000;
/** So many bytes of messages wait for the program before the peer has to wait. */
const READ_AHEAD = 64 * 1024;
/** The most bytes that a control frame can carry (RFC 6455, section 5.5). */
const MOST_CONTROL_BYTES = 125;
/** Two pings in a row without an answer: the peer is gone. */
const MOST_MISSED = 2;

const NOT_UTF8 = /[\x80-\xff]/;

export const PREFIX = {
  send: 'Could not write websocket message: ',
  recv: 'Could not read websocket message: ',
  close: 'Could not close websocket: ',
} as const;

/** The WebSockets of one program by number. Numbers are never used again. */
export class WebSocketTable {
  readonly #sockets = new Map<number, WebSocket>();
  readonly #values = new FinalizationRegistry<number>((id) => this.#sockets.get(id)?.forgotten());
  #next = 0;

  /** Takes in a connection; the value that programs know it by. */
  add(machine: Machine, connection: WebSocketConnection, pingMs: number): Obj {
    const id = this.#next++;
    const socket = new WebSocket(machine, connection, pingMs, () => this.#sockets.delete(id));
    this.#sockets.set(id, socket);
    const value = obj({ type: WEBSOCKET, id });
    this.#values.register(value, id);
    return value;
  }

  find(id: number): WebSocket | undefined {
    return this.#sockets.get(id);
  }
}

/** Why a WebSocket is over. */
interface End {
  readonly kind: 'closed' | 'failed' | 'own';
  readonly result: Obj;
}

/** One WebSocket. */
export class WebSocket implements WebSocketEvents {
  readonly #machine: Machine;
  readonly #connection: WebSocketConnection;
  readonly #onClosed: () => void;
  #inbox: { readonly text: string; readonly opcode: 1 | 2 }[] = [];
  #held = 0;
  #paused = false;
  #readers: { readonly thread: Thread; stopTimer: (() => void) | null }[] = [];
  #senders: Thread[] = [];
  #closers: { readonly thread: Thread; readonly result: Obj }[] = [];
  #end: End | null = null;
  #connected = true;
  /** The program has no value of it any more. */
  #lost = false;
  #missed = 0;
  #stopPings: (() => void) | null = null;
  #stopClose: (() => void) | null = null;

  constructor(machine: Machine, connection: WebSocketConnection, pingMs: number, onClosed: () => void) {
    this.#machine = machine;
    this.#connection = connection;
    this.#onClosed = onClosed;
    connection.attach(this);
    if (pingMs > 0 && connection.canPing) this.#ping(pingMs);
  }

  #ping(everyMs: number): void {
    this.#stopPings = this.#machine.host.timer(everyMs, () => {
      if (this.#missed >= MOST_MISSED) {
        this.#connection.terminate();
        return;
      }
      this.#missed++;
      this.#connection.send('', 9);
      this.#ping(everyMs);
    });
  }

  // ---- what programs call ----

  send(text: string, opcode: number): Value | Suspended {
    if (opcode === 8) return this.#sendClose(text);
    if (opcode !== 1 && opcode !== 2 && opcode !== 9 && opcode !== 10) {
      return errorValue(`${PREFIX.send}websocket: bad write message type`, 'protocol');
    }
    if (this.#end !== null) return errorValue(`${PREFIX.send}websocket: close sent`, 'closed');
    if (opcode > 8 && !this.#connection.canPing) {
      return errorValue(`${PREFIX.send}pings and pongs are unavailable in this runtime`, 'unavailable');
    }
    if (opcode > 8 && text.length > MOST_CONTROL_BYTES) {
      return errorValue(`${PREFIX.send}websocket: invalid control frame`, 'protocol');
    }
    if (opcode === 1 && NOT_UTF8.test(text) && !isUtf8(text)) {
      return errorValue(`${PREFIX.send}websocket: invalid UTF-8 in text message`, 'protocol');
    }
    if (this.#connection.send(text, opcode)) return sentValue();
    const thread = this.#machine.block('external');
    this.#senders.push(thread);
    return SUSPENDED;
  }

  /** A message with opcode 8 has a code in its first two bytes, or nothing. */
  #sendClose(payload: string): Value | Suspended {
    if (payload === '') return this.close(1000, '');
    const code = payload.charCodeAt(0) * 256 + payload.charCodeAt(1);
    const reason = payload.slice(2);
    if (payload.length < 2 || !isCloseCode(code) || payload.length > MOST_CONTROL_BYTES || !isUtf8(reason)) {
      return errorValue(`${PREFIX.send}websocket: invalid control frame`, 'protocol');
    }
    return this.close(code, reason);
  }

  /** The next message. `timeoutMs` 0 means no limit. */
  recv(timeoutMs: number): Value | Suspended {
    const now = this.#readers.length === 0 ? this.#take() : null;
    if (now !== null) return now;
    const thread = this.#machine.block('external');
    const reader = { thread, stopTimer: null as (() => void) | null };
    this.#readers.push(reader);
    if (timeoutMs > 0) {
      reader.stopTimer = this.#machine.host.timer(timeoutMs, () => {
        this.#readers = this.#readers.filter((one) => one !== reader);
        this.#machine.wake(thread, errorValue(`${PREFIX.recv}i/o timeout`, 'timeout'));
      });
    }
    return SUSPENDED;
  }

  /** Waits for the peer's half of the closing handshake, for a short time. */
  close(code: number, reason: string): Value | Suspended {
    const result = closedValue(code, reason);
    if (!this.#connected) return result;
    const isFirst = this.#end === null;
    const { local, remote } = this.#connection;
    this.#finish({
      kind: 'own',
      result: errorValue(`${PREFIX.recv}read tcp ${local}->${remote}: use of closed network connection`, 'closed'),
    });
    if (isFirst) {
      this.#connection.close(code, reason);
      this.#stopClose = this.#machine.host.timer(CLOSE_MS, () => this.#connection.terminate());
    }
    const thread = this.#machine.block('external');
    this.#closers.push({ thread, result });
    return SUSPENDED;
  }

  /** The program has no value of it any more: it is forgotten as soon as the connection is gone. */
  forgotten(): void {
    this.#lost = true;
    if (!this.#connected) this.#onClosed();
  }

  // ---- what the connection reports ----

  message(text: string, opcode: 1 | 2): void {
    this.#missed = 0;
    if (this.#end !== null) return;
    this.#inbox.push({ text, opcode });
    this.#held += text.length;
    this.#serve();
    if (this.#held >= READ_AHEAD && !this.#paused) {
      this.#paused = true;
      this.#connection.pause();
    }
  }

  pong(): void {
    this.#missed = 0;
  }

  drained(): void {
    for (const thread of this.#senders.splice(0)) this.#machine.wake(thread, sentValue());
  }

  failed(code: ErrorCode, words: string): void {
    this.#finish({ kind: 'failed', result: errorValue(PREFIX.recv + words, code) });
  }

  closed(code: number, reason: string): void {
    this.#connected = false;
    this.#stopPings?.();
    this.#stopClose?.();
    this.#finish({ kind: 'closed', result: closedValue(code, reason) });
    for (const thread of this.#senders.splice(0)) {
      this.#machine.wake(thread, errorValue(`${PREFIX.send}websocket: close sent`, 'closed'));
    }
    for (const { thread, result } of this.#closers.splice(0)) this.#machine.wake(thread, result);
    if (this.#lost) this.#onClosed();
  }

  #finish(end: End): void {
    if (this.#end !== null) return;
    this.#end = end;
    if (end.kind === 'own') this.#inbox = [];
    if (this.#paused) {
      this.#paused = false;
      this.#connection.resume();
    }
    this.#serve();
  }

  #serve(): void {
    for (let next = this.#readers[0]; next !== undefined; next = this.#readers[0]) {
      const result = this.#take();
      if (result === null) return;
      this.#readers.shift();
      next.stopTimer?.();
      this.#machine.wake(next.thread, result);
    }
  }

  #take(): Obj | null {
    const first = this.#inbox.shift();
    if (first === undefined) return this.#end?.result ?? null;
    this.#held -= first.text.length;
    if (this.#paused && this.#held < READ_AHEAD) {
      this.#paused = false;
      this.#connection.resume();
    }
    return messageValue(first.opcode, first.text);
  }
}

/** Whether a program may close with this code (RFC 6455, section 7.4). */
export function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/** Whether bytes are well-formed UTF-8. */
export function isUtf8(bytes: string): boolean {
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return false;
    at += length;
  }
  return true;
}
