/**
 * What a runtime implements so that Magnolia programs speak HTTP and WebSocket: parsing and writing messages, nothing else.
 *
 * Connections come from the program's `SocketBackend`, so addresses, policies, TLS and limits are those of the sockets. All texts
 * are byte text. Header lists are flat: a name, its value, the next name. As with sockets, results are reported by calling
 * methods of an events object, never from inside the call that asks for them.
 */
import type { Builtin } from '../registry.ts';
import type { Connection, ErrorCode, Failure } from '../sockets/backend.ts';
import type { Coding } from './compression.ts';

/** Loads an engine when a program uses HTTP for the first time. There is one engine per program. */
export type LoadHttp = () => Promise<HttpEngine>;

/** The HTTP of one program. */
export interface HttpFamily {
  readonly builtins: readonly Builtin[];
  /** Closes what the program has left open. */
  close(): void;
}

export interface HttpEngine {
  /** Serves connections that are handed to it. */
  serve(settings: ServerSettings, events: ServerEvents): HttpServer;
  /** Sends a request, over a kept connection of the same `route` or over one that `dial` makes. */
  request(dial: Dial, request: ClientRequest, events: ClientEvents): ClientCall;
  /** Opens a WebSocket over a new connection. Returns a function that gives up. */
  dialWebSocket(dial: Dial, request: WebSocketRequest, done: (outcome: DialledWebSocket | RefusedWebSocket) => void): () => void;
  /** What it can compress with, in order of preference. */
  readonly codings: readonly Coding[];
  /** Compresses a text. */
  compress(text: string, coding: Coding, done: (packed: string) => void): void;
  /** Closes the connections that are kept for later requests; those of one `pool` only when it is given. */
  closeIdle(pool?: string): void;
  /** The program has ended: closes what the network does not close by itself. */
  close(): void;
}

/** Makes a connection. Returns a function that gives up. */
export type Dial = (done: (outcome: Connection | Failure) => void) => () => void;

// ---- server ----

export interface ServerSettings {
  readonly maxHeaderBytes: number;
  /** How long the head of a request may take; 0 means no limit. */
  readonly headTimeoutMs: number;
  /** How long a connection may wait for its next request; 0 means no limit. */
  readonly idleTimeoutMs: number;
  /** Whether requests for WebSockets can be granted. */
  readonly upgrades: boolean;
}

export interface ServerEvents {
  /** The head of a request arrived. */
  request(exchange: ServerExchange): void;
  /** The last connection was closed. */
  empty(): void;
}

export interface HttpServer {
  /** Takes a connection that was just accepted; handshakes of TLS are waited for. */
  accept(connection: Connection, closed: (bytesIn: number, bytesOut: number) => void): void;
  /** Closes connections that have no answer under way, and the others after theirs. */
  close(): void;
  /** Closes every connection. */
  destroy(): void;
  /** How many connections are open. */
  readonly open: number;
  /** The bytes of all connections so far; looks at each that is open. */
  stats(): { readonly bytesIn: number; readonly bytesOut: number };
}

export interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** '1.1' */
  readonly version: string;
  readonly headers: readonly string[];
}

/** A request that came in, and its answer: one of `answer`, `begin`, `upgrade` and `cut` is called once. */
export interface ServerExchange {
  readonly head: RequestHead;
  readonly connection: Connection;
  /** Null for a request without one. A body that is not read is dropped with the answer. */
  readonly body: IncomingBody | null;
  /** The program has it now: `HttpServer.close` waits for the answer. */
  started(): void;
  /** Called at most once, when the client has gone before the answer was complete; `failed` is false after an orderly end. */
  onGone: ((failed: boolean) => void) | null;
  /** Answers at once. `bodiless` leaves the body out (HEAD, 204, 304); `close` ends the connection afterwards. */
  answer(status: number, headers: readonly string[], body: string, how: { bodiless: boolean; close: boolean }): void;
  /** Starts an answer whose body follows. `drained` is called after a `write` that returned false. */
  begin(status: number, headers: readonly string[], close: boolean, drained: () => void): OutgoingBody;
  /** Whether the request asks for a WebSocket. */
  readonly upgrades: boolean;
  upgrade(options: WebSocketOptions, headers: readonly string[], done: (outcome: WebSocketConnection | string) => void): void;
  /** Closes the connection without an answer. */
  cut(): void;
}

