/** Serves HTTP/1.1 on connections of a program's network, one request at a time on each. */
import type {
  HttpServer,
  RequestHead,
  ServerEvents,
  ServerSettings,
  WebSocketConnection,
  WebSocketOptions,
} from '../../../builtins/http/backend.ts';
import { hasHeader } from '../../../builtins/http/headers.ts';
import { refuseRequest } from '../../../builtins/http/incoming.ts';
import type { Connection, ConnectionEvents } from '../../../builtins/sockets/backend.ts';
import { ConnectionExchange, type ExchangeOwner } from './exchange.ts';
import { type Llhttp, type MessageEvents, type MessageFault, type MessageHead, Parser } from './parser.ts';
import type { FramedWebSocket } from './websocket/framed-websocket.ts';
import { loadWebSockets } from './websocket/load.ts';

/** Bytes of later requests that may wait until a request is answered. */
const MOST_WAITING_BYTES = 64 * 1024;

export class ConnectionServer implements HttpServer {
  readonly #llhttp: Llhttp;
  readonly #settings: ServerSettings;
  readonly #events: ServerEvents;
  readonly #clients = new Set<ServerConnection>();
  /** Those that have become WebSockets live on without the server. */
  readonly #webSockets = new Set<ServerConnection>();
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(llhttp: Llhttp, settings: ServerSettings, events: ServerEvents) {
    this.#llhttp = llhttp;
    this.#settings = settings;
    this.#events = events;
  }

  accept(connection: Connection, closed: (bytesIn: number, bytesOut: number) => void): void {
    const left = (): void => {
      this.#clients.delete(client);
      if (this.#clients.size === 0) this.#events.empty();
    };
    const client = new ServerConnection(this.#llhttp, connection, this.#settings, this.#events, {
      upgraded: () => {
        this.#webSockets.add(client);
        left();
      },
      closed: () => {
        this.#webSockets.delete(client);
        this.#bytesIn += client.bytesIn;
        this.#bytesOut += client.bytesOut;
        closed(client.bytesIn, client.bytesOut);
        left();
      },
    });
    this.#clients.add(client);
    connection.attach(client);
  }

