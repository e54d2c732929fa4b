/** One request on a connection of a server, and its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type {
  BodyEvents,
  IncomingBody,
  OutgoingBody,
  RequestHead,
  ServerExchange,
  WebSocketConnection,
  WebSocketOptions,
} from '../../builtins/http/backend.ts';
import type { Connection } from '../../builtins/sockets/backend.ts';
import { toText } from '../latin1.ts';
import { acceptWebSocket } from './websocket.ts';

/** How long a client that was refused may go on sending before it is cut off; it would not see the answer otherwise. */
const LINGER_MS = 1000;

/** From so many requests that have no answer yet, nothing is read from a connection: a peer may send them faster than they are answered. */
const MOST_UNANSWERED = 64;

/**
 * A connection with so many of them is closed when none is answered for this long: while nothing is read, it does not show that the
 * client is gone.
 */
const UNANSWERED_MS = 10_000;

/** A connection, and what is under way on it. */
export interface Client {
  readonly connection: Connection;
  readonly stream: Socket;
  /** Requests that the program has and has not answered. */
  running: number;
  /** Closes the connection, which is not read from, when none of them is answered; null while it is read from. */
  stuck: NodeJS.Timeout | null;
  /** It was refused: nothing that comes counts any more. */
  refused: boolean;
}

function pauseIfBusy(client: Client): void {
  if (client.running < MOST_UNANSWERED) return;
  client.stream.pause();
  client.stuck ??= setTimeout(() => client.stream.destroy(), UNANSWERED_MS).unref();
}

/** Closes a connection when the peer has had time to read what was sent. */
export function linger(stream: Socket): void {
  const timer = setTimeout(() => stream.destroy(), LINGER_MS).unref();
  stream.once('close', () => clearTimeout(timer));
}

export class NodeExchange implements ServerExchange, IncomingBody {
  readonly head: RequestHead;
  onGone: ((failed: boolean) => void) | null = null;
  readonly #client: Client;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** The client waits for `100 Continue`. */
  readonly #expects: boolean;
  /** Takes the stream away from the server; returns what came behind the head. */
  readonly #handOver: (() => Buffer) | null;
  #started = false;

  constructor(
    client: Client,
    request: IncomingMessage,
    response: ServerResponse,
    expects: boolean,
    handOver: (() => Buffer) | null,
  ) {
    this.#client = client;
    this.#request = request;
    this.#response = response;
    this.#expects = expects;
    this.#handOver = handOver;
    this.head = {
      method: request.method ?? '',
      url: request.url ?? '',
      version: request.httpVersion,
      headers: request.rawHeaders,
    };
  }

  get connection(): Connection {
    return this.#client.connection;
  }

  get upgrades(): boolean {
    return this.#handOver !== null;
  }

  get body(): IncomingBody | null {
    const { 'content-length': length, 'transfer-encoding': encoding } = this.#request.headers;
    return encoding !== undefined || (length !== undefined && Number(length) > 0) ? this : null;
  }

  started(): void {
    this.#started = true;
    if (++this.#client.running >= MOST_UNANSWERED) process.nextTick(pauseIfBusy, this.#client); // Node resumes behind each request
    this.#response.once('close', this.#closed);
  }

  /** The answer is complete, or the connection gone. */
  readonly #closed = (): void => {
    this.#settle();
    if (!this.#response.writableFinished) this.onGone?.(this.#client.stream.errored !== null);
  };

  #settle(): void {
    if (!this.#started) return;
    this.#started = false;
    const client = this.#client;
    client.stuck?.refresh();
    if (client.running-- !== MOST_UNANSWERED) return;
    clearTimeout(client.stuck ?? undefined);
    client.stuck = null;
    client.stream.resume();
  }

  // ---- the body of the request ----

  read(events: BodyEvents): void {
    const request = this.#request;
    if (this.#expects) this.#response.writeContinue();
    let over = false;
    const cut = (): void => {
      if (over) return;
      over = true;
      events.failed('unexpected EOF', 'eof');
    };
    request.on('data', (chunk: Buffer) => events.data(toText(chunk)));
    request.on('end', () => {
      if (over) return;
      over = true;
      events.ended();
    });
    request.on('error', cut).on('close', cut);
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  // ---- the answer ----

  answer(status: number, headers: readonly string[], body: string, how: { bodiless: boolean; close: boolean }): void {
    const response = this.#response;
    if (response.destroyed || this.#client.refused) return;
    this.#begin(status, headers, how.close);
    if (how.bodiless || body === '') response.end();
    else response.end(body, 'latin1');
    if (!how.close || this.#request.complete) return;
    // The rest of a request that is not read goes nowhere; the client has a moment to see the answer.
    this.#client.refused = true;
    this.#request.resume();
    linger(this.#client.stream);
  }

  #begin(status: number, headers: readonly string[], close: boolean): void {
    const response = this.#response;
    if (close) response.shouldKeepAlive = false;
    // The header is sent only where it changes what the version does without it.
    else if (response.shouldKeepAlive && this.head.version === '1.1') response.removeHeader('connection');
    response.writeHead(status, headers as string[]);
  }

  begin(status: number, headers: readonly string[], close: boolean, drained: () => void): OutgoingBody {
    const response = this.#response;
    if (!response.destroyed) {
      this.#begin(status, headers, close);
      response.on('drain', drained);
      response.flushHeaders();
    }
    return {
      write: (text) => response.destroyed || response.write(text, 'latin1'),
      end: () => {
        if (!response.destroyed) response.end();
      },
      cut: () => response.destroy(),
      get gone() {
        return response.destroyed || response.writableEnded;
      },
    };
  }

  upgrade(options: WebSocketOptions, headers: readonly string[], done: (outcome: WebSocketConnection | string) => void): void {
    const rest = this.#handOver?.() ?? Buffer.alloc(0);
    this.#response.off('close', this.#closed);
    this.#settle();
    const { stream, connection } = this.#client;
    acceptWebSocket({ request: this.#request, stream, rest, connection }, options, headers, done);
  }

  cut(): void {
    this.#client.stream.destroy();
  }
}
