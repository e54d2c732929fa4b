/**
 * A connection over a socket of Node.
 *
 * The stream runs with `allowHalfOpen`, so that the end of the peer's direction does not end ours, and it has a listener for
 * errors for all of its life: an error that nobody hears would end the process.
 *
 * Dialled sockets read into one buffer that all of them share (`onread`): each chunk is used up before the call returns, which
 * spares an allocation of 64 KB a chunk. Node offers this to the dialling side only; accepted sockets emit `data`.
 */
import type { OnReadOpts, Socket } from 'node:net';
import { formatAddress } from '../../builtins/sockets/address.ts';
import {
  type Breakdown,
  type Connection,
  type ConnectionEvents,
  type Encryption,
  Failure,
  type TlsOptions,
} from '../../builtins/sockets/backend.ts';
import { breakdownOf } from './errors.ts';

/** How long input is thrown away after close, so that the peer's last words do not turn into a reset. */
const DISCARD_MS = 1000;

const sharedBuffer = Buffer.allocUnsafe(64 * 1024);

/** Keeps streams as a program wants them: small packets at once, dead peers noticed. */
export const STREAM_OPTIONS = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 15_000,
} as const;

/** Where a dialled socket puts what it reads; told to Node before there is a connection. */
export class Inlet {
  connection: NodeConnection | null = null;
  readonly options: OnReadOpts = {
    buffer: sharedBuffer,
    callback: (size) => {
      this.connection?.events.data(sharedBuffer.subarray(0, size));
      return true;
    },
  };
}

const NOBODY: ConnectionEvents = { data() {}, ended() {}, drained() {}, failed() {} };

export class NodeConnection implements Connection {
  readonly local: string;
  readonly remote: string;
  readonly encrypted = false;
  events: ConnectionEvents = NOBODY;
  readonly #stream: Socket;
  readonly #inlet: Inlet | null;
  /** What broke it before anybody was attached. */
  #broken: Breakdown | null = null;
  #attached = false;

  /** `inlet` is that of a dialled stream. `open` is the set of open connections, in which this one is while it lives. */
  constructor(stream: Socket, inlet: Inlet | null, open: Set<NodeConnection>) {
    this.#stream = stream;
    this.#inlet = inlet;
    this.local = formatAddress(stream.localAddress ?? '', stream.localPort ?? 0);
    this.remote = formatAddress(stream.remoteAddress ?? '', stream.remotePort ?? 0);
    open.add(this);
    stream.on('error', (error) => {
      this.#broken = breakdownOf(error);
      if (this.#attached) this.events.failed(this.#broken);
    });
    stream.once('close', () => open.delete(this));
  }

  attach(events: ConnectionEvents): void {
    this.events = events;
    this.#attached = true;
    const stream = this.#stream;
    if (this.#inlet === null) stream.on('data', (chunk) => this.events.data(chunk));
    else this.#inlet.connection = this;
    stream.on('end', () => this.events.ended());
    stream.on('drain', () => this.events.drained());
  }

  write(text: string): boolean {
    const stream = this.#stream;
    return stream.write(text, 'latin1') || stream.writableLength === 0;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    this.#stream.end();
  }

  close(): void {
    this.events = NOBODY;
    const stream = this.#stream;
    if (stream.destroyed) return;
    stream.resume();
    stream.end();
    if (stream.readableEnded) return; // Node frees it when the end is written
    const discard = (): void => {
      const timer = setTimeout(() => stream.destroy(), DISCARD_MS);
      stream.once('close', () => clearTimeout(timer));
    };
    if (stream.writableFinished) discard();
    else stream.once('finish', discard);
  }

  /** Waits until all that was written is with the system, says that no more will come, and lets go. For the end of the program. */
  finish(done: () => void): void {
    this.events = NOBODY;
    const stream = this.#stream;
    const drop = (): void => {
      stream.off('close', drop).off('finish', last).destroy();
      done();
    };
    // What has arrived is read and thrown away: closing with input unread would reset the connection, output and all.
    const last = (): void => {
      stream.resume();
      setImmediate(drop);
    };
    if (stream.destroyed) {
      done();
      return;
    }
    stream.once('close', drop);
    if (stream.writableFinished) last();
    else stream.once('finish', last).end();
  }

  upgrade(_options: TlsOptions, _unread: Uint8Array, done: (failure: Failure | null) => void): void {
    setImmediate(done, new Failure('unavailable', 'TLS is not implemented yet'));
  }

  encryption(): Encryption | null {
    return null;
  }
}
