/**
 * The sockets of a program by their number.
 *
 * Numbers count up from 0 and are never used again, so a number below the next one that is not in the table is known to
 * be that of a closed socket. The last closed ones are kept for the addresses in their error texts.
 */
import type { Machine } from '../../language/machine.ts';
import { type Connection, Gone } from './backend.ts';
import { Socket } from './socket.ts';

const KEPT_CLOSED = 1000;

export class SocketTable {
  #next = 0;
  readonly #sockets = new Map<number, Socket>();
  readonly #closed: number[] = [];
  #forgotten: Socket | null = null;

  /** Takes in a connection that has just been made. */
  add(machine: Machine, connection: Connection, host: string | null): Socket {
    const id = this.#next++;
    const socket = new Socket(machine, id, connection, host);
    this.#sockets.set(id, socket);
    return socket;
  }

  /** The socket with this number, open or closed; undefined if there never was one. */
  find(id: number): Socket | undefined {
    const socket = this.#sockets.get(id);
    if (socket !== undefined) return socket;
    return Number.isInteger(id) && id >= 0 && id < this.#next ? (this.#forgotten ?? undefined) : undefined;
  }

  /** Notes that a socket was closed. */
  closed(machine: Machine, socket: Socket): void {
    this.#closed.push(socket.id);
    if (this.#closed.length < KEPT_CLOSED * 2) return;
    for (const id of this.#closed.splice(0, KEPT_CLOSED)) this.#sockets.delete(id);
    if (this.#forgotten !== null) return;
    this.#forgotten = new Socket(machine, -1, new Gone({ local: '', remote: '', encrypted: false }), null);
    this.#forgotten.close();
  }
}
