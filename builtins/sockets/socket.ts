/**
 * One socket of a program: what its threads wait for, and what the network has done meanwhile.
 *
 * A read that can be answered from the buffer is answered at once. Otherwise the thread is blocked and queued; each chunk that
 * arrives is offered to the readers in the order in which they came, and a reader is woken right inside the event, before
 * the event loop turns. Small sends are gathered until somebody waits (`Machine.unflushed`) or 16 KB are together; when
 * the system does not take more, senders are blocked and queued, whole sends one after the other.
 *
 * The stream of the peer is open, `#ended`, or `#broken`. The error that broke it is reported once, to the operation
 * that meets it first after all data that had arrived; from then on reads find the end and sends a broken pipe. Only
 * failures of the encryption stay what they are.
 */

import type { Machine, Thread } from '../../language/runtime/machine.ts';
import { asBytes, type ByteText, NO_BYTES } from '../../language/values/bytes.ts';
import { type Obj, Str, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import { type Breakdown, ClosedConnection, type Connection, type ConnectionEvents, type TlsOptions, writeTo } from './backend.ts';
import { GATHERED, MAX_LINE, MOST_UNREAD } from './limits.ts';
import type { Payload } from './options.ts';
import type { PipedSocket, PipeEnd } from './pipe.ts';
import { Reader, type ReadKind, TOO_LONG, wantedBy } from './reader.ts';
import { closedResult, connectedResult, dataResult, errorResult, PREFIX, sentResult, tooLong } from './results.ts';
import type { SocketWatch } from './watch.ts';

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

/** A thread whose send waits. */
interface Write {
  readonly thread: Thread;
  readonly text: Payload;
  /** The system was given the text. */
  given: boolean;
  stopTimer: (() => void) | null;
}

/** Who has to know when a socket has lost its connection. */
export interface SocketOwner {
  /** The socket was closed, its connection broke, or both directions have ended; may be called for each of them. */
  onSocketClosed(socket: Socket): void;
  /** The connection of a closed socket that was `lingering` holds no descriptor any more. */
  gone?(socket: Socket): void;
}

/** Reads that may ask for nothing. */
const ZERO_READS: ReadonlySet<ReadKind> = new Set(['recv', 'recvExact', 'peek']);
const BROKEN_PIPE: Breakdown = { code: 'closed', words: 'broken pipe', call: 'write' };
const SEND_TIMED_OUT: Breakdown = { code: 'timeout', words: 'i/o timeout', call: null };

export class Socket implements ConnectionEvents, PipedSocket {
  readonly id: number;
  connection: Connection;
  /** The host that was dialled: whom an upgrade has to find behind the certificate. Null for an accepted socket. */
  readonly host: string | null;
  readonly accepted: boolean;
  /** Receives the events. */
  readonly watch: SocketWatch | null;
  /** The most bytes of a line, unless its call says otherwise. */
  maxLine = MAX_LINE;
  /** Limits of the time of each read and write unless its call says otherwise; 0 for none. */
  readTimeoutMs = 0;
  writeTimeoutMs = 0;
  bytesIn = 0;
  bytesOut = 0;

  readonly #machine: Machine;
  readonly #owner: SocketOwner;
  readonly #reader = new Reader();
  #paused = false;
  /** The other end of a pipe cannot take more. */
  #isHeldBack = false;
  #ended = false;
  #endReported = false;
  #broken: Breakdown | null = null;
  #reported = false;
  #closed = false;
  #orphaned = false;
  /** Programs got more than one value for this socket. */
  #hasAlias = false;

  #reads: Read | null = null;
  #lastRead: Read | null = null;
  #gathered = '';
  /** The system has not taken all it was given. */
  #awaitingDrain = false;
  readonly #writes: Write[] = [];
  /** Why nothing can be sent any more although the connection is open. */
  #sendDisabled: Breakdown | null = null;
  /** Bytes of a send that was given up when some of them were under way. */
  #abandonedBytes = 0;
  /** The thread that waits for an upgrade. */
  #upgrading: Thread | null = null;
  /** Those that wait for the handshake of an accepted connection. */
  #handshakes: { readonly thread: Thread; stopTimer: (() => void) | null }[] = [];
  /** What arrives goes there. */
  #pipe: PipeEnd | null = null;

  constructor(
    machine: Machine,
    owner: SocketOwner,
    id: number,
    connection: Connection,
    origin: { host: string | null; accepted: boolean; watch: SocketWatch | null },
  ) {
    this.#machine = machine;
    this.#owner = owner;
    this.id = id;
    this.connection = connection;
    this.host = origin.host;
    this.accepted = origin.accepted;
    this.watch = origin.watch;
    this.#awaitingDrain = connection.handshaking === true;
    connection.attach(this);
  }

  /** The socket is closed and its connection still holds a descriptor. */
  lingering = false;

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether there still is a connection. */
  get open(): boolean {
    return !this.#closed && this.#broken === null;
  }

  get unread(): number {
    return this.#reader.unread;
  }

  /** A closed socket that stands for others: without a number, and with the addresses of that connection. */
  tombstone(connection: Connection): Socket {
    const dead = new Socket(this.#machine, { onSocketClosed() {} }, -1, connection, {
      host: null,
      accepted: this.accepted,
      watch: null,
    });
    dead.#closed = true;
    return dead;
  }

  // ---- reading; a time of -1 is the socket's own ----

  recv(size: number, timeoutMs = -1): Value | Suspended {
    return size === 0 && this.#isSettled() ? dataResult(NO_BYTES) : this.#read('recv', size, timeoutMs);
  }

  /** As `recv`, but the bytes stay for the next read. */
  peek(size: number, timeoutMs = -1): Value | Suspended {
    return size === 0 && this.#isSettled() ? dataResult(NO_BYTES) : this.#read('peek', size, timeoutMs);
  }

  /** Reading nothing does not touch the stream, but it waits for a handshake and fails with it. */
  #isSettled(): boolean {
    return !this.#closed && this.connection.handshaking !== true && this.#broken?.call !== null;
  }

  recvExact(size: number, timeoutMs = -1): Value | Suspended {
    return size === 0 && this.#isSettled() ? dataResult(NO_BYTES) : this.#read('recvExact', size, timeoutMs);
  }

  recvLine(limit = this.maxLine, timeoutMs = -1): Value | Suspended {
    if (this.#reads === null && !this.#closed) {
      const line = this.#reader.takeLine(limit); // mostly it is there
      if (typeof line === 'string') return this.#taken(line);
    }
    return this.#read('recvLine', limit, timeoutMs);
  }

  /** What comes before a delimiter; the delimiter is taken, and given if it is to be kept. */
  recvUntil(delimiter: string, limit: number, timeoutMs: number, keep: boolean): Value | Suspended {
    return this.#read(keep ? 'recvThrough' : 'recvUntil', limit, timeoutMs, delimiter);
  }

  /** The text after its own length, a number of `width` bytes. */
  recvPacket(width: number, limit: number, timeoutMs: number): Value | Suspended {
    return this.#read('recvPacket', limit, timeoutMs, '#'.repeat(width));
  }

  /** All that comes until the end of the stream. */
  recvAll(limit: number, timeoutMs: number): Value | Suspended {
    return this.#read('recvAll', limit, timeoutMs);
  }

  #read(kind: ReadKind, size: number, timeoutMs: number, delimiter = ''): Value | Suspended {
    if (this.#reads === null) {
      const result = this.#tryRead(kind, size, delimiter);
      if (result !== null) return result;
    }
    if (this.#paused) this.#resume();
    const read: Read = { thread: this.#machine.block('external'), kind, size, delimiter, next: null, stopTimer: null };
    if (this.#lastRead === null) this.#reads = read;
    else this.#lastRead.next = read;
    this.#lastRead = read;
    const limitMs = timeoutMs < 0 ? this.readTimeoutMs : timeoutMs;
    if (limitMs > 0) read.stopTimer = this.#machine.host.timer(limitMs, () => this.#giveUpRead(read));
    return SUSPENDED;
  }

  /** The result of a read, or null while it has to wait. */
  #tryRead(kind: ReadKind, size: number, delimiter: string): Obj | null {
    if (this.#closed) return this.#closedByUs(PREFIX[kind], 'read');
    const reader = this.#reader;
    let found: ByteText | Uint8Array | null | typeof TOO_LONG;
    if (kind === 'recvLine') found = reader.takeLine(size);
    else if (kind === 'recv') found = reader.takeWhole(size) ?? reader.takeSome(size);
    else if (kind === 'peek') found = reader.peekSome(size);
    else if (kind === 'recvExact') found = (size === reader.unread ? reader.takeWhole(size) : null) ?? reader.takeExact(size);
    else if (kind === 'recvUntil' || kind === 'recvThrough') found = reader.takeUntil(delimiter, size);
    else if (kind === 'recvPacket') {
      const packet = reader.takePacket(delimiter.length, size);
      if (typeof packet === 'number') return errorResult(`${PREFIX.recvPacket}packet of ${packet} bytes, above ${size}`, 'limit');
      found = packet;
    } else found = reader.unread > size ? TOO_LONG : null;

    if (typeof found === 'string') return this.#taken(kind === 'recvThrough' ? asBytes(found + delimiter) : found);
    if (found instanceof Uint8Array) return this.#taken(found);
    if (found === TOO_LONG) {
      reader.putBack();
      return errorResult(tooLong(kind, size), 'limit');
    }
    if (this.#broken === null && size === 0 && this.#isSettled() && ZERO_READS.has(kind)) return dataResult(NO_BYTES);
    if (this.#broken === null && !this.#ended) return null;
    return this.#readAtEnd(kind);
  }

  /** The result of a read that has taken `text`. */
  #taken(text: ByteText | Uint8Array): Obj {
    if (this.#paused && this.#reader.unread <= MOST_UNREAD / 2) this.#resume();
    return dataResult(text);
  }

  #readAtEnd(kind: ReadKind): Obj {
    const rest = this.#reader.unread;
    if (this.#broken !== null && (!this.#reported || this.#broken.call === null)) {
      return this.#withRest(this.#report(PREFIX[kind], 'read'));
    }
    if (kind === 'recvAll') return dataResult(this.#reader.takeAll());
    if (kind === 'recvLine' && rest > 0) return dataResult(this.#reader.takeLastLine());
    this.#endReported = true;
    if (this.#orphaned) this.#machine.host.defer(() => this.#closeIfForgotten());
    if (kind !== 'recvExact' && rest === 0) return closedResult();
    return this.#withRest(errorResult(`${PREFIX[kind]}${rest === 0 ? 'EOF' : 'unexpected EOF'}`, 'eof'));
  }

  /** Bytes that a failed read would lose are a field of its error. */
  #withRest(error: Obj): Obj {
    if (this.#reader.unread > 0) error.data = new Str(this.#reader.takeAll());
    return error;
  }

  /** Answers the readers that can be answered, first come first served. A woken thread may do anything, also to this socket. */
  #serveReaders(): void {
    for (let read = this.#reads; read !== null; read = this.#reads) {
      const result = this.#tryRead(read.kind, read.size, read.delimiter);
      if (result === null) return;
      this.#wakeFirst(read, result);
    }
  }

  #wakeFirst(read: Read, result: Obj): void {
    this.#reads = read.next;
    if (read.next === null) this.#lastRead = null;
    read.stopTimer?.();
    this.#machine.wake(read.thread, result);
  }

  /** The time of a read is over. What has arrived stays for the next one. */
  #giveUpRead(read: Read): void {
    let before: Read | null = null;
    let one = this.#reads;
    while (one !== null && one !== read) [before, one] = [one, one.next];
    if (one === null) return;
    if (before === null) this.#reads = read.next;
    else before.next = read.next;
    if (this.#lastRead === read) this.#lastRead = before;
    this.#reader.putBack();
    this.#machine.wake(read.thread, errorResult(`${PREFIX[read.kind]}i/o timeout`, 'timeout'));
    this.#serveReaders(); // a shorter read may have stood behind it
  }

  #resume(): void {
    this.#paused = false;
    this.connection.resume();
  }

  // ---- writing ----

  send(text: Payload, timeoutMs = -1): Value | Suspended {
    if (this.#closed) return this.#closedByUs(PREFIX.send, 'write');
    if (this.#broken !== null) return this.#report(PREFIX.send, 'write');
    if (this.#sendDisabled !== null) return this.#fail(PREFIX.send, 'write', this.#sendDisabled);
    const size = text.length;
    if (this.#awaitingDrain || this.#writes.length > 0 || this.#upgrading !== null)
      return this.#queueWrite(text, false, timeoutMs);
    const gathered = this.#gathered;
    if (gathered.length + size < GATHERED && timeoutMs <= 0 && this.writeTimeoutMs === 0) {
      if (gathered === '' && size > 0) this.#machine.unflushed.push(this);
      this.#gathered = gathered + text;
      return sentResult(size);
    }
    if (typeof text === 'string') {
      this.#gathered = '';
      if (this.#write(gathered + text)) return sentResult(size);
      return this.#queueWrite(text, true, timeoutMs);
    }
    this.flush();
    if (this.#awaitingDrain) return this.#queueWrite(text, false, timeoutMs);
    return this.#write(text) ? sentResult(size) : this.#queueWrite(text, true, timeoutMs);
  }

  #queueWrite(text: Payload, given: boolean, timeoutMs: number): Suspended {
    const write: Write = { thread: this.#machine.block('external'), text, given, stopTimer: null };
    this.#writes.push(write);
    const limitMs = timeoutMs < 0 ? this.writeTimeoutMs : timeoutMs;
    if (limitMs > 0) write.stopTimer = this.#machine.host.timer(limitMs, () => this.#giveUpWrite(write));
    return SUSPENDED;
  }

  /** Gives text or bytes to the system; whether it is content. */
  #write(text: Payload): boolean {
    this.bytesOut += text.length;
    this.watch?.bytes(this.id, 'out', text.length);
    this.#awaitingDrain = !writeTo(this.connection, text);
    return !this.#awaitingDrain;
  }

  /** Sends on what was gathered. Called by the machine before a thread waits. */
  flush(): void {
    const gathered = this.#gathered;
    if (gathered === '') return;
    this.#gathered = '';
    this.#write(gathered);
  }

  /** The time of a send is over. If some of it is under way, the stream is of no use for sending any more. */
  #giveUpWrite(write: Write): void {
    const at = this.#writes.indexOf(write);
    if (at < 0) return;
    this.#writes.splice(at, 1);
    const error = errorResult(`${PREFIX.send}i/o timeout`, 'timeout');
    error.bytes = write.given ? Math.max(0, write.text.length - this.connection.unsent()) : 0;
    if (write.given) {
      this.#abandonedBytes = write.text.length;
      this.#sendDisabled = SEND_TIMED_OUT;
      this.#failWrites((prefix) => this.#fail(prefix, 'write', SEND_TIMED_OUT));
    }
    this.#machine.wake(write.thread, error);
  }

  #failWrites(error: (prefix: string) => Obj): void {
    for (const { thread, stopTimer } of this.#writes.splice(0)) {
      stopTimer?.();
      this.#machine.wake(thread, error(PREFIX.send));
    }
  }

  /** Ends our direction after all that was sent; reading goes on. */
  closeWrite(): Obj {
    if (this.#closed) return this.#closedByUs(PREFIX.close, 'write');
    if (this.#broken !== null || this.#sendDisabled !== null) return closedResult();
    if (this.#upgrading !== null) return errorResult(`${PREFIX.close}an upgrade is in progress`, 'tls');
    this.flush();
    for (const write of this.#writes) {
      if (!write.given) this.#write(write.text);
      write.given = true;
    }
    this.#sendDisabled = BROKEN_PIPE;
    this.connection.end();
    if (this.#ended) this.#owner.onSocketClosed(this);
    return closedResult();
  }

  // ---- encrypting ----

  /**
   * Goes on with TLS. What was read ahead are the first bytes of the handshake or they are nothing: a hello that came early
   * works, injected plain text makes the handshake fail, and nothing that came in the clear can be read afterwards. A failed
   * upgrade closes the connection, so that no program goes on in the clear by mistake.
   */
  startTls(options: TlsOptions): Value | Suspended {
    const refusal = this.#whyNoUpgrade();
    if (refusal !== null) return refusal;
    this.flush();
    const thread = this.#machine.block('external');
    this.#upgrading = thread;
    this.#paused = false;
    const unread = this.#reader.takeBytes();
    this.connection.upgrade(options, unread, (failure) => {
      if (this.#upgrading !== thread) return; // closed meanwhile
      this.#upgrading = null;
      if (failure === null) {
        const { remote, local } = this.connection;
        this.#hasAlias = true;
        this.secured();
        this.#machine.wake(thread, connectedResult(this.id, remote, local, true));
        this.drained(); // whoever wanted to send meanwhile
        return;
      }
      this.#closed = true;
      this.watch?.tell({ kind: 'tls-failed', id: this.id, code: failure.code, reason: failure.detail });
      this.#machine.wake(thread, errorResult(PREFIX.startTls + failure.detail, failure.code));
      this.#detach();
    });
    return SUSPENDED;
  }

  #whyNoUpgrade(): Obj | null {
    if (this.#closed) return this.#closedByUs(PREFIX.startTls, 'read');
    if (this.#broken !== null) return this.#report(PREFIX.startTls, 'read');
    if (this.#sendDisabled !== null) return this.#fail(PREFIX.startTls, 'write', this.#sendDisabled);
    if (this.connection.encrypted) return errorResult(`${PREFIX.startTls}the socket is already encrypted`, 'tls');
    if (this.#upgrading !== null) return errorResult(`${PREFIX.startTls}an upgrade is in progress`, 'tls');
    if (this.#reads !== null) return errorResult(`${PREFIX.startTls}a read is in progress`, 'tls');
    if (this.#writes.length > 0) return errorResult(`${PREFIX.startTls}a write is in progress`, 'tls');
    return null;
  }

  /** Waits for the handshake of an accepted connection: the result of `startTls`. */
  handshake(timeoutMs: number): Value | Suspended {
    if (this.#closed) return this.#closedByUs(PREFIX.startTls, 'read');
    if (this.#broken !== null) return this.#report(PREFIX.startTls, 'read');
    if (this.#upgrading !== null) return errorResult(`${PREFIX.startTls}an upgrade is in progress`, 'tls');
    if (this.connection.handshaking !== true) return this.#handshaken();
    const waiting: { readonly thread: Thread; stopTimer: (() => void) | null } = {
      thread: this.#machine.block('external'),
      stopTimer: null,
    };
    this.#handshakes.push(waiting);
    if (timeoutMs > 0) {
      waiting.stopTimer = this.#machine.host.timer(timeoutMs, () => {
        this.#handshakes = this.#handshakes.filter((one) => one !== waiting);
        this.#machine.wake(waiting.thread, errorResult(`${PREFIX.startTls}i/o timeout`, 'timeout'));
      });
    }
    return SUSPENDED;
  }

  #handshaken(): Obj {
    const { remote, local, encrypted } = this.connection;
    this.#hasAlias = true;
    return connectedResult(this.id, remote, local, encrypted);
  }

  #wakeHandshakes(result: () => Obj): void {
    for (const { thread, stopTimer } of this.#handshakes.splice(0)) {
      stopTimer?.();
      this.#machine.wake(thread, result());
    }
  }

  // ---- piping ----

  /** Why this socket cannot be piped now; null when it can. */
  whyNoPipe(): Obj | null {
    const prefix = PREFIX.pipe;
    if (this.#closed) return this.#closedByUs(prefix, 'read');
    if (this.#broken !== null) return this.#report(prefix, 'read');
    if (this.#sendDisabled !== null) return this.#fail(prefix, 'write', this.#sendDisabled);
    if (this.#upgrading !== null) return errorResult(`${prefix}an upgrade is in progress`, 'other');
    if (this.#reads !== null || this.#pipe !== null) return errorResult(`${prefix}a read is in progress`, 'other');
    return this.#writes.length > 0 ? errorResult(`${prefix}a write is in progress`, 'other') : null;
  }

  /** Everything that arrives from now on, and has arrived, goes to the other end of a pipe. */
  startPipe(end: PipeEnd): void {
    this.flush();
    this.#pipe = end;
    this.#machine.host.defer(() => {
      if (this.#pipe !== end || this.#closed) return;
      const bytes = this.#reader.takeBytes();
      if (bytes.length > 0) end.data(bytes);
      if (this.#closed) return;
      if (this.#paused && !this.#isHeldBack) this.#resume();
      if (this.#ended) end.ended();
    });
  }

  pipeOut(text: string): boolean {
    return this.#write(text);
  }

  holdBack(isHeld: boolean): void {
    if (this.#isHeldBack === isHeld || this.#closed) return;
    this.#isHeldBack = isHeld;
    if (isHeld) this.connection.pause();
    else this.#resume();
  }

  endOutput(): void {
    if (this.#closed || this.#sendDisabled !== null) return;
    this.#sendDisabled = BROKEN_PIPE;
    this.connection.end();
  }

  breakdownText(breakdown: Breakdown): string {
    const { words, call } = breakdown;
    return call === null
      ? words
      : `${this.#route(call)}: ${call === 'read' && breakdown.code === 'closed' ? '' : `${call}: `}${words}`;
  }

  // ---- ending ----

  /** Closes the socket. Bytes that were sent still go out, unless `isReset`. */
  close(isReset = false): Obj {
    if (this.#closed) return closedResult();
    this.flush();
    this.#closed = true;
    this.lingering = isReset ? this.connection.reset() : this.connection.close(this.unsentPromised() > 0);
    this.#detach();
    return closedResult();
  }

  /** Those that the system has not taken yet end with the bytes of sends that did not return, which need not go out. */
  unsentPromised(): number {
    const notReturned = this.#writes.reduce((sum, { given, text }) => sum + (given ? text.length : 0), this.#abandonedBytes);
    return Math.max(0, this.connection.unsent() - notReturned);
  }

  /**
   * No part of the program holds the socket's value any more. When it has been told the end of the stream as well, the
   * socket is closed: programs of the reference, where the number is gone by then, never close such a socket.
   */
  forget(): void {
    if (this.#hasAlias) return;
    this.#orphaned = true;
    this.#closeIfForgotten();
  }

  #closeIfForgotten(): void {
    if (this.#endReported && this.#reads === null && this.#writes.length === 0 && this.#upgrading === null) this.close();
  }

  /** Forgets the connection and tells everybody who waits for it. */
  #detach(): void {
    const { id, bytesIn, bytesOut } = this;
    if (!(this.connection instanceof ClosedConnection)) this.watch?.tell({ kind: 'close', id, bytesIn, bytesOut });
    this.connection = new ClosedConnection(this.connection);
    this.#awaitingDrain = false;
    this.#gathered = '';
    this.#owner.onSocketClosed(this);
    this.#pipe?.lost(this.#closed ? null : this.#broken);
    this.#pipe = null;
    this.#wakeHandshakes(() =>
      this.#closed ? this.#closedByUs(PREFIX.startTls, 'read') : this.#report(PREFIX.startTls, 'read'),
    );
    const upgrading = this.#upgrading;
    this.#upgrading = null;
    if (upgrading !== null) this.#machine.wake(upgrading, this.#closedByUs(PREFIX.startTls, 'read'));
    this.#failWrites((prefix) => (this.#closed ? this.#closedByUs(prefix, 'write') : this.#report(prefix, 'write')));
    for (let read = this.#reads; read !== null; read = this.#reads) {
      this.#reported = false; // a reader who is waiting when it happens hears of it, whoever else did
      this.#wakeFirst(read, this.#tryRead(read.kind, read.size, read.delimiter) as Obj); // at the end there always is an answer
    }
    if (this.#closed) this.#reader.drop(); // closed sockets are kept for their addresses
  }

  /** The error that broke the connection. From now on it is known; a failure of the encryption is reported again and again. */
  #report(prefix: string, operation: 'read' | 'write'): Obj {
    const broken = this.#broken;
    const breakdown = broken === null || (this.#reported && broken.call !== null) ? BROKEN_PIPE : broken;
    this.#reported = true;
    return this.#fail(prefix, operation, breakdown);
  }

  #fail(prefix: string, operation: 'read' | 'write', { code, words, call }: Breakdown): Obj {
    if (call === null) return errorResult(prefix + words, code);
    const failed = operation === 'write' ? 'write' : call;
    return errorResult(`${prefix}${this.#route(failed)}: ${failed}: ${words}`, code);
  }

  #closedByUs(prefix: string, operation: 'read' | 'write'): Obj {
    return errorResult(`${prefix}${this.#route(operation)}: use of closed network connection`, 'closed');
  }

  #route(operation: 'read' | 'write'): string {
    const { local, remote } = this.connection;
    return remote === '' ? `${operation} tcp` : `${operation} tcp ${local}->${remote}`;
  }

  // ---- what the network does ----

  data(bytes: Uint8Array, isGiven = false): void {
    if (this.#closed) return;
    this.bytesIn += bytes.length;
    this.watch?.bytes(this.id, 'in', bytes.length);
    if (this.#pipe !== null && this.#reader.unread === 0) {
      this.#pipe.data(bytes);
      return;
    }
    this.#reader.push(bytes, this.#reads === null ? 0 : wantedBy(this.#reads), isGiven);
    if (this.#reads !== null) this.#serveReaders();
    if (this.#reads === null && !this.#paused && this.#reader.unread >= MOST_UNREAD && !this.#closed) {
      this.#paused = true;
      this.connection.pause();
    }
  }

  ended(): void {
    this.#ended = true;
    if (this.#sendDisabled === BROKEN_PIPE) this.#owner.onSocketClosed(this);
    if (this.#pipe === null) this.#serveReaders();
    else if (this.#reader.unread === 0) this.#pipe.ended();
  }

  drained(): void {
    this.#awaitingDrain = false;
    this.#pipe?.drained();
    const writes = this.#writes;
    while (writes.length > 0 && !this.#awaitingDrain && this.#upgrading === null) {
      const write = writes[0] as Write; // there is one
      if (!write.given) {
        write.given = true;
        if (!this.#write(write.text)) return;
      }
      writes.shift();
      write.stopTimer?.();
      this.#machine.wake(write.thread, sentResult(write.text.length));
    }
  }

  failed(breakdown: Breakdown): void {
    if (this.#closed || this.#broken !== null) return;
    this.#broken = breakdown;
    const { code, words, call } = breakdown;
    this.watch?.tell({ kind: call === null ? 'tls-failed' : 'broken', id: this.id, code, reason: words });
    this.#detach();
  }

  /** The connection of a closed socket holds no descriptor any more. */
  gone(): void {
    if (!this.lingering) return;
    this.lingering = false;
    this.#owner.gone?.(this);
  }

  /** A handshake is done. */
  secured(): void {
    this.drained(); // whoever wanted to send meanwhile
    this.#serveReaders(); // and to read nothing
    this.#wakeHandshakes(() => this.#handshaken());
    if (this.watch === null) return;
    const encryption = this.connection.encryption();
    if (encryption === null) return;
    const { protocol, cipher, verified, resumed } = encryption;
    this.watch.tell({ kind: 'tls', id: this.id, protocol, cipher, verified, resumed });
  }
}
