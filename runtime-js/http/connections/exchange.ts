/** One request on a connection of a server, and its answer. */
import type {
  BodyEvents,
  IncomingBody,
  OutgoingBody,
  RequestHead,
  ServerExchange,
  WebSocketConnection,
  WebSocketOptions,
} from '../../../builtins/http/backend.ts';
import { firstValue, hasHeader } from '../../../builtins/http/headers.ts';
import type { Connection } from '../../../builtins/sockets/backend.ts';
import type { MessageHead } from './parser.ts';
import { chunk, headerLines, LAST_CHUNK, statusLine } from './writer.ts';

/** The connection of an exchange. */
export interface ExchangeOwner {
  readonly connection: Connection;
  /** Whether requests for WebSockets can be granted. */
  readonly upgrades: boolean;
  write(text: string): boolean;
  /** The answer is complete. `close` ends the connection. */
  answered(close: boolean): void;
  cut(): void;
  /** Makes a WebSocket of the connection. `answer`: lines of the program. */
  upgrade(
    head: RequestHead,
    options: WebSocketOptions,
    answer: readonly string[],
    done: (outcome: WebSocketConnection | string) => void,
  ): void;
}

export class ConnectionExchange implements ServerExchange, IncomingBody {
  readonly head: RequestHead;
  readonly upgrades: boolean;
  readonly body: IncomingBody | null;
  onGone: ((failed: boolean) => void) | null = null;
  /** `Expect` with anything but `100-continue` (RFC 9110, section 10.1.1). */
  readonly hasUnknownExpectation: boolean;
  /** The program has it. */
  isRunning = false;
  readonly #owner: ExchangeOwner;
  readonly #keepsAlive: boolean;
  /** The client waits for `100 Continue`. */
  #expects: boolean;
  #reader: BodyEvents | null = null;
  #isPaused = false;
  #isOver = false;
  #drained: (() => void) | null = null;

  constructor(owner: ExchangeOwner, head: MessageHead) {
    this.#owner = owner;
    this.head = head;
    const mayUpgrade = owner.upgrades && head.isUpgrade;
    this.upgrades = mayUpgrade && /(?:^|,)\s*websocket\s*(?:,|$)/i.test(firstValue(head.headers, 'Upgrade') ?? '');
    this.#keepsAlive = head.keepsAlive && !mayUpgrade; // what follows may be of the other protocol
    const expectation = firstValue(head.headers, 'Expect');
    this.#expects = /^\s*100-continue\s*$/i.test(expectation ?? '');
    this.hasUnknownExpectation = expectation !== undefined && !this.#expects;
    const length = Number(firstValue(head.headers, 'Content-Length') ?? 0);
    this.body = length > 0 || hasHeader(head.headers, 'Transfer-Encoding') ? this : null;
  }

  get connection(): Connection {
    return this.#owner.connection;
  }

  started(): void {
    this.isRunning = true;
  }

  // ---- the body of the request ----

  read(events: BodyEvents): void {
    this.#reader = events;
    if (this.#expects) this.#owner.write(`${statusLine(100)}\r\n`);
    this.#expects = false;
  }

  pause(): void {
    this.#isPaused = true;
    this.connection.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.connection.resume();
  }

  /** Part of the body arrived. A body that is not read is dropped. */
  data(text: string): void {
    this.#reader?.data(text);
  }

  ended(): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.ended();
  }

  bodyFailed(detail: string): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.failed(detail, 'eof');
  }

  // ---- the answer ----

  answer(status: number, headers: readonly string[], body: string, how: { bodiless: boolean; close: boolean }): void {
    if (this.#isOver) return;
    const close = how.close || !this.#keepsAlive;
    this.#owner.write(`${this.#lines(status, headers, close)}\r\n${how.bodiless ? '' : body}`);
    this.#end(close);
  }

  #lines(status: number, headers: readonly string[], close: boolean): string {
    const date = hasHeader(headers, 'Date') ? '' : `Date: ${new Date().toUTCString()}\r\n`;
    const connection = close ? 'Connection: close\r\n' : this.head.version === '1.0' ? 'Connection: keep-alive\r\n' : '';
    return `${statusLine(status)}${headerLines(headers)}${date}${connection}`;
  }

  begin(status: number, headers: readonly string[], close: boolean, drained: () => void): OutgoingBody {
    const hasLength = hasHeader(headers, 'Content-Length');
    const isChunked = !hasLength && this.head.version === '1.1';
    const isLast = close || !this.#keepsAlive || !(isChunked || hasLength); // the end of the connection is that of the body
    const framing = isChunked ? 'Transfer-Encoding: chunked\r\n' : '';
    this.#drained = drained;
    if (!this.#isOver) this.#owner.write(`${this.#lines(status, headers, isLast)}${framing}\r\n`);
    const isGone = (): boolean => this.#isOver;
    return {
      write: (text) => this.#isOver || this.#owner.write(isChunked ? chunk(text) : text),
      end: () => {
        if (this.#isOver) return;
        if (isChunked) this.#owner.write(LAST_CHUNK);
        this.#end(isLast);
      },
      cut: () => this.#owner.cut(),
      get gone() {
        return isGone();
      },
    };
  }

  #end(close: boolean): void {
    this.#isOver = true;
    this.isRunning = false;
    this.#reader = null;
    this.onGone = null;
    if (this.#isPaused) this.resume(); // the rest of the body is dropped
    this.#owner.answered(close);
  }

  drained(): void {
    this.#drained?.();
  }

  /** The connection is gone. */
  lost(failed: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.isRunning = false;
    this.bodyFailed('unexpected EOF');
    this.#drained?.();
    this.onGone?.(failed);
  }

  upgrade(options: WebSocketOptions, headers: readonly string[], done: (outcome: WebSocketConnection | string) => void): void {
    this.#owner.upgrade(this.head, options, headers, done);
  }

  cut(): void {
    this.#owner.cut();
  }
}