export interface IncomingBody {
  /** Starts the events; a waiting client is sent `100 Continue` first. */
  read(events: BodyEvents): void;
  pause(): void;
  resume(): void;
}

export interface BodyEvents {
  data(text: string): void;
  ended(): void;
  /** The body is not complete; `detail` says why. */
  failed(detail: string, code: ErrorCode): void;
}

export interface OutgoingBody {
  /** False when the sender should wait for `drained`. */
  write(text: string): boolean;
  end(): void;
  /** Cuts the connection, so that the client sees that the body is not complete. */
  cut(): void;
  readonly gone: boolean;
}

// ---- client ----

export interface ClientRequest {
  /** Connections are shared by requests with the same text: where they lead, and how they are encrypted. */
  readonly route: string;
  readonly method: string;
  /** The request target as it is sent. */
  readonly target: string;
  /** The whole address, and how many redirects are followed, for engines that do all that themselves. */
  readonly url: string;
  readonly redirects: number;
  readonly headers: readonly string[];
  /** Null when `write` and `end` of the call send it. */
  readonly body: string | null;
  readonly maxHeaderBytes: number;
  /** Whether a body packed with gzip is unpacked. */
  readonly unpack: boolean;
  /** How long an unused connection is kept, and how many there may be to one place. */
  readonly idleMs: number;
  readonly maxPerRoute: number;
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Whether a request does no harm when it is sent again, because a kept connection turned out to be closed. */
export function mayRepeat({ method, body }: ClientRequest): boolean {
  return SAFE_METHODS.has(method) && body !== null;
}

export interface ClientEvents extends BodyEvents {
  head(answer: AnswerHead): void;
  /** The request was not answered. */
  refused(failure: Failure): void;
  drained(): void;
}

export interface AnswerHead {
  readonly status: number;
  readonly headers: readonly string[];
  /** The body was unpacked: its length and encoding are not those of the headers. */
  readonly unpacked: boolean;
  readonly local: string;
  readonly remote: string;
  /** Where the answer is from, if the engine has followed redirects. */
  readonly url?: string;
}

export interface ClientCall {
  /** Gives up; no event comes any more. */
  abort(): void;
  pause(): void;
  resume(): void;
  write(text: string): boolean;
  end(): void;
}

// ---- WebSocket ----

export interface WebSocketOptions {
  readonly maxMessageBytes: number;
  readonly compress: boolean;
  /** Names of subprotocols, in order of preference. */
  readonly protocols: readonly string[];
}

export interface WebSocketRequest extends WebSocketOptions {
  /** `ws://host:port/path?query`, also when the connection is encrypted. */
  readonly url: string;
  readonly secure: boolean;
  readonly headers: readonly string[];
  readonly maxHeaderBytes: number;
}

export interface DialledWebSocket {
  readonly kind: 'open';
  readonly connection: WebSocketConnection;
  readonly headers: readonly string[];
}

export interface RefusedWebSocket {
  readonly kind: 'refused';
  readonly failure: Failure;
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  readonly headers: readonly string[];
}

export interface WebSocketConnection {
  readonly local: string;
  readonly remote: string;
  /** The subprotocol that was agreed on, or ''. */
  readonly protocol: string;
  /** Whether pings and pongs can be sent. */
  readonly canPing: boolean;
  attach(events: WebSocketEvents): void;
  /** Sends a message (opcode 1 or 2) or a ping or pong (9, 10). False when the sender should wait for `drained`. */
  send(text: string, opcode: number): boolean;
  /** Starts the closing handshake. */
  close(code: number, reason: string): void;
  /** Drops the connection. */
  terminate(): void;
  pause(): void;
  resume(): void;
}

export interface WebSocketEvents {
  message(text: string, opcode: 1 | 2): void;
  pong(): void;
  drained(): void;
  /** The peer broke the protocol or a limit. `closed` follows. */
  failed(code: ErrorCode, words: string): void;
  /** Nothing more comes. 1006 when the connection ended without a closing handshake. */
  closed(code: number, reason: string): void;
}