  close(): void {
    for (const client of [...this.#clients]) client.stop();
  }

  destroy(): void {
    for (const client of [...this.#clients]) client.cut();
  }

  /** The program has ended. */
  end(): void {
    this.destroy();
    for (const client of [...this.#webSockets]) client.cut();
  }

  get open(): number {
    return this.#clients.size;
  }

  stats(): { bytesIn: number; bytesOut: number } {
    let bytesIn = this.#bytesIn;
    let bytesOut = this.#bytesOut;
    for (const client of this.#clients) {
      bytesIn += client.bytesIn;
      bytesOut += client.bytesOut;
    }
    return { bytesIn, bytesOut };
  }
}

/** Events of a connection that its server counts. */
interface ConnectionFate {
  upgraded(): void;
  closed(): void;
}

class ServerConnection implements ConnectionEvents, MessageEvents, ExchangeOwner {
  readonly connection: Connection;
  bytesIn = 0;
  bytesOut = 0;
  readonly #settings: ServerSettings;
  readonly #events: ServerEvents;
  readonly #fate: ConnectionFate;
  readonly #parser: Parser;
  #exchange: ConnectionExchange | null = null;
  /** What the connection has become. */
  #webSocket: FramedWebSocket | null = null;
  /** The request has arrived whole, and its answer was written. */
  #hasRequest = false;
  #hasAnswer = false;
  /** The peer sends no more. */
  #inputEnded = false;
  #isClosed = false;
  #isPaused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(llhttp: Llhttp, connection: Connection, settings: ServerSettings, events: ServerEvents, fate: ConnectionFate) {
    this.connection = connection;
    this.#settings = settings;
    this.#events = events;
    this.#fate = fate;
    this.#parser = new Parser(llhttp, 'request', settings.maxHeaderBytes, this);
    this.#limit(settings.headTimeoutMs, () => this.#headIsLate());
  }

  #limit(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    if (ms > 0) this.#timer = setTimeout(then, ms);
  }

  #headIsLate(): void {
    if (this.#parser.isInMessage) this.#refuse(408, '');
    else this.cut();
  }

  // ---- events of the connection ----

  data(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.bytesIn += bytes.length;
    if (this.#webSocket !== null) {
      this.#webSocket.data(bytes);
      return;
    }
    const isFirst = this.#exchange === null && !this.#parser.isInMessage;
    this.#parser.feed(bytes);
    if (this.#isClosed) return;
    if (isFirst && this.#exchange === null && this.#parser.isInMessage)
      this.#limit(this.#settings.headTimeoutMs, () => this.#headIsLate());
    if (this.#parser.unparsed.length < MOST_WAITING_BYTES || this.#isPaused) return;
    this.#isPaused = true;
    this.connection.pause();
  }

  ended(): void {
    if (this.#isClosed) return;
    if (this.#webSocket !== null) {
      this.#webSocket.ended();
      return;
    }
    this.#inputEnded = true;
    this.#parser.finish();
    if (this.#exchange === null) this.#close();
  }

  drained(): void {
    this.#exchange?.drained();
    this.#webSocket?.drained();
  }

  failed(): void {
    if (this.#webSocket !== null) this.#webSocket.failed();
    else this.#over(true);
  }

  // ---- events of the parser ----

  head(head: MessageHead): void {
    clearTimeout(this.#timer);
    this.#hasRequest = false;
    this.#hasAnswer = false;
    const exchange = new ConnectionExchange(this, head);
    this.#exchange = exchange;
    if (head.version === '1.1' && !hasHeader(head.headers, 'Host'))
      refuseRequest(exchange, { status: 400, reason: 'no Host header' });
    else if (exchange.hasUnknownExpectation) refuseRequest(exchange, { status: 417, reason: '' });
    else this.#events.request(exchange);
  }

  body(text: string): void {
    this.#exchange?.data(text);
  }

  complete(): void {
    this.#hasRequest = true;
    const exchange = this.#exchange;
    exchange?.ended();
    this.#nextRequest();
  }

  malformed({ kind, reason }: MessageFault): void {
    const exchange = this.#exchange;
    if (exchange !== null) exchange.bodyFailed('unexpected EOF');
    else if (kind === 'head-too-long') this.#refuse(431, reason);
    else if (kind === 'eof') this.#close();
    else this.#refuse(400, reason);
  }

  /** Refuses what is not even a request. */
  #refuse(status: number, reason: string): void {
    const head: MessageHead = {
      method: '',
      url: '',
      status: 0,
      version: '1.1',
      headers: [],
      keepsAlive: false,
      isUpgrade: false,
    };
    this.#exchange = new ConnectionExchange(this, head);
    refuseRequest(this.#exchange, { status, reason });
  }

  // ---- the exchange ----

  write(text: string): boolean {
    if (this.#isClosed || text === '') return true;
    this.bytesOut += text.length;
    return this.connection.write(text);
  }

  answered(close: boolean): void {
    this.#hasAnswer = true;
    if (close) this.#close();
    else this.#nextRequest();
  }

  get upgrades(): boolean {
    return this.#settings.upgrades;
  }

  upgrade(
    { headers }: RequestHead,
    options: WebSocketOptions,
    answer: readonly string[],
    done: (outcome: WebSocketConnection | string) => void,
  ): void {
    loadWebSockets().then(
      ({ acceptWebSocket }) => {
        if (this.#isClosed) {
          done('unexpected EOF');
          return;
        }
        const { connection } = this;
        const webSocket = acceptWebSocket({ connection, headers, options, answer, onOver: () => this.#over(false) });
        if (webSocket === null) {
          this.cut();
          done('Invalid Sec-WebSocket-Protocol header');
          return;
        }
        this.#webSocket = webSocket;
        this.#exchange = null;
        this.#fate.upgraded();
        if (this.#isPaused) connection.resume();
        done(webSocket);
        webSocket.data(this.#parser.unparsed);
      },
      (error) => {
        this.cut();
        done(`WebSockets could not be loaded: ${error}`);
      },
    );
  }

  #nextRequest(): void {
    if (!this.#hasRequest || !this.#hasAnswer || this.#isClosed) return;
    this.#exchange = null;
    if (this.#inputEnded) {
      this.#close();
      return;
    }
    this.#limit(this.#settings.idleTimeoutMs, () => this.cut());
    if (this.#isPaused || this.#parser.unparsed.length > 0) {
      this.#isPaused = false;
      this.connection.resume();
    }
    queueMicrotask(() => this.#parser.next()); // many requests that wait must not become a recursion
  }

  /** The server was closed: ends an idle connection; others end after their answer. */
  stop(): void {
    if (this.#exchange?.isRunning !== true) this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.connection.close(true);
    this.#over(false);
  }

  cut(): void {
    if (this.#isClosed) return;
    if (this.#webSocket !== null) {
      this.#webSocket.leave();
      return;
    }
    this.connection.close(false);
    this.#over(false);
  }

  #over(failed: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#parser.free();
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.lost(failed);
    this.bytesOut += this.#webSocket?.bytesOut ?? 0;
    this.#fate.closed();
  }
}
