/**
 * A gateway: a WebSocket server whose pages get sockets of this machine, within rules. docs/internals/tunnel.md has the protocol.
 *
 * Bundled with `ws` into a file that is loaded when a gateway starts (dist/start-gateway.cjs); only plain data crosses the border.
 */
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { formatAddress } from '../../builtins/sockets/address.ts';
import type { SocketPolicy } from '../../builtins/sockets/policy.ts';
import { CLOSED, isToken, MOST_FRAME, PROTOCOL } from '../../builtins/sockets/tunnel/frames.ts';
import { errnoText } from '../errno.ts';
import { isWelcome, newToken, readOrigin, refusalOf } from './admission.ts';
import { Session, shown } from './session.ts';

export { isToken, newToken, readOrigin };

/** Bytes on their way to a page above which its sockets, and the page itself, are not read; and below which they are again. */
const MOST_UNSENT = 8 * 1024 * 1024;
const FEW_UNSENT = 1024 * 1024;
/** Pages at a time, and connections that are not pages yet. */
const MOST_PAGES = 32;
const MOST_CONNECTIONS = 256;
/** A page that has given no sign of life for so long is gone: each is asked this often. */
const ASK_EVERY_MS = 30_000;

export interface GatewayOptions {
  readonly host: string;
  readonly port: number;
  /** What pages may reach, and where they may listen. */
  readonly policy: SocketPolicy;
  /** Origins whose pages may come, beside those of this machine. */
  readonly origins: readonly string[];
  readonly token: string;
  /** Writes a line of the log. */
  log(text: string): void;
}

export interface Gateway {
  /** `ip:port` of where it listens. */
  readonly address: string;
  /** Turns everybody out; what pages have sent still goes to their peers. */
  close(): Promise<void>;
}

/** Starts a gateway; a text is why it cannot listen. */
export function startGateway(options: GatewayOptions): Promise<Gateway | string> {
  const { host, port, origins, log } = options;
  const pages = new Set<Page>();
  let count = 0;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MOST_FRAME,
    perMessageDeflate: false,
    // A page whose protocol is another is told so; a browser takes no answer but one of those that it has offered.
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : ([...offered][0] ?? false)),
  });
  sockets.on('headers', (lines, { headers }) => {
    if (headers.origin !== undefined && isWelcome(headers.origin, origins)) {
      for (const [name, value] of Object.entries(allowing(headers.origin))) lines.push(`${name}: ${value}`);
    }
  });
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) =>
    answer(request, response, origins),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on('upgrade', (request: IncomingMessage, stream: Socket, rest: Buffer) => {
    stream.on('error', () => {}); // until it is a WebSocket
    stream.setNoDelay(true);
    sockets.handleUpgrade(request, stream, rest, (socket) => {
      const name = `page ${++count}`;
      const { origin } = request.headers;
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
      const who = `${formatAddress(stream.remoteAddress ?? '', stream.remotePort ?? 0)}${origin === undefined ? '' : `, ${shown(origin)}`}`;
      const refusal =
        refusalOf({ origin, offered }, options) ??
        (pages.size >= MOST_PAGES ? { code: CLOSED.busy, reason: `the gateway serves ${MOST_PAGES} pages` } : null);
      if (refusal !== null) {
        log(`${name} (${who}) refused: ${refusal.reason}`);
        refuse(socket, refusal.code, refusal.reason);
        return;
      }
      log(`${name} (${who}) came`);
      const page = new Page(socket, options, (text) => log(`${name}: ${text}`));
      pages.add(page);
      socket.once('close', () => pages.delete(page));
    });
  });

  const asking = setInterval(() => {
    for (const page of pages) page.ask();
  }, ASK_EVERY_MS);
  asking.unref();

  return new Promise((done) => {
    server.once('error', (error) => {
      clearInterval(asking);
      done(errnoText(error));
    });
    server.listen(host === '' ? { port } : { host, port }, () => {
      const { address, port: given } = server.address() as AddressInfo; // it listens on TCP
      done({
        address: formatAddress(address, given),
        async close() {
          clearInterval(asking);
          const closed = new Promise<void>((freed) => server.close(() => freed()));
          await Promise.all([...pages].map((page) => page.turnOut()));
          server.closeAllConnections();
          await closed;
        },
      });
    });
  });
}

/** Browsers ask before a page reaches a machine of a private network, and whether it may read the answer. */
function allowing(origin: string): { readonly [name: string]: string } {
  return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Private-Network': 'true', Vary: 'Origin' };
}

function answer({ method, headers: { origin } }: IncomingMessage, response: ServerResponse, origins: readonly string[]): void {
  const welcome = origin !== undefined && isWelcome(origin, origins);
  const status = method === 'OPTIONS' ? (welcome ? 204 : 403) : 426;
  response.writeHead(status, {
    ...(welcome ? allowing(origin) : {}),
    ...(status === 426 ? { Upgrade: 'websocket' } : {}),
    Connection: 'close',
  });
  response.end(status === 204 ? '' : `${STATUS_CODES[status]}\n`);
}

/** Closes a WebSocket with a reason; one that does not answer is dropped. */
function refuse(socket: WebSocket, code: number, reason: string): void {
  socket.on('error', () => {});
  socket.close(code, reason.slice(0, 120)); // ASCII; 123 bytes are the most
  const timer = setTimeout(() => socket.terminate(), 2000);
  socket.once('close', () => clearTimeout(timer));
}

/** The WebSocket of a page that was let in. */
class Page {
  readonly #socket: WebSocket;
  readonly #session: Session;
  #isFull = false;
  /** It has shown a sign of life since it was asked. */
  #isAlive = true;
  #unsentWhenAsked = 0;

  constructor(socket: WebSocket, { policy }: GatewayOptions, log: (text: string) => void) {
    this.#socket = socket;
    const session = new Session(
      { send: (frame, sent) => this.#send(frame, sent), close: (code, reason) => refuse(socket, code, reason) },
      policy,
      log,
    );
    this.#session = session;
    socket.on('message', (data: RawData, isBinary) => {
      this.#isAlive = true;
      if (isBinary)
        session.receive(data as Buffer); // `ws` delivers a Buffer by default
      else session.violated('a message that is text');
    });
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('error', (error) => log(`failed: ${shown(error.message)}`)); // `close` follows
    socket.on('close', () => void session.end());
  }

  #send(frame: Uint8Array, sent?: () => void): void {
    const done = (): void => {
      sent?.();
      this.#sent();
    };
    this.#socket.send(frame, sent === undefined ? this.#sent : done);
    if (this.#isFull || this.#socket.bufferedAmount < MOST_UNSENT) return;
    this.#isFull = true;
    this.#socket.pause();
    this.#session.holdBack(true);
  }

  readonly #sent = (): void => {
    if (!this.#isFull || this.#socket.bufferedAmount > FEW_UNSENT) return;
    this.#isFull = false;
    this.#socket.resume();
    this.#session.holdBack(false);
  };

  /** Drops a page that neither answers nor takes what is sent to it. */
  ask(): void {
    const unsent = this.#socket.bufferedAmount;
    if (!this.#isAlive && (unsent === 0 || unsent >= this.#unsentWhenAsked)) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#unsentWhenAsked = unsent;
    this.#socket.ping();
  }

  /** Resolved when what the page has sent is with the system. */
  async turnOut(): Promise<void> {
    this.#socket.close(CLOSED.goingAway, 'the gateway ends');
    await this.#session.end();
    this.#socket.terminate();
  }
}
