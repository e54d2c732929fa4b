/** The stream that Node's HTTP reads and writes: the connection's own, or one made over a connection in memory. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Connection, Failure } from '../../builtins/sockets/backend.ts';
import { toText } from '../latin1.ts';

/** Whether a dialled connection is none. */
export function isFailure(outcome: Connection | Failure): outcome is Failure {
  return 'detail' in outcome;
}

/** The streams of one program. */
export class Streams {
  /** Those that were made here. The host's own are closed with the network. */
  readonly #made = new Set<Duplex>();

  /** The stream of a connection that is ready to be read. */
  of(connection: Connection): Socket {
    const own = connection.takeStream?.();
    if (own !== undefined) return own as Socket; // on Node it is one
    const made = new ConnectionStream(connection);
    this.#made.add(made);
    made.once('close', () => this.#made.delete(made));
    return made as unknown as Socket; // it has what http and ws use of a socket
  }

  /**
   * Calls `ready` with the stream of an accepted connection, after the handshake of TLS. A connection that fails before that is
   * reported to `lost`.
   */
  accepted(connection: Connection, ready: (stream: Socket) => void, lost: () => void): void {
    if (!connection.encrypted) {
      ready(this.of(connection));
      return;
    }
    connection.attach({
      data() {},
      ended() {},
      drained() {},
      secured: () => ready(this.of(connection)),
      failed: lost,
    });
  }

  /** Closes the streams that are left when the program has ended; http and ws have timers for them. */
  close(): void {
    for (const stream of this.#made) stream.destroy();
  }
}

/** A stream over a connection that has none, with what Node's http, its agent and `ws` call on a socket. */
class ConnectionStream extends Duplex {
  readonly #connection: Connection;
  bytesRead = 0;
  bytesWritten = 0;
  #written: (() => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #timeoutMs = 0;

  constructor(connection: Connection) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    connection.attach({
      data: (bytes) => {
        this.bytesRead += bytes.length;
        this.#touch();
        if (!this.push(Buffer.from(bytes))) connection.pause();
      },
      ended: () => this.push(null),
      drained: () => {
        const done = this.#written;
        this.#written = null;
        done?.();
      },
      failed: ({ words, code, call }) => {
        this.destroy(Object.assign(new Error(words), { code: code === 'closed' ? 'EPIPE' : 'ECONNRESET', syscall: call }));
      },
    });
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.bytesWritten += chunk.length;
    this.#touch();
    if (this.#connection.write(toText(chunk))) process.nextTick(done);
    else this.#written = done;
  }

  override _final(done: () => void): void {
    this.#connection.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#connection.close(error === null);
    done(error);
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  setTimeout(milliseconds: number, listener?: () => void): this {
    this.#timeoutMs = milliseconds;
    if (listener !== undefined && milliseconds > 0) this.once('timeout', listener);
    this.#touch();
    return this;
  }

  #touch(): void {
    clearTimeout(this.#timer);
    if (this.#timeoutMs > 0 && !this.destroyed) this.#timer = setTimeout(() => this.emit('timeout'), this.#timeoutMs).unref();
  }

  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
