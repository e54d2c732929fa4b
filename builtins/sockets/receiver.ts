/**
 * The reads of a socket.
 *
 * A read that can be answered from the buffer is answered at once. Otherwise its thread is blocked and queued. Each chunk that
 * arrives is offered to the waiting reads in order, and a thread is woken inside the event, before the event loop turns.
 *
 * A `timeoutMs` of -1 means the limit of the socket.
 */
import type { Thread } from '../../language/runtime/machine.ts';
import { asBytes, type ByteText, NO_BYTES } from '../../language/values/bytes.ts';
import { type Obj, Str, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import { MAX_LINE, MOST_UNREAD } from './limits.ts';
import { Reader, type ReadKind, TOO_LONG, wantedBy } from './reader.ts';
import { closedResult, dataResult, errorResult, PREFIX, tooLong } from './results.ts';
import type { SocketState } from './socket-state.ts';

/** A thread that waits for data. */
interface Read {
  readonly thread: Thread;
  readonly kind: ReadKind;
  /** The size, or the limit. */
  readonly size: number;
  /** What `recvUntil` looks for; for `recvPacket` as many characters as the length has bytes. */
  readonly delimiter: string;
  next: Read | null;
  stopTimer: (() => void) | null;
}

/** Reads that may ask for zero bytes. */
const ZERO_READS: ReadonlySet<ReadKind> = new Set(['recv', 'recvExact', 'peek']);

export class Receiver {
  /** Maximum bytes of a line, unless its call says otherwise. */
  maxLine = MAX_LINE;
  /** Time limit of a read, unless its call says otherwise; 0 for none. */
  timeoutMs = 0;
  /** A read has returned the end of the stream. */
  endReported = false;

  readonly #state: SocketState;
  readonly #owner: { onEndReported(): void };
  readonly #reader = new Reader();
  #isPaused = false;
  #first: Read | null = null;
  #last: Read | null = null;

  constructor(state: SocketState, owner: { onEndReported(): void }) {
    this.#state = state;
    this.#owner = owner;
  }

  /** The number of bytes in the buffer. */
  get unread(): number {
    return this.#reader.unread;
  }

  /** Whether a thread waits for data. */
  get isWaiting(): boolean {
    return this.#first !== null;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  recv(size: number, timeoutMs = -1): Value | Suspended {
    return size === 0 && this.#isSettled() ? dataResult(NO_BYTES) : this.#read('recv', size, timeoutMs);
  }

  /** As `recv`, but the bytes stay for the next read. */
  peek(size: number, timeoutMs = -1): Value | Suspended {
    return size === 0 && this.#isSettled() ? dataResult(NO_BYTES) : this.#read('peek', size, timeoutMs);
  }

  recvExact(size: number, timeoutMs = -1): Value | Suspended {
    return size === 0 && this.#isSettled() ? dataResult(NO_BYTES) : this.#read('recvExact', size, timeoutMs);
  }

  /** Reading zero bytes does not touch the stream, but it waits for a handshake and fails with it. */
  #isSettled(): boolean {
    const { closed, connection, broken } = this.#state;
    return !closed && connection.handshaking !== true && broken?.call !== null;
  }

  recvLine(limit = this.maxLine, timeoutMs = -1): Value | Suspended {
    if (this.#first === null && !this.#state.closed) {
      const line = this.#reader.takeLine(limit); // the common case: it is already there
      if (typeof line === 'string') return this.#taken(line);
    }
    return this.#read('recvLine', limit, timeoutMs);
  }

  /** The bytes before a delimiter. The delimiter is taken, and returned with them if it is to be kept. */
  recvUntil(delimiter: string, limit: number, timeoutMs: number, keep: boolean): Value | Suspended {
    return this.#read(keep ? 'recvThrough' : 'recvUntil', limit, timeoutMs, delimiter);
  }

  /** The bytes after their own length, a number of `width` bytes. */
  recvPacket(width: number, limit: number, timeoutMs: number): Value | Suspended {
    return this.#read('recvPacket', limit, timeoutMs, '#'.repeat(width));
  }

  /** All bytes until the end of the stream. */
  recvAll(limit: number, timeoutMs: number): Value | Suspended {
    return this.#read('recvAll', limit, timeoutMs);
  }

  #read(kind: ReadKind, size: number, timeoutMs: number, delimiter = ''): Value | Suspended {
    if (this.#first === null) {
      const result = this.#tryRead(kind, size, delimiter);
      if (result !== null) return result;
    }
    if (this.#isPaused) this.resume();
    const { machine } = this.#state;
    const read: Read = { thread: machine.block('external'), kind, size, delimiter, next: null, stopTimer: null };
    if (this.#last === null) this.#first = read;
    else this.#last.next = read;
    this.#last = read;
    const limitMs = timeoutMs < 0 ? this.timeoutMs : timeoutMs;
    if (limitMs > 0) read.stopTimer = machine.host.timer(limitMs, () => this.#giveUp(read));
    return SUSPENDED;
  }

  /** The result of a read, or null while it has to wait. */
  #tryRead(kind: ReadKind, size: number, delimiter: string): Obj | null {
    const state = this.#state;
    if (state.closed) return state.failure(PREFIX[kind], 'read');
    const reader = this.#reader;
    let found: ByteText | Uint8Array[] | null | typeof TOO_LONG;
    if (kind === 'recvLine') found = reader.takeLine(size);
    else if (kind === 'recv') found = reader.takeChunks(size) ?? reader.takeSome(size);
    else if (kind === 'peek') found = reader.peekSome(size);
    else if (kind === 'recvExact') found = size > reader.unread ? null : (reader.takeChunks(size) ?? reader.takeExact(size));
    else if (kind === 'recvUntil' || kind === 'recvThrough') found = reader.takeUntil(delimiter, size);
    else if (kind === 'recvPacket') {
      const packet = reader.takePacket(delimiter.length, size);
      if (typeof packet === 'number') return errorResult(`${PREFIX.recvPacket}packet of ${packet} bytes, above ${size}`, 'limit');
      found = packet;
    } else found = reader.unread > size ? TOO_LONG : null;

    if (typeof found === 'string') return this.#taken(kind === 'recvThrough' ? asBytes(found + delimiter) : found);
    if (Array.isArray(found)) return this.#taken(found);
    if (found === TOO_LONG) {
      reader.putBack();
      return errorResult(tooLong(kind, size), 'limit');
    }
    if (state.broken === null && size === 0 && this.#isSettled() && ZERO_READS.has(kind)) return dataResult(NO_BYTES);
    if (state.broken === null && !state.ended) return null;
    return this.#readAtEnd(kind);
  }

  /** The result of a read that has taken `bytes`. */
  #taken(bytes: ByteText | Uint8Array[]): Obj {
    if (this.#isPaused && this.#reader.unread <= MOST_UNREAD / 2) this.resume();
    return dataResult(bytes);
  }

  #readAtEnd(kind: ReadKind): Obj {
    const state = this.#state;
    const rest = this.#reader.unread;
    if (state.broken !== null && (!state.reported || state.broken.call === null)) {
      return this.#withRest(state.failure(PREFIX[kind], 'read'));
    }
    if (kind === 'recvAll') return dataResult(this.#reader.takeAll());
    if (kind === 'recvLine' && rest > 0) return dataResult(this.#reader.takeLastLine());
    this.endReported = true;
    this.#owner.onEndReported();
    if (kind !== 'recvExact' && rest === 0) return closedResult();
    return this.#withRest(errorResult(`${PREFIX[kind]}${rest === 0 ? 'EOF' : 'unexpected EOF'}`, 'eof'));
  }

  /** Adds the bytes that a failed read would lose to its error, as `data`. */
  #withRest(error: Obj): Obj {
    if (this.#reader.unread > 0) error.data = new Str(this.#reader.takeAll());
    return error;
  }

  /** Bytes arrived. Stops the connection while too many are unread. */
  arrived(bytes: Uint8Array, isGiven: boolean): void {
    const first = this.#first;
    this.#reader.push(bytes, first === null ? 0 : wantedBy(first), isGiven);
    if (first !== null) this.serve();
    if (this.#first === null && !this.#isPaused && this.#reader.unread >= MOST_UNREAD && !this.#state.closed) {
      this.#isPaused = true;
      this.#state.connection.pause();
    }
  }

  /** Answers the waiting reads that can be answered, in order. A woken thread may do anything, also to this socket. */
  serve(): void {
    for (let read = this.#first; read !== null; read = this.#first) {
      const result = this.#tryRead(read.kind, read.size, read.delimiter);
      if (result === null) return;
      this.#wakeFirst(read, result);
    }
  }

  /** Answers all waiting reads, because the socket was closed or its connection broke. Each of them reports the error. */
  serveAtEnd(): void {
    for (let read = this.#first; read !== null; read = this.#first) {
      this.#state.reported = false;
      this.#wakeFirst(read, this.#tryRead(read.kind, read.size, read.delimiter) as Obj); // at the end there always is an answer
    }
  }

  #wakeFirst(read: Read, result: Obj): void {
    this.#first = read.next;
    if (read.next === null) this.#last = null;
    read.stopTimer?.();
    this.#state.machine.wake(read.thread, result);
  }

  /** Ends a read that timed out. What has arrived stays for the next one. */
  #giveUp(read: Read): void {
    let before: Read | null = null;
    let one = this.#first;
    while (one !== null && one !== read) [before, one] = [one, one.next];
    if (one === null) return;
    if (before === null) this.#first = read.next;
    else before.next = read.next;
    if (this.#last === read) this.#last = before;
    this.#reader.putBack();
    this.#state.machine.wake(read.thread, errorResult(`${PREFIX[read.kind]}i/o timeout`, 'timeout'));
    this.serve(); // a shorter read may have waited behind it
  }

  /** Takes all unread bytes. */
  takeBytes(): Uint8Array {
    return this.#reader.takeBytes();
  }

  /** Takes all unread bytes for an upgrade, after which the connection delivers again. */
  takeForUpgrade(): Uint8Array {
    this.#isPaused = false;
    return this.#reader.takeBytes();
  }

  resume(): void {
    this.#isPaused = false;
    this.#state.connection.resume();
  }

  /** Frees the buffer. */
  drop(): void {
    this.#reader.drop();
  }
}
