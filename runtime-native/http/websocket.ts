/** WebSocket by `ws`, on both sides. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type {
  Dial,
  DialledWebSocket,
  RefusedWebSocket,
  WebSocketConnection,
  WebSocketEvents,
  WebSocketOptions,
  WebSocketRequest,
} from '../../builtins/http/backend.ts';
import type { Connection, ErrorCode } from '../../builtins/sockets/backend.ts';
import { MAX_TEXT } from '../../language/values/values.ts';
import { codeOf } from '../errno.ts';
import { toBuffer, toText } from '../latin1.ts';
import { isFailure, type Streams } from './streams.ts';

/** A sender waits while this much is not sent. */
const HIGH_WATER = 64 * 1024;

function common({ maxMessageBytes, compress }: WebSocketOptions) {
  return {
    maxPayload: Math.min(maxMessageBytes, MAX_TEXT),
    perMessageDeflate: compress,
    skipUTF8Validation: false,
    autoPong: true,
  };
}

/** Grants a request for a WebSocket. `rest` came behind its head. */
export function acceptWebSocket(
  asked: { request: IncomingMessage; stream: Socket; rest: Buffer; connection: Connection },
  options: WebSocketOptions,
  headers: readonly string[],
  done: (outcome: WebSocketConnection | string) => void,
): void {
  const { request, stream, rest, connection } = asked;
  let over = false;
  const settle = (outcome: WebSocketConnection | string): void => {
    if (over) return;
    over = true;
    done(outcome);
  };
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    ...common(options),
    handleProtocols: (offered) => options.protocols.find((name) => offered.has(name)) ?? false,
  });
  server.on('headers', (lines) => {
    for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  });
  server.on('wsClientError', (error, raw) => {
    raw.destroy();
    settle(error.message);
  });
  stream.once('close', () => settle('unexpected EOF'));
  server.handleUpgrade(request, stream, rest, (socket) => settle(new NodeWebSocket(socket, stream, connection)));
}

/** Opens a WebSocket over a connection that `dial` makes. Returns a function that gives up. */
export function dialWebSocket(
  streams: Streams,
  dial: Dial,
  { url, headers, maxHeaderBytes, ...options }: Omit<WebSocketRequest, 'secure'>,
  done: (outcome: DialledWebSocket | RefusedWebSocket) => void,
): () => void {
  let over = false;
  let drop = (): void => {};
  const settle = (outcome: DialledWebSocket | RefusedWebSocket): void => {
    if (over) return;
    over = true;
    done(outcome);
  };
  const refuse = (code: ErrorCode, detail: string, status = 0, answered: readonly string[] = []): void =>
    settle({ kind: 'refused', failure: { code, detail }, status, headers: answered });

  const cancel = dial((outcome) => {
    if (over) return;
    if (isFailure(outcome)) {
      refuse(outcome.code, outcome.detail);
      return;
    }
    const stream = streams.of(outcome);
    const lines: { [name: string]: string } = {};
    for (let i = 0; i < headers.length; i += 2) lines[headers[i] as string] = headers[i + 1] as string; // the list is flat
    const socket = new WebSocket(url, [...options.protocols], {
      ...common(options),
      headers: lines,
      followRedirects: false,
      createConnection: () => stream,
      maxHeaderSize: Math.min(maxHeaderBytes, 2 ** 30),
    } as WebSocket.ClientOptions); // ws hands options of http on
    drop = () => {
      socket.on('error', () => {});
      socket.terminate();
      stream.destroy();
    };
    const onError = (error: Error): void => {
      refuse('protocol', handshakeText(error));
      drop();
    };
    let answered: readonly string[] = [];
    socket.on('upgrade', (response) => {
      answered = response.rawHeaders;
    });
    socket.once('unexpected-response', (_request, response) => {
      refuse('http', 'websocket: bad handshake', response.statusCode ?? 0, response.rawHeaders);
      drop();
    });
    socket.on('error', onError);
    socket.once('open', () => {
      const connection = new NodeWebSocket(socket, stream, outcome);
      socket.off('error', onError);
      settle({ kind: 'open', connection, headers: answered });
    });
  });
  return () => {
    over = true;
    cancel();
    drop();
  };
}

function handshakeText(error: Error): string {
  if (/hang up|ECONNRESET/.test(`${error.message} ${codeOf(error)}`)) return 'unexpected EOF';
  return codeOf(error).startsWith('HPE_') ? `malformed HTTP response: ${error.message}` : 'websocket: bad handshake';
}

class NodeWebSocket implements WebSocketConnection {
  readonly canPing = true;
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #connection: Connection;
  #events: WebSocketEvents | null = null;
  #waiting = false;

  constructor(socket: WebSocket, stream: Socket, connection: Connection) {
    this.#socket = socket;
    this.#stream = stream;
    this.#connection = connection;
    socket.on('error', (error) => {
      const failure = failureOf(error);
      if (failure !== null) this.#events?.failed(failure.code, failure.words);
    });
  }

  get local(): string {
    return this.#connection.local;
  }
  get remote(): string {
    return this.#connection.remote;
  }
  get protocol(): string {
    return this.#socket.protocol;
  }

  attach(events: WebSocketEvents): void {
    this.#events = events;
    const socket = this.#socket;
    socket.on('message', (data: RawData, isBinary: boolean) => events.message(toText(data as Buffer), isBinary ? 2 : 1));
    socket.on('pong', () => events.pong());
    socket.on('close', (code, reason) => {
      if (code === 1006) events.closed(1006, 'unexpected EOF');
      else events.closed(code, toText(reason));
    });
  }

  send(text: string, opcode: number): boolean {
    const socket = this.#socket;
    const bytes = toBuffer(text);
    if (opcode === 9) socket.ping(bytes);
    else if (opcode === 10) socket.pong(bytes);
    else socket.send(bytes, { binary: opcode === 2 }, this.#sent);
    if (socket.bufferedAmount < HIGH_WATER) return true;
    this.#waiting = true;
    return false;
  }

  readonly #sent = (): void => {
    if (!this.#waiting || this.#socket.bufferedAmount >= HIGH_WATER) return;
    this.#waiting = false;
    this.#events?.drained();
  };

  close(code: number, reason: string): void {
    this.#socket.close(code, toBuffer(reason));
  }

  terminate(): void {
    this.#socket.terminate();
    this.#stream.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}

/** What an error of `ws` is; null for one of the connection, after which it is closed with 1006. */
function failureOf(error: Error): { code: ErrorCode; words: string } | null {
  const code = codeOf(error);
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return { code: 'limit', words: 'websocket: read limit exceeded' };
  if (code === 'WS_ERR_INVALID_UTF8') return { code: 'protocol', words: 'websocket: invalid UTF-8 in text message' };
  if (code.startsWith('Z_')) return { code: 'protocol', words: 'websocket: invalid compressed data' };
  if (!code.startsWith('WS_ERR_')) return null;
  return { code: 'protocol', words: `websocket: ${error.message.replace(/^Invalid WebSocket frame: /, '')}` };
}
