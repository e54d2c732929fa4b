/**
 * A connection over a socket of Node.
 *
 * The stream runs with `allowHalfOpen`, so that the end of the peer's direction does not end ours, and it has a listener for
 * errors for all of its life: an unhandled error would end the process. For the same reason everything that a peer can
 * cause here is guarded: an exception breaks this connection and nothing else.
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
  type ProxyHeader,
  type ProxyPeer,
  type StreamOptions,
  type TlsOptions,
} from '../../builtins/sockets/backend.ts';
import { breakdownOf } from './errors.ts';
import { isLongText, writeLongText } from './long-text.ts';
import { describe, LONGEST_TIMER_MS, secure, unexpected, unusable } from './tls.ts';
import type { TlsEnd } from './tls-end.ts';
import { isTlsError, tlsErrorText } from './tls-errors.ts';

/** How long input is thrown away after close, so that the peer's last words do not turn into a reset. */
const DISCARD_MS = 1000;

const sharedBuffer = Buffer.allocUnsafe(64 * 1024);

/** The settings of a stream as Node wants them. */
export function streamSettings({ noDelay, keepAliveMs }: StreamOptions) {
  return { allowHalfOpen: true, noDelay, keepAlive: keepAliveMs > 0, keepAliveInitialDelay: keepAliveMs };
}

/** Where a dialled socket puts what it reads; passed to Node before the connection exists. */
export class ReadTarget {
  connection: NodeConnection | null = null;
  readonly options: OnReadOpts = {
    buffer: sharedBuffer,
    callback: (size) => {
      this.connection?.events.data(sharedBuffer.subarray(0, size));
      return true;
    },
  };
}

/** A stream knows its connection, so that the listeners are the same functions for all connections. */
const OWNER = Symbol('connection');
type OwnedStream = Socket & { [OWNER]: NodeConnection };

const NOBODY: ConnectionEvents = { data() {}, ended() {}, drained() {}, failed() {} };
const RESET: Breakdown = { code: 'reset', words: 'connection reset by peer', call: 'read' };
const CUT: Breakdown = { code: 'eof', words: 'unexpected EOF', call: null };

/** How many bytes of what it is writing a stream has not given to the system yet; Node has no public way to ask. */
function queuedBytes(stream: Socket): number | undefined {
  const { _handle: handle } = stream as Socket & { _handle?: { writeQueueSize?: unknown } | null };
  return typeof handle?.writeQueueSize === 'number' ? handle.writeQueueSize : undefined;
}

/** Where a connection comes from. */
export interface Origin {
  /** That of a dialled stream. */
  readonly inlet: ReadTarget | null;
  /** All open connections; a connection is among them while it lives. */
  readonly open: Set<NodeConnection>;
  /** That of a Unix socket. */
  readonly path: string | null;
  /** `ip:port` of the peer, where it is known; null to ask the system. */
  readonly remote: string | null;
  /** How long what was sent may take to leave after `close`. */
  readonly lingerMs: number;
  /** What a balancer in front has said of the client. */
  readonly header: ProxyHeader | null;
}

export class NodeConnection implements Connection {
  readonly local: string;
  readonly remote: string;
  readonly proxy: ProxyPeer | null;
  encrypted = false;
  events: ConnectionEvents = NOBODY;
  /** The stream that is read and written; the socket itself, or the encryption over it. */
  #stream: Socket;
  readonly #socket: Socket;
  readonly #origin: Origin;
  /** What broke it before anybody was attached. */
  #broken: Breakdown | null = null;
  #attached = false;
  /** A handshake is under way. */
  #securing = false;
  #tlsEnd: TlsEnd | null = null;
  /** Receives `gone` behind `close`. */
  #leaving: ConnectionEvents | null = null;
  #isPaused = false;
  /** Somebody waits until the system has taken what was written. */
  #listensForDrain = false;
  /** Frees the connection in any case. */
  #dropTimer: NodeJS.Timeout | null = null;
  /** The last write that the system did not take at once was all that it had to take. */
  #alone = false;

