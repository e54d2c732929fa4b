/**
 * One socket of a program: its reads (`Receiver`), its sends (`Sender`), upgrades to TLS, pipes, and its end.
 *
 * The connection reports its events here; a thread that waits for one is woken inside the event, before the event loop turns.
 */

import type { Machine, Thread } from '../../language/runtime/machine.ts';
import { type Obj, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import { type Breakdown, ClosedConnection, type Connection, type ConnectionEvents, type TlsOptions } from './backend.ts';
import type { PipedSocket, PipeEnd } from './pipe.ts';
import { Receiver } from './receiver.ts';
import { closedResult, connectedResult, errorResult, PREFIX } from './results.ts';
import { Sender } from './sender.ts';
import { BROKEN_PIPE, SocketState } from './socket-state.ts';
import type { SocketWatch } from './watch.ts';

/** What has to know when a socket has lost its connection. */
export interface SocketOwner {
  /** The socket was closed, its connection broke, or both directions have ended; may be called for each of them. */
  onSocketClosed(socket: Socket): void;
  /** The connection of a closed socket that was `lingering` no longer holds a descriptor. */
  gone?(socket: Socket): void;
}

/** A thread that waits for the handshake of an accepted connection. */
interface HandshakeWait {
  readonly thread: Thread;
  stopTimer: (() => void) | null;
}

export class Socket implements ConnectionEvents, PipedSocket {
  /** The host that was dialled: an upgrade checks the certificate against it. Null for an accepted socket. */
  readonly host: string | null;
  readonly accepted: boolean;
  readonly receiver: Receiver;
  readonly sender: Sender;
  bytesIn = 0;
  /** The socket is closed and its connection still holds a descriptor. */
  lingering = false;

  readonly #state: SocketState;
  readonly #owner: SocketOwner;
  /** The program lost the last value of this socket. */
  #isOrphaned = false;
  /** Programs got more than one value for this socket. */
  #hasAlias = false;
  #handshakes: HandshakeWait[] = [];
  /** What arrives goes there. */
  #pipe: PipeEnd | null = null;
  /** The other end of the pipe cannot take more. */
  #isHeldBack = false;

  constructor(
    machine: Machine,
    owner: SocketOwner,
    id: number,
    connection: Connection,
    origin: { host: string | null; accepted: boolean; watch: SocketWatch | null },
  ) {
    this.#state = new SocketState(machine, id, connection, origin.watch);
    this.#owner = owner;
    this.host = origin.host;
    this.accepted = origin.accepted;
    this.receiver = new Receiver(this.#state, this);
    this.sender = new Sender(this.#state);
    connection.attach(this);
  }

  get id(): number {
    return this.#state.id;
  }

  get connection(): Connection {
    return this.#state.connection;
  }

  get closed(): boolean {
    return this.#state.closed;
  }

  /** Whether there still is a connection. */
  get open(): boolean {
    return this.#state.open;
  }

  get bytesOut(): number {
    return this.sender.bytesOut;
  }

  /** A closed socket that represents others: without a number, and with the addresses of `connection`. */
  tombstone(connection: Connection): Socket {
    const origin = { host: null, accepted: this.accepted, watch: null };
    const dead = new Socket(this.#state.machine, { onSocketClosed() {} }, -1, connection, origin);
    dead.#state.closed = true;
    return dead;
  }

  // ---- encrypting ----

  /**
   * Goes on with TLS. Bytes that were read ahead become the first bytes of the handshake: an early hello works, injected plain text
   * makes the handshake fail, and nothing that came in the clear can be read afterwards. A failed upgrade closes the connection, so
   * that no program goes on in the clear by mistake.
   */
  startTls(options: TlsOptions): Value | Suspended {
    const refusal = this.#whyNoUpgrade();
    if (refusal !== null) return refusal;
    const state = this.#state;
    this.sender.flush();
    const thread = state.machine.block('external');
    state.upgrading = thread;
    const unread = this.receiver.takeForUpgrade();
    state.connection.upgrade(options, unread, (failure) => {
      if (state.upgrading !== thread) return; // closed meanwhile
      state.upgrading = null;
      if (failure === null) {
        const result = this.#encryptedResult();
        this.secured();
        state.machine.wake(thread, result);
        this.drained(); // sends that came meanwhile
        return;
      }
      state.closed = true;
      state.watch?.tell({ kind: 'tls-failed', id: state.id, code: failure.code, reason: failure.detail });
      state.machine.wake(thread, errorResult(PREFIX.startTls + failure.detail, failure.code));
      this.#detach();
    });
    return SUSPENDED;
  }

  #whyNoUpgrade(): Obj | null {
    const state = this.#state;
    const prefix = PREFIX.startTls;
    if (!state.open) return state.failure(prefix, 'read');
    if (state.sendDisabled !== null) return state.error(prefix, 'write', state.sendDisabled);
    if (state.connection.encrypted) return errorResult(`${prefix}the socket is already encrypted`, 'tls');
    if (state.upgrading !== null) return errorResult(`${prefix}an upgrade is in progress`, 'tls');
    if (this.receiver.isWaiting) return errorResult(`${prefix}a read is in progress`, 'tls');
    return this.sender.isWaiting ? errorResult(`${prefix}a write is in progress`, 'tls') : null;
  }

  /** Waits for the handshake of an accepted connection. Returns what `startTls` returns. */
  handshake(timeoutMs: number): Value | Suspended {
    const { machine, open, upgrading, connection } = this.#state;
    if (!open) return this.#state.failure(PREFIX.startTls, 'read');
    if (upgrading !== null) return errorResult(`${PREFIX.startTls}an upgrade is in progress`, 'tls');
    if (connection.handshaking !== true) return this.#encryptedResult();
    const waiting: HandshakeWait = { thread: machine.block('external'), stopTimer: null };
    this.#handshakes.push(waiting);
    if (timeoutMs > 0) {
      waiting.stopTimer = machine.host.timer(timeoutMs, () => {
        this.#handshakes = this.#handshakes.filter((one) => one !== waiting);
        machine.wake(waiting.thread, errorResult(`${PREFIX.startTls}i/o timeout`, 'timeout'));
      });
    }
    return SUSPENDED;
  }

  #encryptedResult(): Obj {
    const { remote, local, encrypted } = this.connection;
    this.#hasAlias = true;
    return connectedResult(this.id, remote, local, encrypted);
  }

  #wakeHandshakes(result: () => Obj): void {
    for (const { thread, stopTimer } of this.#handshakes.splice(0)) {
      stopTimer?.();
      this.#state.machine.wake(thread, result());
    }
  }

  // ---- piping ----

  /** Why this socket cannot be piped now; null when it can. */
  whyNoPipe(): Obj | null {
    const state = this.#state;
    const prefix = PREFIX.pipe;
    if (!state.open) return state.failure(prefix, 'read');
    if (state.sendDisabled !== null) return state.error(prefix, 'write', state.sendDisabled);
    if (state.upgrading !== null) return errorResult(`${prefix}an upgrade is in progress`, 'other');
    if (this.receiver.isWaiting || this.#pipe !== null) return errorResult(`${prefix}a read is in progress`, 'other');
    return this.sender.isWaiting ? errorResult(`${prefix}a write is in progress`, 'other') : null;
  }

  /** From now on all bytes that have arrived or arrive go to the other end of a pipe. */
  startPipe(end: PipeEnd): void {
    const state = this.#state;
    this.sender.flush();
    this.#pipe = end;
    state.machine.host.defer(() => {
      if (this.#pipe !== end || state.closed) return;
      const bytes = this.receiver.takeBytes();
      if (bytes.length > 0) end.data(bytes);
      if (state.closed) return;
      if (this.receiver.isPaused && !this.#isHeldBack) this.receiver.resume();
      if (state.ended) end.ended();
    });
  }

  pipeOut(text: string): boolean {
    return this.sender.write(text);
  }

  holdBack(isHeld: boolean): void {
    if (this.#isHeldBack === isHeld || this.closed) return;
    this.#isHeldBack = isHeld;
    if (isHeld) this.connection.pause();
    else this.receiver.resume();
  }

  endOutput(): void {
    if (!this.closed && this.#state.sendDisabled === null) this.sender.end();
  }

  breakdownText(breakdown: Breakdown): string {
    return this.#state.breakdownText(breakdown);
  }

  // ---- ending ----

  /** Ends our direction after all that was sent; reading goes on. */
  closeWrite(): Obj {
    const state = this.#state;
    if (state.closed) return state.failure(PREFIX.close, 'write');
    if (state.broken !== null || state.sendDisabled !== null) return closedResult();
    if (state.upgrading !== null) return errorResult(`${PREFIX.close}an upgrade is in progress`, 'tls');
    this.sender.end();
    if (state.ended) this.#owner.onSocketClosed(this);
    return closedResult();
  }

  /** Closes the socket. Bytes that were sent still go out, unless `isReset`. */
  close(isReset = false): Obj {
    const state = this.#state;
    if (state.closed) return closedResult();
    this.sender.flush();
    state.closed = true;
    this.lingering = isReset ? state.connection.reset() : state.connection.close(this.unsentPromised() > 0);
    this.#detach();
    return closedResult();
  }

  unsentPromised(): number {
    return this.sender.unsentPromised();
  }

  /**
   * No part of the program holds the socket's value any more. When a read has returned the end of the stream as well, the
   * socket is closed: programs written for the reference, where the number is gone by then, never close such a socket.
   */
  forget(): void {
    if (this.#hasAlias) return;
    this.#isOrphaned = true;
    this.#closeIfForgotten();
  }

  onEndReported(): void {
    if (this.#isOrphaned) this.#state.machine.host.defer(() => this.#closeIfForgotten());
  }

  #closeIfForgotten(): void {
    const { receiver, sender } = this;
    if (receiver.endReported && !receiver.isWaiting && !sender.isWaiting && this.#state.upgrading === null) this.close();
  }

  /** Forgets the connection and wakes all threads that wait for it. */
  #detach(): void {
    const state = this.#state;
    const { id, bytesIn, bytesOut } = this;
    if (!(state.connection instanceof ClosedConnection)) state.watch?.tell({ kind: 'close', id, bytesIn, bytesOut });
    state.connection = new ClosedConnection(state.connection);
    this.sender.stop();
    this.#owner.onSocketClosed(this);
    this.#pipe?.lost(state.closed ? null : state.broken);
    this.#pipe = null;
    this.#wakeHandshakes(() => state.failure(PREFIX.startTls, 'read'));
    const { upgrading } = state;
    state.upgrading = null;
    if (upgrading !== null) state.machine.wake(upgrading, state.failure(PREFIX.startTls, 'read'));
    this.sender.fail(() => state.failure(PREFIX.send, 'write'));
    this.receiver.serveAtEnd();
    if (state.closed) this.receiver.drop(); // closed sockets are kept for their addresses
  }

  // ---- events of the connection ----

  data(bytes: Uint8Array, isGiven = false): void {
    const { closed, watch, id } = this.#state;
    if (closed) return;
    this.bytesIn += bytes.length;
    watch?.bytes(id, 'in', bytes.length);
    if (this.#pipe !== null && this.receiver.unread === 0) this.#pipe.data(bytes);
    else this.receiver.arrived(bytes, isGiven);
  }

  ended(): void {
    this.#state.ended = true;
    if (this.#state.sendDisabled === BROKEN_PIPE) this.#owner.onSocketClosed(this);
    if (this.#pipe === null) this.receiver.serve();
    else if (this.receiver.unread === 0) this.#pipe.ended();
  }

  drained(): void {
    this.#pipe?.drained();
    this.sender.drained();
  }

  failed(breakdown: Breakdown): void {
    const state = this.#state;
    if (!state.open) return;
    state.broken = breakdown;
    const { code, words, call } = breakdown;
    state.watch?.tell({ kind: call === null ? 'tls-failed' : 'broken', id: state.id, code, reason: words });
    this.#detach();
  }

  /** The connection of a closed socket no longer holds a descriptor. */
  gone(): void {
    if (!this.lingering) return;
    this.lingering = false;
    this.#owner.gone?.(this);
  }

  /** A handshake is done. */
  secured(): void {
    const { watch, connection, id } = this.#state;
    this.drained(); // sends that came meanwhile
    this.receiver.serve(); // and reads of zero bytes
    this.#wakeHandshakes(() => this.#encryptedResult());
    const encryption = watch === null ? null : connection.encryption();
    if (encryption === null) return;
    const { protocol, cipher, verified, resumed } = encryption;
    watch?.tell({ kind: 'tls', id, protocol, cipher, verified, resumed });
  }
}
