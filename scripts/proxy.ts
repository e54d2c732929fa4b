/**
 * A proxy that spoils connections, for tests: what is on the way between two programs goes through it and meets its toxics.
 *
 *     const proxy = await startProxy({ host: '127.0.0.1', port });
 *     proxy.down.slices = { most: 3, pauseMs: 0, seed: 1 };    // from now on, from the server to the client
 *     ... connect to proxy.port ...
 *     await proxy.close();
 *
 * The toxics are those of Shopify's toxiproxy: latency, bandwidth, slow close, timeout, reset, slicer and limit. Each direction
 * has its own; they can be switched while connections live, and hold from the next chunk on.
 */
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** What happens to the bytes of one direction, and to its end. All of it can be combined. */
export interface Toxics {
  /** Each chunk is held back so long. */
  latencyMs?: number;
  /** Bandwidth: no more than that many bytes a second. */
  bytesPerSecond?: number;
  /** The end of the stream is handed on so much later. */
  slowCloseMs?: number;
  /** Nothing is handed on, not even the end; both sides are closed after that time, 0 for never. */
  timeoutMs?: number;
  /** After this time, counted from the first chunk or the end, both sides are reset. */
  resetMs?: number;
  /** Chunks are cut at random into pieces of at most that many bytes, each handed on by itself. */
  slices?: { most: number; pauseMs: number; seed: number };
  /** When that many bytes have been handed on, counted from when this was set, the rest is dropped and what `atLimit` says is done. */
  limitBytes?: number;
  /** At the limit: `end` both sides (the standard), `reset` them, or be `silent` and read no more. */
  atLimit?: 'end' | 'reset' | 'silent';
}

export interface SpoiltRoute {
  readonly port: number;
  /** From the client to the server. */
  readonly up: Toxics;
  /** From the server to the client. */
  readonly down: Toxics;
  /** How many connections there are. */
  readonly open: number;
  /** Resets, or ends without any ado, all connections there are. */
  cut(how: 'reset' | 'end'): void;
  /** Frees the port and drops every connection. */
  close(): Promise<void>;
}

/** Starts a proxy before the server at `target`; `path` makes it listen on a Unix socket. */
export function startProxy(target: NetConnectOpts, path?: string): Promise<SpoiltRoute> {
  const up: Toxics = {};
  const down: Toxics = {};
  const pairs = new Set<Pair>();

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const pair = new Pair(client, connect({ ...target, allowHalfOpen: true, noDelay: true }), () => pairs.delete(pair));
    pairs.add(pair);
    pair.carry(client, pair.server, up);
    pair.carry(pair.server, client, down);
  });

  const proxy = (port: number): SpoiltRoute => ({
    port,
    up,
    down,
    get open() {
      return pairs.size;
    },
    cut: (how) => {
      for (const pair of [...pairs]) pair.finish(how);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const pair of [...pairs]) pair.drop();
      }),
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path === undefined ? { host: '127.0.0.1', port: 0 } : { path }, () => {
      const address = server.address();
      resolve(proxy(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** One connection through the proxy. */
class Pair {
  readonly #dropped = new AbortController();

  constructor(
    readonly client: Socket,
    readonly server: Socket,
    gone: () => void,
  ) {
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET' && !other.destroyed) other.resetAndDestroy();
        this.drop();
      });
      one.on('close', () => {
        if (!client.destroyed || !server.destroyed) return;
        this.drop();
        gone();
      });
    }
  }

  drop(): void {
    this.#dropped.abort();
    this.client.destroy();
    this.server.destroy();
  }

  /** Ends both sides in the given way; nothing is handed on any more. */
  finish(how: 'reset' | 'end'): void {
    this.#dropped.abort();
    for (const stream of [this.client, this.server]) {
      if (how === 'reset' && !stream.destroyed && !stream.connecting) stream.resetAndDestroy();
      else stream.resume().end(() => stream.destroySoon());
    }
  }

  /** Hands one direction on until it ends. */
  carry(from: Socket, to: Socket, toxics: Toxics): void {
    this.#carry(from, to, toxics).catch(() => this.drop()); // a stream that broke, or a pause that was cut short
  }

  async #carry(from: Socket, to: Socket, toxics: Toxics): Promise<void> {
    const { signal } = this.#dropped;
    let passed = 0;
    let limit: number | undefined;
    for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      await this.#trouble(toxics);
      if (signal.aborted) return;
      if (limit !== toxics.limitBytes) [limit, passed] = [toxics.limitBytes, 0];
      const left = limit === undefined ? chunk.length : Math.max(0, limit - passed);
      for (const piece of cut(chunk.subarray(0, left), toxics)) {
        passed += piece.length;
        if (toxics.bytesPerSecond !== undefined) await pause((piece.length / toxics.bytesPerSecond) * 1000, signal);
        const isTaken = to.write(piece);
        if (toxics.slices !== undefined) await (toxics.slices.pauseMs > 0 ? pause(toxics.slices.pauseMs, signal) : nextTurn());
        if (!isTaken) await drained(to, signal);
      }
      if (limit === undefined || passed < limit) continue;
      if (toxics.atLimit === 'silent') await never(signal);
      this.finish(toxics.atLimit === 'reset' ? 'reset' : 'end');
      return;
    }
    await this.#trouble(toxics);
    if (toxics.slowCloseMs !== undefined) await pause(toxics.slowCloseMs, signal);
    to.end();
  }

  /** What befalls a chunk or an end before it is looked at. */
  async #trouble({ latencyMs, timeoutMs, resetMs }: Toxics): Promise<void> {
    const { signal } = this.#dropped;
    if (latencyMs !== undefined) await pause(latencyMs, signal);
    if (resetMs !== undefined) {
      await pause(resetMs, signal);
      this.finish('reset');
    } else if (timeoutMs !== undefined) {
      await (timeoutMs === 0 ? never(signal) : pause(timeoutMs, signal));
      this.finish('end');
    }
  }
}

function cut(chunk: Buffer, { slices }: Toxics): Buffer[] {
  if (slices === undefined) return chunk.length === 0 ? [] : [chunk];
  const pieces: Buffer[] = [];
  for (let at = 0; at < chunk.length; ) {
    slices.seed = (Math.imul(slices.seed, 1664525) + 1013904223) >>> 0;
    const size = 1 + Math.floor((slices.seed / 2 ** 32) ** 4 * slices.most); // small pieces come more often
    pieces.push(chunk.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Waits; at least until what was written before is under way. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return until(signal, (done) => {
    const timer = setTimeout(done, ms);
    return () => clearTimeout(timer);
  });
}

function drained(stream: Socket, signal: AbortSignal): Promise<void> {
  return until(signal, (done) => {
    stream.once('drain', done);
    return () => stream.off('drain', done);
  });
}

function never(signal: AbortSignal): Promise<void> {
  return until(signal, () => () => {});
}

/** Waits for what `start` brings about; throws when the connection is dropped before. `start` returns how to stop it. */
function until(signal: AbortSignal, start: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      stop();
      reject(new Error('dropped'));
    };
    const stop = start(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
