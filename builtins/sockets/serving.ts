/** Listeners: each accepted connection is an event, which is handled in its own thread. */

import { ProgramError } from '../../language/runtime/errors.ts';
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import { type Fn, type Obj, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import type { Connection, Failure, Listener, ListenerEvents, TlsOptions } from './backend.ts';
import { errorResult, okResult, PREFIX } from './results.ts';
import { drained, type RunningServer } from './server-result.ts';
import type { Socket, SocketOwner } from './socket.ts';
import type { SocketTable } from './table.ts';

/** How a listener treats the connections that it accepts. */
export interface ServingOptions {
  /** The limit of lines that accepted sockets begin with. */
  readonly maxLine: number;
  /** So many accepted sockets may be open; further connections wait. */
  readonly maxConnections: number;
  /** Reads the certificates and goes on with them; null without TLS. `failed` receives what is wrong with them. */
  withTls(go: (tls: TlsOptions | null) => Value | Suspended, failed?: (error: unknown) => Value): Value | Suspended;
}

/** A connection whose socket is open or whose handler runs. */
interface Visit {
  readonly socket: Socket;
  readonly handler: Thread;
}

/** A listener of a program, with the sockets that came from it. */
export class Serving implements ListenerEvents, SocketOwner, RunningServer {
  readonly #machine: Machine;
  readonly #table: SocketTable;
  readonly #handler: Fn;
  readonly #options: ServingOptions;
  /** Sockets that hold a descriptor. */
  readonly #open = new Set<Socket>();
  readonly #visits = new Map<Socket, Visit>();
  #listener: Listener | null = null;
  #accepted = 0;
  #handlers = 0;
  #handshakes = 0;
  #failedHandshakes = 0;
  /** Connections that the program is going to see when their handshake is done. */
  #unhanded = 0;
  #isDraining = false;
  /** Whoever comes now is turned away. */
  #isDrained = false;
  /** Bytes of sockets that are no longer open. */
  #bytesIn = 0;
  #bytesOut = 0;
  /** Called when a visit or a handshake is over. */
  readonly #onVisitOver = new Set<() => void>();

  constructor(machine: Machine, table: SocketTable, handler: Fn, options: ServingOptions) {
    this.#machine = machine;
    this.#table = table;
    this.#handler = handler;
    this.#options = options;
  }

  /** The listener listens: it keeps the program alive from now on. */
  started(listener: Listener): void {
    this.#listener = listener;
    this.#machine.ref();
    this.#table.watch?.tell({ kind: 'listen', local: listener.local });
  }

  connection(connection: Connection): void {
    if (this.#isDrained) {
      connection.close(false);
      return;
    }
    const { socket, event } = this.#table.accepted(this.#machine, connection, this);
    socket.receiver.maxLine = this.#options.maxLine;
    this.#accepted++;
    this.#open.add(socket);
    this.#checkRoom();
    const handler = this.#machine.spawn(this.#handler, [event]);
    this.#handlers++;
    this.#visits.set(socket, { socket, handler });
    handler.onEnd = (_result, error) => {
      this.#handlers--;
      if (error !== null) socket.close(); // nothing else will
      this.#checkVisit(socket);
    };
  }

  failed({ code, detail }: Failure, temporary: boolean): void {
    this.#table.watch?.tell({ kind: 'accept-failed', local: this.#listener?.local ?? '', code, reason: detail });
    const prefix = temporary ? PREFIX.acceptAgain : PREFIX.accept;
    this.#machine.spawn(this.#handler, [errorResult(prefix + detail, code)]);
  }

  handshake(event: 'begun' | 'done' | 'failed', isHanded: boolean): void {
    const change = event === 'begun' ? 1 : -1;
    this.#handshakes += change;
    if (event === 'failed') this.#failedHandshakes++;
    if (isHanded) return;
    this.#unhanded += change;
    this.#checkRoom();
    if (event === 'failed') this.#onOver();
  }

  onSocketClosed(socket: Socket): void {
    this.#table.onSocketClosed(socket);
    if (!socket.lingering) this.gone(socket);
    this.#checkVisit(socket);
  }

  gone(socket: Socket): void {
    if (!this.#open.delete(socket)) return;
    this.#bytesIn += socket.bytesIn;
    this.#bytesOut += socket.bytesOut;
    this.#checkRoom();
  }

  /** Lets further connections wait, or in. */
  #checkRoom(): void {
    this.#listener?.hold(this.#open.size + this.#unhanded >= this.#options.maxConnections);
  }

  #checkVisit(socket: Socket): void {
    const visit = this.#visits.get(socket);
    if (visit === undefined || !visit.handler.ended || (!socket.closed && this.#open.has(socket))) return;
    this.#visits.delete(socket);
    this.#onOver();
  }

  #onOver(): void {
    for (const over of [...this.#onVisitOver]) over();
  }

  /** Frees the port; the accepted sockets live on. A second time nothing happens. */
  stop(): void {
    const listener = this.#listener;
    if (listener === null) return;
    this.#listener = null;
    listener.close();
    this.#machine.unref();
    this.#table.watch?.tell({ kind: 'listen-closed', local: listener.local });
  }

  /**
   * Frees the port and waits until every accepted socket is closed and every handler has ended, but the one that calls this; after
   * that time (0: for ever) closes the sockets that are left.
   */
  drain(limitMs: number): Value | Suspended {
    this.#isDraining = true;
    this.stop();
    const caller = this.#machine.current;
    const left = (): Visit[] => [...this.#visits.values()].filter(({ handler }) => handler !== caller);
    const count = (): number => left().length + this.#unhanded;
    if (count() === 0) return drained(0);
    const thread = this.#machine.block('external');
    let stopTimer: (() => void) | null = null;
    const finish = (): void => {
      stopTimer?.();
      this.#onVisitOver.delete(check);
      this.#isDrained = true;
      const result = drained(count());
      for (const { socket } of left()) socket.close();
      this.#machine.wake(thread, result);
    };
    const check = (): void => {
      if (count() === 0) finish();
    };
    this.#onVisitOver.add(check);
    if (limitMs > 0) stopTimer = this.#machine.host.timer(limitMs, finish);
    return SUSPENDED;
  }

  /** Reads the certificates again: handshakes that begin from now on show them. */
  reload(): Value | Suspended {
    return this.#options.withTls(
      (tls) => {
        if (tls !== null) this.#listener?.reload?.(tls);
        return okResult();
      },
      (error) => {
        const says = error instanceof ProgramError && error.mistake.code === 'tls-credentials' ? error.mistake.facts.says : null;
        if (typeof says !== 'string') throw error;
        return errorResult(says, 'cert');
      },
    );
  }

  /**
   * `{type: :ok, listening, draining, accepted, open, waiting, handlers, handshakes, failedHandshakes, bytesIn, bytesOut}`
   */
  stats(): Obj {
    const result = okResult();
    result.listening = this.#listener !== null;
    result.draining = this.#isDraining;
    result.accepted = this.#accepted;
    result.open = this.#open.size;
    result.waiting = this.#listener?.waiting() ?? 0;
    result.handlers = this.#handlers;
    result.handshakes = this.#handshakes;
    result.failedHandshakes = this.#failedHandshakes;
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
}
