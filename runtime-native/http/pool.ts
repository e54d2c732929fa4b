/** The connections of a client, kept between requests. */
import { Agent, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Dial } from '../../builtins/http/backend.ts';
import type { Failure } from '../../builtins/sockets/backend.ts';
import { isFailure, type Streams } from './streams.ts';

/** What the pool needs to know of a request, among the options that Node hands on. */
export interface PoolOptions {
  readonly route: string;
  readonly dial: Dial;
  readonly idleMs: number;
}

/** Why there is no connection, as an error for Node. */
export class DialError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.detail);
  }
}

type Connected = (error: Error | null, stream: Duplex) => void;

/** One pool for each limit of connections to one place. */
export class Pool extends Agent {
  readonly #streams: Streams;
  readonly #idleMs = new WeakMap<Socket, number>();

  constructor(streams: Streams, maxSockets: number) {
    super({ keepAlive: true, maxSockets, scheduling: 'lifo' });
    this.#streams = streams;
  }

  override getName(options?: object): string {
    return (options as PoolOptions).route;
  }

  override createConnection(options: object, done?: Connected): undefined {
    const { dial, idleMs } = options as PoolOptions;
    dial((outcome) => {
      if (isFailure(outcome)) {
        done?.(new DialError(outcome), undefined as unknown as Duplex); // there is none, which the declaration does not know
        return;
      }
      const stream = this.#streams.of(outcome);
      this.#idleMs.set(stream, idleMs);
      stream.once('end', () => stream.end()); // the sockets of programs stay open for writing, those of HTTP do not
      done?.(null, stream);
    });
    return undefined; // Node waits for `done` then
  }

  /** A connection that sends unrequested data is closed, as is one that is idle for too long. */
  override keepSocketAlive(stream: Socket): boolean {
    stream.unref();
    stream
      .on('data', drop)
      .on('timeout', drop)
      .setTimeout(this.#idleMs.get(stream) ?? 0);
    return true;
  }

  override reuseSocket(stream: Socket, request: ClientRequest): void {
    stream.off('data', drop).off('timeout', drop).setTimeout(0);
    super.reuseSocket(stream, request);
  }

  /** Closes the kept connections of one route. */
  closeKept(route: string): void {
    for (const stream of this.freeSockets[route] ?? []) stream.destroy();
  }

  /** Closes connections that no request uses; those whose route begins with a name only if one is given. */
  closeIdle(name?: string): void {
    for (const [route, streams] of Object.entries(this.freeSockets)) {
      if (name === undefined || route.startsWith(`${name} `)) for (const stream of streams ?? []) stream.destroy();
    }
  }
}

function drop(this: Socket): void {
  this.destroy();
}
