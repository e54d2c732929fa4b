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
import { TLSSocket } from 'node:tls';
import { formatAddress } from '../../builtins/sockets/address.ts';
import {
  type Breakdown,
  type Connection,
  type ConnectionEvents,
  type Encryption,
  Failure,
  type StreamOptions,
  type TlsOptions,
} from '../../builtins/sockets/backend.ts';
import { breakdownOf } from './errors.ts';
import { describe, LONGEST_TIMER_MS, secure, unusable } from './tls.ts';
import { isTlsError, tlsErrorText } from './tls-errors.ts';

/** How long input is thrown away after close, so that the peer's last words do not turn into a reset. */
const DISCARD_MS = 1000;

const sharedBuffer = Buffer.allocUnsafe(64 * 1024);

/** The settings of a stream as Node wants them. */
export function streamSettings({ noDelay, keepAliveMs }: StreamOptions) {
  return { allowHalfOpen: true, noDelay, keepAlive: keepAliveMs > 0, keepAliveInitialDelay: keepAliveMs };
}

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

/** How many bytes of what it is writing a stream has not given to the system yet; Node has no public way to ask. */
function queuedBytes(stream: Socket): number | undefined {
  const { _handle: handle } = stream as Socket & { _handle?: { writeQueueSize?: unknown } | null };
  return typeof handle?.writeQueueSize === 'number' ? handle.writeQueueSize : undefined;
}

export class NodeConnection implements Connection {
  readonly local: string;
  readonly remote: string;
  encrypted = false;
  events: ConnectionEvents = NOBODY;
  #stream: Socket;
  /** That of a dialled stream. */
  readonly #inlet: Inlet | null;
  /** All open connections; this one is among them while it lives. */
  readonly #open: Set<NodeConnection>;
  /** What broke it before anybody was attached. */
  #broken: Breakdown | null = null;
  #attached = false;
  /** A handshake is under way. */
  #securing = false;
  /** The last write that the system did not take at once was all that it had to take. */
  #alone = false;

