/**
 * What happens to a stream between the system's accept and the program: it may have to wait, or there may be no room for it.
 *
 * When descriptors run out, libuv accepts and closes waiting connections, without reporting it to Node. So the last few descriptors are
 * never used for accepted streams: one that would take them is closed here, and the program gets an error event. They stay free for files,
 * name look-ups and connections that the program makes itself. Descriptors are given out lowest first, so the number of a new
 * one tells how many there are.
 */
import { readFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { Failure, type ListenerEvents } from '../../builtins/sockets/backend.ts';
import { WaitingRoom } from '../../builtins/sockets/waiting-room.ts';

/** So many descriptors are kept free. */
const SPARE = 4;
/** A lack of descriptors is reported to the program at most once in this time. */
const TELL_EVERY_MS = 1000;

let limit: number | null = null;

/** How many descriptors this process may have; without a limit where the system does not tell. Node sets it when it starts. */
function descriptorLimit(): number {
  if (limit !== null) return limit;
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    limit = soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    limit = Number.POSITIVE_INFINITY;
  }
  return limit;
}

/** The descriptor of a stream; -1 where it has none. Node has no public way to ask. */
function descriptorOf(stream: Socket): number {
  const { _handle: handle } = stream as Socket & { _handle?: { fd?: unknown } | null };
  return typeof handle?.fd === 'number' ? handle.fd : -1;
}

/** A listener that can be closed. */
export interface ServerHandle {
  close(): void;
}

/** Closes a server and turns away those who wait. The port is free when that returns; open connections are not its business. */
export function serverHandle(server: Pick<Server, 'close'>, entrance: AcceptGate): ServerHandle {
  return {
    close() {
      server.close();
      entrance.close();
    },
  };
}

/** Where the streams of one listener come in. */
export class AcceptGate {
  readonly #room: WaitingRoom<Socket>;
  readonly #events: ListenerEvents;
  /** `tcp ADDRESS`, for error texts. */
  readonly #where: () => string;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(backlog: number, events: ListenerEvents, where: () => string, admit: (stream: Socket) => void) {
    descriptorLimit(); // while there is a descriptor left to ask with
    this.#events = events;
    this.#where = where;
    this.#room = new WaitingRoom(backlog, {
      admit: (stream) => {
        stream.off('error', this.#onLoss).off('close', this.#onClose);
        if (!stream.destroyed) admit(stream);
      },
      turnAway: (stream) => stream.destroy(),
      defer: setImmediate,
    });
  }

  readonly #onLoss = (): void => {}; // `close` follows
  readonly #onClose = (): void => {
    for (const stream of this.#room.all()) if (stream.destroyed) this.#room.leave(stream);
  };

  /** A stream that the system has accepted. */
  readonly enter = (stream: Socket): void => {
    if (descriptorOf(stream) >= descriptorLimit() - SPARE) {
      stream.destroy();
      this.#tellFull();
      return;
    }
    if (!this.#room.enter(stream)) return;
    stream.on('error', this.#onLoss).on('close', this.#onClose);
  };

  #tellFull(): void {
    const now = performance.now();
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    this.#events.failed(new Failure('limit', `accept ${this.#where()}: accept4: too many open files`), true);
  }

  hold(isHeld: boolean): void {
    this.#room.hold(isHeld);
  }

  waiting(): number {
    return this.#room.size;
  }

  close(): void {
    this.#room.close();
  }
}
