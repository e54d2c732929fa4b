/** Listeners: each accepted connection is an event, and each event a thread of its own. */
import { ProgramError } from '../../language/errors.ts';
import type { Machine } from '../../language/machine.ts';
import { display } from '../../language/render.ts';
import { type Fn, type Obj, Str, SUSPENDED, type Suspended, type Value } from '../../language/values.ts';
import type { Connection, Failure, Listener, ListenerEvents } from './backend.ts';
import { milliseconds } from './options.ts';
import { errorResult, okResult, PREFIX } from './results.ts';
import type { Socket, SocketOwner } from './socket.ts';
import type { SocketTable } from './table.ts';

/** What accepted sockets begin with. */
export interface SocketDefaults {
  readonly maxLine: number;
}

/** A listener of a program, with the sockets that came from it. */
export class Serving implements ListenerEvents, SocketOwner {
  readonly #machine: Machine;
  readonly #table: SocketTable;
  readonly #handler: Fn;
  readonly #defaults: SocketDefaults;
  readonly #open = new Set<Socket>();
  #listener: Listener | null = null;
  #accepted = 0;
  /** Who waits for the last socket to be closed. */
  #whenEmpty: (() => void)[] = [];

  constructor(machine: Machine, table: SocketTable, handler: Fn, defaults: SocketDefaults) {
    this.#machine = machine;
    this.#table = table;
    this.#handler = handler;
    this.#defaults = defaults;
  }

  /** The listener listens: it keeps the program alive from now on. */
  started(listener: Listener): void {
    this.#listener = listener;
    this.#machine.hold();
  }

  connection(connection: Connection): void {
    const { socket, event } = this.#table.accepted(this.#machine, connection, this);
    socket.maxLine = this.#defaults.maxLine;
    this.#accepted++;
    this.#open.add(socket);
    this.#machine.spawn(this.#handler, [event]).onEnd = (_result, error) => {
      if (error !== null) socket.close(); // nobody else will
    };
  }

  failed({ code, detail }: Failure, temporary: boolean): void {
    const prefix = temporary ? PREFIX.acceptAgain : PREFIX.accept;
    this.#machine.spawn(this.#handler, [errorResult(prefix + detail, code)]);
  }

  left(socket: Socket): void {
    this.#table.left(socket);
    if (!this.#open.delete(socket) || this.#open.size > 0) return;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }

  /** Frees the port; the accepted sockets live on. A second time nothing happens. */
  stop(): void {
    const listener = this.#listener;
    if (listener === null) return;
    this.#listener = null;
    listener.close();
    this.#machine.release();
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

  /** `{type: :ok, accepted, open, listening}` */
  stats(): Obj {
    const result = okResult();
    result.accepted = this.#accepted;
    result.open = this.#open.size;
    result.listening = this.#listener !== null;
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
      if (limitMs === undefined) throw new ProgramError(`drain requires a non-negative number, got ${display(limit)}`);
      return this.drain(limitMs);
    });
    result.stats = namedFunction('stats', () => this.stats());
    return result;
  }
}

/** A function that programs see as `fn NAME { <native fn> }`. */
function namedFunction(name: string, run: (argument?: Value) => Value | Suspended): Fn {
  const fn = (argument?: Value): Value | Suspended => run(argument);
  Object.defineProperty(fn, 'name', { value: name });
  return fn as Fn;
}
