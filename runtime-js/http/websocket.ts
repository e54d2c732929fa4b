/** WebSockets of the browser. It sends no headers of programs and no pings, and it keeps what a program has not read. */
import type {
  Dial,
  DialledWebSocket,
  RefusedWebSocket,
  WebSocketConnection,
  WebSocketEvents,
  WebSocketRequest,
} from '../../builtins/http/backend.ts';
import { Failure } from '../../builtins/sockets/backend.ts';
import { utf8Decode, utf8Encode } from '../../language/values/bytes.ts';
import { toBytes, toText } from './bytes.ts';

/** A sender waits while this much is not sent. The browser does not say when it is, so it is asked now and then. */
const HIGH_WATER = 64 * 1024;
const ASK_MS = 10;
/** Bytes that may wait for the program, beside one message: a browser has no back-pressure here. */
const MOST_HELD_BYTES = 16 * 1024 * 1024;
/** What a page may close with; other codes are sent as none. */
const isAllowed = (code: number): boolean => code === 1000 || code >= 3000;

type Outcome = DialledWebSocket | RefusedWebSocket;

/** The WebSockets of one program. */
export class PageWebSockets {
  readonly #open = new Set<WebSocket>();

  dial(dial: Dial, request: WebSocketRequest, done: (outcome: Outcome) => void): () => void {
    let drop = (): void => {};
    const refuse = (failure: Failure): void => done({ kind: 'refused', failure, status: 0, headers: [] });
    const cancel = dial((outcome) => {
      if (outcome instanceof Failure) refuse(outcome);
      else if (request.headers.length > 0) refuse(new Failure('unavailable', 'a browser sends no headers of programs'));
      else drop = this.#connect(request, done, refuse);
    });
    return () => {
      cancel();
      drop();
    };
  }

  #connect(request: WebSocketRequest, done: (outcome: Outcome) => void, refuse: (failure: Failure) => void): () => void {
    let socket: WebSocket;
    try {
      const url = request.secure ? request.url.replace(/^ws:/, 'wss:') : request.url;
      socket = new WebSocket(utf8Decode(url), [...request.protocols]);
    } catch (error) {
      refuse(new Failure('protocol', utf8Encode(`websocket: ${(error as Error).message}`)));
      return () => {};
    }
    this.#open.add(socket);
    socket.binaryType = 'arraybuffer';
    socket.onclose = () => {
      this.#open.delete(socket);
      refuse(new Failure('other', 'websocket: bad handshake'));
    };
    socket.onopen = () => {
      const connection = new PageWebSocket(socket, request.maxMessageBytes, () => this.#open.delete(socket));
      const headers = socket.protocol === '' ? [] : ['Sec-WebSocket-Protocol', socket.protocol];
      done({ kind: 'open', connection, headers });
    };
    return () => {
      socket.onopen = socket.onclose = null;
      socket.close();
      this.#open.delete(socket);
    };
  }

  /** Closes those that are left when the program has ended. What was sent still goes out. */
  close(): void {
    for (const socket of this.#open) {
      socket.onopen = socket.onclose = socket.onmessage = null;
      socket.close();
    }
    this.#open.clear();
  }
}

class PageWebSocket implements WebSocketConnection {
  readonly local = '';
  readonly remote = '';
  readonly canPing = false;
  readonly #socket: WebSocket;
  readonly #maxMessageBytes: number;
  readonly #onClosed: () => void;
  #events: WebSocketEvents | null = null;
  #paused = false;
  #held: { readonly text: string; readonly opcode: 1 | 2 }[] = [];
  #heldBytes = 0;
  #closed: { readonly code: number; readonly reason: string } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: WebSocket, maxMessageBytes: number, onClosed: () => void) {
    this.#socket = socket;
    this.#maxMessageBytes = maxMessageBytes;
    this.#onClosed = onClosed;
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') this.#message(utf8Encode(data), 1);
      else this.#message(toText(new Uint8Array(data)), 2);
    };
    socket.onclose = ({ code, reason }) => this.#onClose(code, code === 1006 ? 'unexpected EOF' : utf8Encode(reason));
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  attach(events: WebSocketEvents): void {
    this.#events = events;
  }

  #message(text: string, opcode: 1 | 2): void {
    if (text.length > this.#maxMessageBytes || this.#heldBytes + text.length > MOST_HELD_BYTES + this.#maxMessageBytes) {
      this.#events?.failed('limit', 'websocket: read limit exceeded');
      this.terminate();
      return;
    }
    if (!this.#paused) {
      this.#events?.message(text, opcode);
      return;
    }
    this.#held.push({ text, opcode });
    this.#heldBytes += text.length;
  }

  #onClose(code: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#onClosed();
    this.#closed = { code, reason };
    this.#reportEnd();
  }

  /** Once, when the program has had all messages. */
  #reportEnd(): void {
    if (this.#closed === null || this.#held.length > 0) return;
    const events = this.#events;
    this.#events = null;
    events?.closed(this.#closed.code, this.#closed.reason);
  }

  send(text: string, opcode: number): boolean {
    this.#socket.send(opcode === 1 ? utf8Decode(text) : toBytes(text));
    if (this.#socket.bufferedAmount < HIGH_WATER) return true;
    this.#timer ??= setTimeout(() => this.#ask(), ASK_MS);
    return false;
  }

  #ask(): void {
    const isSent = this.#socket.bufferedAmount < HIGH_WATER;
    this.#timer = isSent ? undefined : setTimeout(() => this.#ask(), ASK_MS);
    if (isSent) this.#events?.drained();
  }

  close(code: number, reason: string): void {
    if (isAllowed(code)) this.#socket.close(code, utf8Decode(reason));
    else this.#socket.close();
  }

  /** A page cannot cut a connection: the browser closes it, and nothing of it counts any more. */
  terminate(): void {
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#held = [];
    if (this.#closed === null) this.#onClose(1006, 'unexpected EOF');
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    while (!this.#paused) {
      const next = this.#held.shift();
      if (next === undefined) break;
      this.#heldBytes -= next.text.length;
      this.#events?.message(next.text, next.opcode);
    }
    this.#reportEnd();
  }
}