  constructor(stream: Socket, origin: Origin) {
    const { open, path, remote, header } = origin;
    this.#stream = this.#socket = stream;
    this.#origin = origin;
    this.local = path === null ? formatAddress(stream.localAddress ?? '', stream.localPort ?? 0) : `unix:${path}`;
    const peer = path === null ? (remote ?? formatAddress(stream.remoteAddress ?? '', stream.remotePort ?? 0)) : `unix:${path}`;
    this.remote = header?.source ?? peer;
    this.proxy = header === null ? null : { peer, header };
    open.add(this);
    (stream as OwnedStream)[OWNER] = this;
    stream.on('error', NodeConnection.#on.error);
    stream.on('close', NodeConnection.#on.close);
  }

  attach(events: ConnectionEvents): void {
    this.events = events;
    this.#attached = true;
    const { inlet } = this.#origin;
    if (inlet !== null) inlet.connection = this;
    if (this.#broken === null) this.#listen();
    else setImmediate((broken: Breakdown) => this.events.failed(broken), this.#broken);
  }

  /** Connects the stream's events to ours. */
  #listen(): void {
    const stream = this.#stream;
    if (this.#origin.inlet === null || this.encrypted) stream.on('data', NodeConnection.#on.data);
    stream.on('end', NodeConnection.#on.end);
    if (stream.readableEnded) setImmediate(() => this.#ended()); // before anybody listened
  }

  #unlisten(stream: Socket): void {
    stream.off('data', NodeConnection.#on.data).off('end', NodeConnection.#on.end);
    if (this.#listensForDrain) stream.off('drain', NodeConnection.#on.drain).off('finish', NodeConnection.#on.drain);
    this.#listensForDrain = false;
  }

  /** Most connections never have to wait for the system. */
  #listenForDrain(): void {
    if (this.#listensForDrain) return;
    this.#listensForDrain = true;
    this.#stream.on('drain', NodeConnection.#on.drain).on('finish', NodeConnection.#on.drain);
  }

  /** What Node calls with the stream as `this`. */
  static readonly #on = {
    /** Node reads each chunk into a new buffer. */
    data(this: OwnedStream, chunk: Buffer): void {
      this[OWNER].events.data(chunk, chunk.length === chunk.buffer.byteLength);
    },
    drain(this: OwnedStream): void {
      this[OWNER].events.drained();
    },
    end(this: OwnedStream): void {
      this[OWNER].#ended();
    },
    error(this: OwnedStream, error: Error): void {
      this[OWNER].#failed(error);
    },
    close(this: OwnedStream): void {
      this[OWNER].#gone();
    },
    finish(this: OwnedStream): void {
      this[OWNER].#discard();
    },
  };

  #ended(): void {
    const end = this.#tlsEnd;
    if (end?.isReset === true) this.#fail(RESET);
    else if (end?.isCut === true) this.#fail(CUT);
    else this.events.ended();
  }

  #failed(error: Error): void {
    if (this.#securing) return; // the handshake reports it
    const inTls = this.encrypted && isTlsError(error);
    this.#fail(inTls ? { code: 'tls', words: tlsErrorText(error, false), call: null } : breakdownOf(error));
  }

  #gone(): void {
    if (this.#dropTimer !== null) clearTimeout(this.#dropTimer);
    if (this.#origin.open.delete(this)) (this.#leaving ?? this.events).gone?.();
  }

  /** The connection is broken. What had arrived before is handed over first. */
  #fail(breakdown: Breakdown): void {
    const stream = this.#stream;
    if (this.#attached) for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) this.events.data(chunk);
    this.#broken ??= breakdown;
    stream.destroy();
    if (this.#attached) this.events.failed(this.#broken);
  }

  write(text: string): boolean {
    return this.#write(text);
  }

  writeBytes(bytes: Uint8Array): boolean {
    return this.#write(bytes);
  }

  #write(data: string | Uint8Array): boolean {
    const stream = this.#stream;
    if (this.#securing) {
      stream.write(data, 'latin1', () => this.events.drained()); // nothing is sent before the handshake
      return false;
    }
    const isIdle = stream.writableLength === 0;
    const goesOn = typeof data === 'string' && isLongText(data) ? writeLongText(stream, data) : stream.write(data, 'latin1');
    if (stream.writableLength === 0) return true;
    if (isIdle && this.encrypted && queuedBytes(this.#socket) === 0) return true; // Node calls it written a turn later
    this.#alone = stream.writableLength === data.length;
    if (goesOn) stream.write('', 'latin1', () => this.events.drained()); // there will be no `drain`
    this.#listenForDrain();
    return false;
  }

  unsent(): number {
    const stream = this.#stream;
    const length = stream.writableLength; // a piece counts as a whole until all of it is with the system
    return this.#alone && !this.encrypted && length > 0 ? (queuedBytes(stream) ?? length) : length;
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream.resume();
  }

  end(): void {
    this.#stream.end();
  }

  /** From now on nothing is reported but `gone`. */
  #letGo(): void {
    this.#leaving ??= this.events;
    this.events = NOBODY;
  }

  reset(): boolean {
    this.#letGo();
    const socket = this.#socket;
    if (this.#origin.path !== null || socket.destroyed) socket.destroy();
    else socket.resetAndDestroy();
    this.#stream.destroy();
    return this.#origin.open.has(this);
  }

  close(hasPromised: boolean): boolean {
    this.#letGo();
    const stream = this.#stream;
    if (stream.destroyed) return this.#origin.open.has(this);
    const unsent = this.unsent();
    const isLost = unsent > 0 && (!hasPromised || this.#origin.lingerMs === 0);
    if (isLost || (this.#securing && !this.encrypted)) {
      stream.destroy(); // in the middle of an upgrade, or of an abandoned send
      return true;
    }
    if (this.#isPaused || stream !== this.#socket || this.#origin.inlet === null) stream.resume();
    stream.end();
    if (stream.writableFinished) {
      this.#discard();
      return true;
    }
    // Without anything to send the end leaves at once; TLS always has its goodbye.
    if (this.encrypted || unsent > 0) this.#dropIn(this.#origin.lingerMs);
    stream.on('finish', NodeConnection.#on.finish);
    return true;
  }

  /** All is sent: what still arrives is thrown away for a while. */
  #discard(): void {
    if (this.#dropTimer !== null) clearTimeout(this.#dropTimer);
    if (!this.#stream.readableEnded) this.#dropIn(DISCARD_MS); // else Node frees it
  }

  /** Frees the connection after a time in any case. */
  #dropIn(ms: number): void {
    this.#dropTimer = setTimeout(NodeConnection.#drop, Math.min(ms, LONGEST_TIMER_MS), this);
  }

  static readonly #drop = (one: NodeConnection): void => {
    one.#stream.destroy();
    one.#socket.destroy();
  };

  /** Waits until all that was written is with the system, says that no more will come, and lets go. For the end of the program. */
  finish(done: () => void): void {
    const promised = this.events.unsentPromised?.() ?? this.unsent(); // no listener: the connection was closed, all of it was promised
    this.events = NOBODY;
    const stream = this.#stream;
    const { lingerMs } = this.#origin;
    const drop = (): void => {
      clearTimeout(timer);
      stream.off('close', drop).off('finish', last).destroy();
      done();
    };
    // What has arrived is read and thrown away: closing with input unread would reset the connection, output and all.
    const last = (): void => {
      stream.resume();
      setImmediate(drop);
    };
    const mayGo = (promised === 0 || lingerMs === 0) && this.unsent() > 0; // the rest belongs to sends that have not returned
    if (mayGo || (this.#securing && stream.writableLength === 0)) stream.destroy(); // or nothing was sent that a handshake has to come before
    if (stream.destroyed) {
      done();
      return;
    }
    const timer = setTimeout(drop, Math.min(lingerMs, LONGEST_TIMER_MS));
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
  accept(options: TlsOptions, done: (isFine: boolean) => void): void {
    this.#securing = true;
    this.encrypted = true;
    this.#secure(options, NO_BYTES, (failure) => {
      if (failure === null) {
        this.events.secured?.(); // a connection that is handed over only now reports it when it is taken in
        done(true);
        return;
      }
      const { events } = this;
      this.events = NOBODY; // nothing that a refused peer says is read
      this.#broken = { code: failure.code, words: failure.detail, call: null };
      if (this.#attached) events.failed(this.#broken);
      done(false);
    });
  }

  #secure(options: TlsOptions, unread: Uint8Array, done: (failure: Failure | null) => void): void {
    const plain = this.#stream;
    if (plain.destroyed || plain.readableEnded) {
      plain.destroy();
      done(new Failure('eof', 'EOF'));
      return;
    }
    try {
      const { stream, end } = secure(plain, options, unread, this, this.#origin.open, (failure) => {
        if (failure === null) {
          this.#securing = false;
          if (!this.encrypted) {
            this.encrypted = true;
            if (this.#attached) this.#listen();
          }
        }
        done(failure);
      });
      // As a server Node emits what goes wrong behind the handshake under this name, for its own `tls.Server`.
      (stream as Socket as OwnedStream)[OWNER] = this;
      stream.on('error', NodeConnection.#on.error).on('_tlsError', NodeConnection.#on.error);
      this.#stream = stream;
      this.#tlsEnd = end;
    } catch (error) {
      plain.destroy();
      done(unexpected(error));
    }
  }

  takeStream(): Socket {
    this.events = NOBODY;
    this.#unlisten(this.#stream);
    return this.#stream;
  }

  get handshaking(): boolean {
    return this.#securing;
  }

  get cleanEnd(): boolean {
    return this.#tlsEnd?.isClean === true;
  }

  encryption(): Encryption | null {
    const stream = this.#stream;
    return this.#securing || !(stream instanceof TLSSocket) ? null : describe(stream);
  }
}

const NO_BYTES = new Uint8Array(0);
