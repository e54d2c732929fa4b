/**
 * The sockets of a program by their number.
 *
 * Numbers count up from 0 and are never used again, so a number below the next one that is not in the table is known to
 * be that of a closed socket. The last closed ones are kept for the addresses in their error texts.
 */
import type { Machine } from '../../language/runtime/machine.ts';
import type { Obj } from '../../language/values/values.ts';
import { ClosedConnection, type Connection } from './backend.ts';
import { KEPT_CLOSED } from './limits.ts';
import { connectedResult } from './results.ts';
import { Socket, type SocketOwner } from './socket.ts';
import type { SocketWatch } from './watch.ts';

export class SocketTable implements SocketOwner {
  /** Receives the events. */
  readonly watch: SocketWatch | null;
  /** Why the last attempt to connect failed: for a hint when the program uses its result as a socket. */
  lastRefusal: string | null = null;
  #next = 0;
  readonly #sockets = new Map<number, Socket>();
  readonly #closed: number[] = [];
  #forgotten: Socket | null = null;
  /** Tells when a program has lost the value of a socket. */
  readonly #values = new FinalizationRegistry<number>((id) => this.#sockets.get(id)?.forget());

  constructor(watch: SocketWatch | null = null) {
    this.watch = watch;
  }

  /** Takes in a connection that was dialled; the result of `connect`. */
  dialled(machine: Machine, connection: Connection, host: string | null): { socket: Socket; result: Obj } {
    const socket = this.#add(new Socket(machine, this, this.#next, connection, { host, accepted: false, watch: this.watch }));
    this.#tell('connect', socket);
    if (connection.encrypted) socket.secured();
    return { socket, result: this.#result(socket, false) };
  }

  /** Takes in a connection that was accepted; the event for the listener's handler. */
  accepted(machine: Machine, connection: Connection, owner: SocketOwner): { socket: Socket; event: Obj } {
    const socket = this.#add(
      new Socket(machine, owner, this.#next, connection, { host: null, accepted: true, watch: this.watch }),
    );
    this.#tell('accept', socket);
    if (connection.encrypted && connection.handshaking !== true) socket.secured();
    return { socket, event: this.#result(socket, true) };
  }

  #tell(kind: 'connect' | 'accept', { id, connection: { remote, local, encrypted: tls } }: Socket): void {
    this.watch?.tell({ kind, id, remote, local, tls });
  }

  #add(socket: Socket): Socket {
    this.#next++;
    this.#sockets.set(socket.id, socket);
    return socket;
  }

  #result(socket: Socket, event: boolean): Obj {
    const { remote, local, encrypted } = socket.connection;
    const result = connectedResult(socket.id, remote, local, encrypted, event);
    this.#values.register(result.socket as Obj, socket.id); // connectedResult sets it
    return result;
  }

  /** The socket with this number, open or closed; undefined if there never was one. */
  find(id: number): Socket | undefined {
    const socket = this.#sockets.get(id);
    if (socket !== undefined) return socket;
    return Number.isInteger(id) && id >= 0 && id < this.#next ? (this.#forgotten ?? undefined) : undefined;
  }

  onSocketClosed(socket: Socket): void {
    if (!socket.closed) return; // broken: the program may still want to know
    this.#closed.push(socket.id);
    if (this.#closed.length < KEPT_CLOSED * 2) return;
    for (const id of this.#closed.splice(0, KEPT_CLOSED)) this.#sockets.delete(id);
    this.#forgotten ??= closedSocket(socket);
  }
}

/** Represents every socket that was closed long ago. */
function closedSocket(like: Socket): Socket {
  return like.tombstone(new ClosedConnection({ local: '', remote: '', encrypted: false }));
}
