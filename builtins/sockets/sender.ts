/**
 * The sends of a socket.
 *
 * Small sends are gathered until a thread waits (`Machine.unflushed`) or 16 KB are together. When the system does not take more, the
 * threads that send are blocked and queued, and their sends go out one after the other.
 *
 * A `timeoutMs` of -1 means the limit of the socket.
 */
import type { Thread } from '../../language/runtime/machine.ts';
import { type Obj, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import { type Breakdown, writeTo } from './backend.ts';
import { GATHERED } from './limits.ts';
import type { Payload } from './options.ts';
import { errorResult, PREFIX, sentResult } from './results.ts';
import { BROKEN_PIPE, type SocketState } from './socket-state.ts';

/** A thread whose send waits. */
interface Write {
  readonly thread: Thread;
  readonly data: Payload;
  /** The system was given the data. */
  given: boolean;
  stopTimer: (() => void) | null;
}

const SEND_TIMED_OUT: Breakdown = { code: 'timeout', words: 'i/o timeout', call: null };

export class Sender {
  /** Time limit of a send, unless its call says otherwise; 0 for none. */
  timeoutMs = 0;
  bytesOut = 0;

  readonly #state: SocketState;
  #gathered = '';
  /** The system has not taken all it was given. */
  #awaitingDrain: boolean;
  readonly #writes: Write[] = [];
  /** Bytes of a send that timed out when some of them were under way. */
  #abandonedBytes = 0;

  constructor(state: SocketState) {
    this.#state = state;
    this.#awaitingDrain = state.connection.handshaking === true;
  }

  /** Whether a thread waits until its data is sent. */
  get isWaiting(): boolean {
    return this.#writes.length > 0;
  }

  send(data: Payload, timeoutMs = -1): Value | Suspended {
    const state = this.#state;
    if (!state.open) return state.failure(PREFIX.send, 'write');
    if (state.sendDisabled !== null) return state.error(PREFIX.send, 'write', state.sendDisabled);
    const size = data.length;
    if (this.#awaitingDrain || this.#writes.length > 0 || state.upgrading !== null) return this.#queue(data, false, timeoutMs);
    const gathered = this.#gathered;
    if (gathered.length + size < GATHERED && timeoutMs <= 0 && this.timeoutMs === 0) {
      if (gathered === '' && size > 0) state.machine.unflushed.push(this);
      this.#gathered = gathered + data;
      return sentResult(size);
    }
    if (typeof data === 'string') {
      this.#gathered = '';
      if (this.write(gathered + data)) return sentResult(size);
      return this.#queue(data, true, timeoutMs);
    }
    this.flush();
    if (this.#awaitingDrain) return this.#queue(data, false, timeoutMs);
    return this.write(data) ? sentResult(size) : this.#queue(data, true, timeoutMs);
  }

  #queue(data: Payload, given: boolean, timeoutMs: number): Suspended {
    const { machine } = this.#state;
    const write: Write = { thread: machine.block('external'), data, given, stopTimer: null };
    this.#writes.push(write);
    const limitMs = timeoutMs < 0 ? this.timeoutMs : timeoutMs;
    if (limitMs > 0) write.stopTimer = machine.host.timer(limitMs, () => this.#giveUp(write));
    return SUSPENDED;
  }

  /** Hands text or bytes to the system, past all queues. Returns whether the system has taken them. */
  write(data: Payload): boolean {
    const { connection, watch, id } = this.#state;
    this.bytesOut += data.length;
    watch?.bytes(id, 'out', data.length);
    this.#awaitingDrain = !writeTo(connection, data);
    return !this.#awaitingDrain;
  }

  /** Sends the gathered bytes. The machine calls this before a thread waits. */
  flush(): void {
    const gathered = this.#gathered;
    if (gathered === '') return;
    this.#gathered = '';
    this.write(gathered);
  }

  /** Sends all that waits, and then ends our direction. */
  end(): void {
    this.flush();
    for (const write of this.#writes) {
      if (!write.given) this.write(write.data);
      write.given = true;
    }
    this.#state.sendDisabled = BROKEN_PIPE;
    this.#state.connection.end();
  }

  /** The system took what it was given: goes on with the sends that wait. */
  drained(): void {
    this.#awaitingDrain = false;
    const writes = this.#writes;
    const { machine } = this.#state;
    while (writes.length > 0 && !this.#awaitingDrain && this.#state.upgrading === null) {
      const write = writes[0] as Write; // there is one
      if (!write.given) {
        write.given = true;
        if (!this.write(write.data)) return;
      }
      writes.shift();
      write.stopTimer?.();
      machine.wake(write.thread, sentResult(write.data.length));
    }
  }

  /** Ends a send that timed out. If some of it is under way, nothing can be sent any more. */
  #giveUp(write: Write): void {
    const at = this.#writes.indexOf(write);
    if (at < 0) return;
    const state = this.#state;
    this.#writes.splice(at, 1);
    const error = errorResult(`${PREFIX.send}i/o timeout`, 'timeout');
    error.bytes = write.given ? Math.max(0, write.data.length - state.connection.unsent()) : 0;
    if (write.given) {
      this.#abandonedBytes = write.data.length;
      state.sendDisabled = SEND_TIMED_OUT;
      this.fail(() => state.error(PREFIX.send, 'write', SEND_TIMED_OUT));
    }
    state.machine.wake(write.thread, error);
  }

  /** Answers all sends that wait with an error. */
  fail(error: () => Obj): void {
    for (const { thread, stopTimer } of this.#writes.splice(0)) {
      stopTimer?.();
      this.#state.machine.wake(thread, error());
    }
  }

  /** Drops the gathered bytes, because the connection is closed. */
  stop(): void {
    this.#awaitingDrain = false;
    this.#gathered = '';
  }

  /** How many of the bytes that the system has not taken yet must still go out: those of sends that have returned. */
  unsentPromised(): number {
    const notReturned = this.#writes.reduce((sum, { given, data }) => sum + (given ? data.length : 0), this.#abandonedBytes);
    return Math.max(0, this.#state.connection.unsent() - notReturned);
  }
}
