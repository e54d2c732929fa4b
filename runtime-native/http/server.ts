/**
 * Serving with Node's `http`: a server that never listens is handed connections.
 *
 * Its parser is strict (RFC 9112): what it refuses is answered with 400, 408, 413 or 431 and the connection closed.
 */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpServer, ServerEvents, ServerSettings } from '../../builtins/http/backend.ts';
import type { Connection } from '../../builtins/sockets/backend.ts';
import { codeOf } from '../errno.ts';
import { type Client, linger, NodeExchange } from './exchange.ts';
import type { Streams } from './streams.ts';

/** How often time limits are looked at. */
const CHECK_MS = 1000;
/** So many header lines are read; the server refuses fewer. */
const MOST_HEADER_LINES = 1000;
/** The longest head that Node can be set to accept. */
const MOST_HEAD_BYTES = 2 ** 30;

export function serve(streams: Streams, settings: ServerSettings, events: ServerEvents): HttpServer {
  return new NodeHttpServer(streams, settings, events);
}

class NodeHttpServer implements HttpServer {
  readonly #streams: Streams;
  readonly #events: ServerEvents;
  readonly #server: Server;
  readonly #clients = new Map<Socket, Client>();
  /** Connections whose handshake is under way. */
  readonly #handshakes = new Set<Connection>();
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(
    streams: Streams,
    { maxHeaderBytes, headTimeoutMs, idleTimeoutMs, upgrades }: ServerSettings,
    events: ServerEvents,
  ) {
    this.#streams = streams;
    this.#events = events;
    const server = createServer({
      maxHeaderSize: Math.min(maxHeaderBytes, MOST_HEAD_BYTES),
      headersTimeout: headTimeoutMs,
      requestTimeout: 0, // bodies are timed by the silence between their bytes
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: headTimeoutMs > 0 ? Math.max(20, Math.min(CHECK_MS, headTimeoutMs / 4)) : CHECK_MS,
      insecureHTTPParser: false,
      requireHostHeader: true,
    });
    server.maxHeadersCount = MOST_HEADER_LINES;
    server.on('request', (request, response) => this.#request(request, response, false));
    server.on('checkContinue', (request, response) => this.#request(request, response, true));
    server.on('connect', (request, stream) => this.#onRawStream(request, stream as Socket, Buffer.alloc(0)));
    if (upgrades) server.on('upgrade', (request, stream, rest) => this.#onRawStream(request, stream as Socket, rest));
    server.on('clientError', (error, stream) => this.#clientError(error, stream as Socket));
    server.emit('listening'); // starts the checks of time limits
    this.#server = server;
  }

  accept(connection: Connection, closed: (bytesIn: number, bytesOut: number) => void): void {
    this.#handshakes.add(connection);
    const gone = (bytesIn: number, bytesOut: number): void => {
      closed(bytesIn, bytesOut);
      this.#reportEmpty();
    };
    const ready = (stream: Socket): void => {
      if (!this.#handshakes.delete(connection)) {
        stream.destroy(); // the server was closed meanwhile
        return;
      }
      this.#clients.set(stream, { connection, stream, running: 0, stuck: null, refused: false });
      stream.once('close', () => {
        this.#clients.delete(stream);
        this.#bytesIn += stream.bytesRead;
        this.#bytesOut += stream.bytesWritten;
        gone(stream.bytesRead, stream.bytesWritten);
      });
      this.#server.emit('connection', stream);
    };
    this.#streams.accepted(connection, ready, () => {
      if (this.#handshakes.delete(connection)) gone(0, 0);
    });
  }

  #reportEmpty(): void {
    if (this.open === 0) this.#events.empty();
  }

  // ---- requests ----

  #request(request: IncomingMessage, response: ServerResponse, expects: boolean): void {
    const client = this.#clients.get(request.socket);
    if (client === undefined || client.refused) return;
    this.#events.request(new NodeExchange(client, request, response, expects, null));
  }

  /** A request after which Node does not parse the connection any more: for a WebSocket, or CONNECT. */
  #onRawStream(request: IncomingMessage, stream: Socket, rest: Buffer): void {
    const client = this.#clients.get(stream);
    if (client === undefined) return;
    stream.on('error', () => {}); // the parser's own listener is gone
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(stream);
    response.once('finish', () => stream.destroySoon());
    const handOver = (): Buffer => {
      response.detachSocket(stream);
      this.#clients.delete(stream); // it lives on without the server
      this.#reportEmpty();
      return rest;
    };
    const wantsWebSocket = /(?:^|,)\s*websocket\s*(?:,|$)/i.test(request.headers.upgrade ?? '');
    this.#events.request(new NodeExchange(client, request, response, false, wantsWebSocket ? handOver : null));
  }

  #clientError(error: Error, stream: Socket): void {
    const client = this.#clients.get(stream);
    if (client?.refused === true) return;
    const code = codeOf(error);
    const wasSilent = code === 'ERR_HTTP_REQUEST_TIMEOUT' && stream.bytesRead === 0;
    if (client === undefined || !stream.writable || code === 'ECONNRESET' || client.running > 0 || wasSilent) {
      stream.destroy();
      return;
    }
    client.refused = true;
    const { status, title, reason } = faultOf(error);
    const text = `${status} ${title}${reason === '' ? '' : `: ${reason}`}\n`;
    const head = [
      `HTTP/1.1 ${status} ${title}`,
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${text.length}`,
      'Connection: close',
    ];
    stream.end(`${head.join('\r\n')}\r\n\r\n${text}`, 'latin1');
    linger(stream);
  }

  // ---- the end ----

  close(): void {
    for (const connection of this.#handshakes) connection.close(false);
    this.#handshakes.clear();
    for (const { stream, running } of this.#clients.values()) {
      if (running > 0) continue;
      if (stream.writableLength > 0) stream.destroySoon();
      else stream.destroy();
    }
    this.#server.close(); // ends the checks of time limits
  }

  destroy(): void {
    for (const stream of this.#clients.keys()) stream.destroy();
  }

  get open(): number {
    return this.#clients.size + this.#handshakes.size;
  }

  stats(): { bytesIn: number; bytesOut: number } {
    let bytesIn = this.#bytesIn;
    let bytesOut = this.#bytesOut;
    for (const stream of this.#clients.keys()) {
      bytesIn += stream.bytesRead;
      bytesOut += stream.bytesWritten;
    }
    return { bytesIn, bytesOut };
  }
}

/** What an error of the parser is answered with. */
function faultOf(error: Error): { status: number; title: string; reason: string } {
  switch (codeOf(error)) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, title: 'Request Header Fields Too Large', reason: '' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, title: 'Content Too Large', reason: '' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, title: 'Request Timeout', reason: '' };
    default: {
      const { reason } = error as { reason?: unknown };
      return { status: 400, title: 'Bad Request', reason: typeof reason === 'string' ? reason : '' };
    }
  }
}