  /** `path` is that of a Unix socket. */
  constructor(stream: Socket, inlet: Inlet | null, open: Set<NodeConnection>, path: string | null = null) {
    this.#stream = stream;
    this.#inlet = inlet;
    this.#open = open;
    this.local = path === null ? formatAddress(stream.localAddress ?? '', stream.localPort ?? 0) : `unix:${path}`;
    this.remote = path === null ? formatAddress(stream.remoteAddress ?? '', stream.remotePort ?? 0) : `unix:${path}`;
    open.add(this);
    stream.on('error', this.#onError);
    stream.once('close', this.#onClose);
  }

  attach(events: ConnectionEvents): void {
    this.events = events;
    this.#attached = true;
    if (this.#inlet !== null) this.#inlet.connection = this;
    this.#listen();
    if (this.#broken !== null) setImmediate(this.#report, this.#broken);
  }

  /** Connects the stream's events to ours. */
  #listen(): void {
    const stream = this.#stream;
    if (this.#inlet === null || this.encrypted) stream.on('data', this.#onData);
    stream.on('end', this.#onEnd).on('drain', this.#onDrain).on('finish', this.#onDrain);
    if (stream.readableEnded) setImmediate(this.#onEnd); // before anybody listened
  }

  #unlisten(stream: Socket): void {
    stream.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain).off('finish', this.#onDrain);
  }

  readonly #onData = (chunk: Buffer): void => this.events.data(chunk);
  readonly #onEnd = (): void => this.events.ended();
  readonly #onDrain = (): void => this.events.drained();
  readonly #report = (breakdown: Breakdown): void => this.events.failed(breakdown);
  readonly #onError = (error: Error): void => {
    if (this.#securing) return; // the handshake reports it
    const inTls = this.encrypted && isTlsError(error);
    this.#broken ??= inTls ? { code: 'tls', words: tlsErrorText(error, false), call: null } : breakdownOf(error);
    if (this.#attached) this.events.failed(this.#broken);
  };
  readonly #onClose = (): void => {
    this.#open.delete(this);
  };

  write(text: string): boolean {
    const stream = this.#stream;
    if (this.#securing) {
      stream.write(text, 'latin1', this.#onDrain); // nothing is sent before the handshake
      return false;
    }
    if (stream.write(text, 'latin1') || stream.writableLength === 0) return true;
    this.#alone = stream.writableLength === text.length;
    return false;
  }

  unsent(): number {
    const stream = this.#stream;
    const length = stream.writableLength; // a piece counts as a whole until all of it is with the system
    return this.#alone && !this.encrypted && length > 0 ? (queuedBytes(stream) ?? length) : length;
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

  close(owed: boolean): void {
    this.events = NOBODY;
    const stream = this.#stream;
    if (stream.destroyed) return;
    if ((this.#securing && !this.encrypted) || (!owed && this.unsent() > 0)) {
      stream.destroy(); // in the middle of an upgrade, or of a send that nobody waits for any more
      return;
    }
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
    const owed = this.events.owed?.() ?? this.unsent(); // nobody: of a connection that was closed, all that is left
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
    const mayGo = owed === 0 && this.unsent() > 0; // what is left belongs to sends that have not returned
    if (mayGo || (this.#securing && stream.writableLength === 0)) stream.destroy(); // or nothing was sent that a handshake has to come before
    if (stream.destroyed) {
      done();
      return;
    }
    stream.once('close', drop);
    if (stream.writableFinished) last();
    else stream.once('finish', last).end();
  }

  upgrade(options: TlsOptions, unread: Uint8Array, done: (failure: Failure | null) => void): void {
    const plain = this.#stream;
    const wrong = unusable(options);
    if (wrong !== null) {
      this.#securing = true;
      plain.destroy();
      setImmediate(done, wrong);
      return;
    }
    this.#unlisten(plain);
    plain.pause();
    this.#securing = true;
    // What was sent in the clear has to be with the system before the first encrypted byte is.
    if (plain.writableLength === 0) {
      this.#secure(options, unread, done);
      return;
    }
    const { timeoutMs } = options;
    const began = performance.now();
    const timer = timeoutMs > 0 ? setTimeout(() => plain.destroy(), Math.min(timeoutMs, LONGEST_TIMER_MS)) : undefined;
    plain.write('', () => {
      clearTimeout(timer);
      const left = timeoutMs - (performance.now() - began);
      if (timeoutMs > 0 && left <= 0) done(new Failure('timeout', 'i/o timeout'));
      else this.#secure(timeoutMs > 0 ? { ...options, timeoutMs: Math.ceil(left) } : options, unread, done);
    });
  }

  /** Starts TLS as the server of a connection that was just accepted; reads and writes wait for the handshake. */
  accept(options: TlsOptions): void {
    this.#securing = true;
    this.encrypted = true;
    this.#secure(options, NO_BYTES, (failure) => {
      if (failure === null) {
        this.events.secured?.();
        return;
      }
      this.#broken = { code: failure.code, words: failure.detail, call: null };
      if (this.#attached) this.events.failed(this.#broken);
    });
  }

  #secure(options: TlsOptions, unread: Uint8Array, done: (failure: Failure | null) => void): void {
    const plain = this.#stream;
    if (plain.destroyed || plain.readableEnded) {
      plain.destroy();
      done(new Failure('eof', 'EOF'));
      return;
    }
    const stream = secure(plain, options, unread, this, (failure) => {
      if (failure === null) {
        this.#securing = false;
        if (!this.encrypted) {
          this.encrypted = true;
          if (this.#attached) this.#listen();
        }
      }
      done(failure);
    });
    stream.on('error', this.#onError);
    this.#stream = stream;
  }

  takeStream(): Socket {
    this.events = NOBODY;
    this.#unlisten(this.#stream);
    return this.#stream;
  }

  encryption(): Encryption | null {
    const stream = this.#stream;
    return this.#securing || !(stream instanceof TLSSocket) ? null : describe(stream);
  }
}

const NO_BYTES = new Uint8Array(0);
