/** Listeners: each accepted connection is an event, and each event a thread of its own. */
import { mistake } from '../../language/runtime/errors.ts';
import type { Machine } from '../../language/runtime/machine.ts';
import { type Fn, type Obj, Str, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import { milliseconds } from '../params.ts';
import { namedFunction } from '../registry.ts';
import type { Connection, Failure, Listener, ListenerEvents } from './backend.ts';
import { errorResult, okResult, PREFIX } from './results.ts';
import type { Socket, SocketOwner } from './socket.ts';
import type { SocketTable } from './table.ts';

/** How a listener treats the connections that it accepts. */
export interface ServingOptions {
  /** The limit of lines that accepted sockets begin with. */
  readonly maxLine: number;
  /** So many accepted sockets may be open; further connections wait. */
  readonly maxConnections: number;
}

/** A listener of a program, with the sockets that came from it. */
export class Serving implements ListenerEvents, SocketOwner {
  readonly #machine: Machine;
  readonly #table: SocketTable;
  readonly #handler: Fn;
  readonly #options: ServingOptions;
  readonly #open = new Set<Socket>();
  #listener: Listener | null = null;
  #accepted = 0;
  /** Bytes of sockets that are no longer open. */
  #bytesIn = 0;
  #bytesOut = 0;
  /** Who waits for the last socket to be closed. */
  #whenEmpty: (() => void)[] = [];

  constructor(machine: Machine, table: SocketTable, handler: Fn, options: ServingOptions) {
    this.#machine = machine;
    this.#table = table;
    this.#handler = handler;
    this.#options = options;
  }

  /** The listener listens: it keeps the program alive from now on. */
  started(listener: Listener): void {
    this.#listener = listener;
    this.#machine.hold();
    this.#table.watch?.tell({ kind: 'listen', local: listener.local });
  }

  connection(connection: Connection): void {
    const { socket, event } = this.#table.accepted(this.#machine, connection, this);
    socket.maxLine = this.#options.maxLine;
    this.#accepted++;
    this.#open.add(socket);
    if (this.#open.size >= this.#options.maxConnections) this.#listener?.hold(true);
    this.#machine.spawn(this.#handler, [event]).onEnd = (_result, error) => {
      if (error !== null) socket.close(); // nobody else will
    };
  }

  failed({ code, detail }: Failure, temporary: boolean): void {
    this.#table.watch?.tell({ kind: 'accept-failed', local: this.#listener?.local ?? '', code, reason: detail });
    const prefix = temporary ? PREFIX.acceptAgain : PREFIX.accept;
    this.#machine.spawn(this.#handler, [errorResult(prefix + detail, code)]);
  }

  left(socket: Socket): void {
    this.#table.left(socket);
    if (!socket.lingering) this.gone(socket);
  }

  gone(socket: Socket): void {
    if (!this.#open.delete(socket)) return;
    this.#bytesIn += socket.bytesIn;
    this.#bytesOut += socket.bytesOut;
    if (this.#open.size < this.#options.maxConnections) this.#listener?.hold(false);
    if (this.#open.size > 0) return;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }

  /** Frees the port; the accepted sockets live on. A second time nothing happens. */
  stop(): void {
    const listener = this.#listener;
    if (listener === null) return;
    this.#listener = null;
    listener.close();
    this.#machine.release();
    this.#table.watch?.tell({ kind: 'listen-closed', local: listener.local });
  }

  /** Frees the port and waits for the accepted sockets to be closed; after that time (0: for ever) closes those that are left. */
  drain(limitMs: number): Value | Suspended {
    this.stop();
    if (this.#open.size === 0) return this.#drained(0);
    const thread = this.#machine.block('world');
    let stopTimer: (() => void) | null = null;
    const finish = (): void => {
      stopTimer?.();
      this.#whenEmpty = this.#whenEmpty.filter((one) => one !== finish);
      const left = [...this.#open];
      for (const socket of left) socket.close();
      this.#machine.wake(thread, this.#drained(left.length));
    };
    this.#whenEmpty.push(finish);
    if (limitMs > 0) stopTimer = this.#machine.host.timer(limitMs, finish);
    return SUSPENDED;
  }

  #drained(remaining: number): Obj {
    const result = okResult();
    result.remaining = remaining;
    return result;
  }

  /** `{type: :ok, listening, accepted, open, waiting, bytesIn, bytesOut}` */
  stats(): Obj {
    const result = okResult();
    result.listening = this.#listener !== null;
    result.accepted = this.#accepted;
    result.open = this.#open.size;
    result.waiting = this.#listener?.waiting() ?? 0;
    let bytesIn = this.#bytesIn;
    let bytesOut = this.#bytesOut;
    for (const socket of this.#open) {
      bytesIn += socket.bytesIn;
      bytesOut += socket.bytesOut;
    }
    result.bytesIn = bytesIn;
    result.bytesOut = bytesOut;
    return result;
  }

  /** The function that a program closes its listener with. */
  closeFunction(): Fn {
    return namedFunction('close', () => {
      this.stop();
      return null;
    });
  }

  /** What `serve` gives. */
  result(local: string): Obj {
    const result = okResult();
    result.local = new Str(local);
    result.close = this.closeFunction();
    result.drain = namedFunction('drain', (limit) => {
      const limitMs = milliseconds(limit ?? null);
      if (limitMs === undefined) throw mistake('argument', { says: 'drain requires a non-negative number, got', value: limit });
      return this.drain(limitMs);
    });
    result.stats = namedFunction('stats', () => this.stats());
    return result;
  }
}
