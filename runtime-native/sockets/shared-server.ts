/**
 * Listening under `magnolia run --workers`: the primary process has the listening sockets and hands each connection to one worker.
 *
 * `node:cluster` shares sockets, too, but closes connections that it has accepted when the last worker stops listening, and loses those
 * that it has sent to a worker which ends. Here the primary keeps its copy of a connection until a worker says that it has taken it.
 */
import { EventEmitter } from 'node:events';
import { createServer, type ListenOptions, type Server, Socket, type TcpSocketConnectOpts } from 'node:net';
import { workerIdentity } from '../worker.ts';
import type { streamSettings } from './connection.ts';

/** Where to listen. */
export type Where = Pick<ListenOptions, 'host' | 'port' | 'path' | 'backlog'> & { readonly fd?: number };

/** What a worker sends to the primary; `id` is the number of a listener in its worker, `number` that of a connection. */
export type ToPrimary =
  | { readonly kind: 'listen'; readonly id: number; readonly where: Where; readonly nthOnAnyPort: number }
  | { readonly kind: 'close'; readonly id: number }
  | { readonly kind: 'taken' | 'refused'; readonly number: number }
  | { readonly kind: 'metrics'; readonly number: number; readonly snapshot: unknown };

/** What the primary sends to a worker; with `connection` comes its handle. */
export type ToWorker =
  | { readonly kind: 'listening'; readonly id: number; readonly address: ReturnType<Server['address']> }
  | { readonly kind: 'failed'; readonly id: number; readonly code: string }
  | { readonly kind: 'connection'; readonly id: number; readonly number: number }
  | { readonly kind: 'metrics'; readonly number: number };

type StreamSettings = ReturnType<typeof streamSettings>;
type Handle = NonNullable<ConstructorParameters<typeof Socket>[0]> extends { fd?: unknown } ? { close(): void } : never;

/** What listeners use of a server of Node. */
export type ListeningServer = Pick<Server, 'address' | 'close' | 'once' | 'off' | 'on'> & {
  listen(where: Where, onListening?: () => void): unknown;
};

/** A server of Node, or in a worker one whose sockets the primary has. */
export function newServer(settings: Partial<StreamSettings>, onConnection: (stream: Socket) => void): ListeningServer {
  if (workerIdentity === null) return createServer({ allowHalfOpen: true, ...settings }, onConnection);
  return new SharedServer(settings, onConnection) as unknown as ListeningServer; // its methods have the same types, less overloads
}

const open = new Map<number, SharedServer>();
let listeners = 0;
let listenersOnAnyPort = 0;
let receives = false;

function send(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}

function receive(message: ToWorker, handle: unknown): void {
  if (message.kind === 'metrics') return;
  const server = open.get(message.id);
  if (message.kind !== 'connection') {
    server?.answered(message);
  } else if (server === undefined) {
    (handle as Handle | undefined)?.close();
    send({ kind: 'refused', number: message.number });
  } else if (handle !== undefined) {
    send({ kind: 'taken', number: message.number });
    server.connection(handle as Handle);
  }
}

class SharedServer extends EventEmitter {
  readonly #settings: Partial<StreamSettings>;
  readonly #onConnection: (stream: Socket) => void;
  #id = -1;
  #address: ReturnType<Server['address']> = null;

  constructor(settings: Partial<StreamSettings>, onConnection: (stream: Socket) => void) {
    super();
    this.#settings = settings;
    this.#onConnection = onConnection;
  }

  listen(where: Where, onListening?: () => void): this {
    if (!receives) {
      receives = true;
      process.on('message', receive);
    }
    if (onListening !== undefined) this.once('listening', onListening);
    this.#id = listeners++;
    open.set(this.#id, this);
    const isAnyPort = where.port === 0;
    send({ kind: 'listen', id: this.#id, where, nthOnAnyPort: isAnyPort ? listenersOnAnyPort++ : 0 });
    return this;
  }

  answered(message: Extract<ToWorker, { kind: 'listening' | 'failed' }>): void {
    if (message.kind === 'listening') {
      this.#address = message.address;
      this.emit('listening');
      return;
    }
    open.delete(this.#id);
    this.emit('error', Object.assign(new Error(message.code), { code: message.code, syscall: 'listen' }));
  }

  connection(handle: Handle): void {
    const options = { handle, allowHalfOpen: true, readable: true, writable: true };
    const stream = new Socket(options as Partial<TcpSocketConnectOpts> as never); // `handle` is missing in Node's declarations
    if (this.#settings.noDelay === true) stream.setNoDelay(true);
    if (this.#settings.keepAlive === true) stream.setKeepAlive(true, this.#settings.keepAliveInitialDelay);
    this.#onConnection(stream);
  }

  address(): ReturnType<Server['address']> {
    return this.#address;
  }

  close(): this {
    if (open.delete(this.#id)) send({ kind: 'close', id: this.#id });
    return this;
  }
}
