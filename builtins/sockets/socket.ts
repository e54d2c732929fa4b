/**
 * One socket of a program: what its threads wait for, and what the network has done meanwhile.
 *
 * A read that can be answered from the buffer is answered at once. Otherwise the thread is blocked and queued; each chunk that
 * arrives is offered to the readers in the order in which they came, and a reader is woken right inside the event, before
 * the event loop turns. Small sends are gathered until somebody waits (`Machine.unflushed`) or 16 KB are together; when
 * the system does not take more, senders are blocked and queued, whole sends one after the other.
 *
 * The stream of the peer is open, `#ended`, or `#broken`. The error that broke it is told once, to the operation
 * that meets it first after all data that had arrived; from then on reads find the end and sends a broken pipe.
 */
import type { Machine, Thread } from '../../language/machine.ts';
import { type Obj, Str, SUSPENDED, type Suspended, type Value } from '../../language/values.ts';
import { type Breakdown, type Connection, type ConnectionEvents, Gone, type TlsOptions } from './backend.ts';
import { Reader, TOO_LONG } from './reader.ts';
import { closedResult, connectedResult, dataResult, errorResult, PREFIX, sentResult } from './results.ts';

/** Sends are gathered up to this many bytes. */
const GATHERED = 16 * 1024;
/** Above this many unread bytes the peer is held back, until half of them are read. */
const MOST_UNREAD = 256 * 1024;

export type ReadKind = 'recv' | 'recvExact' | 'recvLine';

/** A thread that waits for data. */
interface Read {
  readonly thread: Thread;
  readonly kind: ReadKind;
  /** The size, or the limit of a line. */
  readonly size: number;
  next: Read | null;
}

/** A thread whose send waits. */
interface Write {
  readonly thread: Thread;
  readonly text: string;
  /** The system was given the text. */
  given: boolean;
}

const BROKEN_PIPE: Breakdown = { code: 'closed', words: 'broken pipe', call: 'write' };

export class Socket implements ConnectionEvents {
  readonly id: number;
  connection: Connection;
  /** The host that was dialled: whom an upgrade has to find behind the certificate. */
  readonly host: string | null;
  readonly #machine: Machine;
  readonly #reader = new Reader();
  #paused = false;
  #ended = false;
  #broken: Breakdown | null = null;
  #told = false;
  #closed = false;

  #reads: Read | null = null;
  #lastRead: Read | null = null;
  #gathered = '';
  /** The system has not taken all it was given. */
  #clogged = false;
  readonly #writes: Write[] = [];
  /** The thread that waits for a handshake. */
  #upgrading: Thread | null = null;

  constructor(machine: Machine, id: number, connection: Connection, host: string | null) {
    this.#machine = machine;
    this.id = id;
    this.connection = connection;
    this.host = host;
    connection.attach(this);
  }

  // ---- reading ----

  recv(size: number): Value | Suspended {
    if (size === 0 && !this.#closed) return dataResult('');
    return this.#read('recv', size);
  }

  recvExact(size: number): Value | Suspended {
    if (size === 0 && !this.#closed) return dataResult('');
    return this.#read('recvExact', size);
  }

  recvLine(limit: number): Value | Suspended {
    return this.#read('recvLine', limit);
  }

  #read(kind: ReadKind, size: number): Value | Suspended {
    if (this.#reads === null) {
      const result = this.#answer(kind, size);
      if (result !== null) return result;
    }
    if (this.#paused) this.#resume();
    const read: Read = { thread: this.#machine.block('world'), kind, size, next: null };
    if (this.#lastRead === null) this.#reads = read;
    else this.#lastRead.next = read;
    this.#lastRead = read;
    return SUSPENDED;
  }

  /** The result of a read, or null while it has to wait. */
  #answer(kind: ReadKind, size: number): Obj | null {
    if (this.#closed) return this.#closedByUs(PREFIX[kind], 'read');
    let found: string | null | typeof TOO_LONG;
    if (kind === 'recvLine') found = this.#reader.takeLine(size);
    else if (kind === 'recv') found = this.#reader.takeSome(size);
    else found = this.#reader.takeExact(size);

    if (typeof found === 'string') {
      if (this.#paused && this.#reader.unread <= MOST_UNREAD / 2) this.#resume();
      return dataResult(found);
    }
    if (found === TOO_LONG) return errorResult(`${PREFIX.recvLine}line longer than ${size} bytes`, 'limit');
    if (this.#broken === null && !this.#ended) return null;
    return this.#answerAtEnd(kind);
  }

  #answerAtEnd(kind: ReadKind): Obj {
    const rest = this.#reader.unread;
    if (this.#broken !== null && !this.#told) return this.#withRest(this.#tell(PREFIX[kind], 'read'));
    if (kind === 'recvLine' && rest > 0) return dataResult(this.#reader.takeLastLine());
    if (kind !== 'recvExact') return closedResult();
    return this.#withRest(errorResult(`${PREFIX.recvExact}${rest === 0 ? 'EOF' : 'unexpected EOF'}`, 'eof'));
  }

  /** Bytes that a failed read would lose are a field of its error. */
  #withRest(error: Obj): Obj {
    if (this.#reader.unread > 0) error.data = new Str(this.#reader.takeAll());
    return error;
  }

  /** Answers the readers that can be answered, first come first served. A woken thread may do anything, also to this socket. */
  #serve(): void {
    for (let read = this.#reads; read !== null; read = this.#reads) {
      const result = this.#answer(read.kind, read.size);
      if (result === null) return;
      this.#reads = read.next;
      if (read.next === null) this.#lastRead = null;
      this.#machine.wake(read.thread, result);
    }
  }

  #resume(): void {
    this.#paused = false;
    this.connection.resume();
  }

  // ---- writing ----

  send(text: string): Value | Suspended {
    if (this.#closed) return this.#closedByUs(PREFIX.send, 'write');
    if (this.#broken !== null) return this.#tell(PREFIX.send, 'write');
    const bytes = text.length;
    if (this.#clogged || this.#writes.length > 0 || this.#upgrading !== null) {
      this.#writes.push({ thread: this.#machine.block('world'), text, given: false });
      return SUSPENDED;
    }
    const gathered = this.#gathered;
    if (gathered.length + bytes < GATHERED) {
      if (gathered === '' && bytes > 0) this.#machine.unflushed.push(this);
      this.#gathered = gathered + text;
      return sentResult(bytes);
    }
    this.#gathered = '';
    if (this.connection.write(gathered + text)) return sentResult(bytes);
    this.#clogged = true;
    this.#writes.push({ thread: this.#machine.block('world'), text, given: true });
    return SUSPENDED;
  }

  /** Sends on what was gathered. Called by the machine before a thread waits. */
  flush(): void {
    const gathered = this.#gathered;
    if (gathered === '') return;
    this.#gathered = '';
    if (!this.#closed && this.#broken === null && !this.connection.write(gathered)) this.#clogged = true;
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
    const thread = this.#machine.block('world');
    this.#upgrading = thread;
    this.#paused = false;
    const unread = this.#reader.takeBytes();
    this.connection.upgrade(options, unread, (failure) => {
      if (this.#upgrading !== thread) return; // closed meanwhile
      this.#upgrading = null;
      if (failure === null) {
        const { remote, local } = this.connection;
        this.#machine.wake(thread, connectedResult(this.id, remote, local, true));
        this.drained(); // whoever wanted to send meanwhile
        return;
      }
      this.#closed = true;
      this.#machine.wake(thread, errorResult(PREFIX.startTls + failure.detail, failure.code));
      this.#letGo();
    });
    return SUSPENDED;
  }

  #whyNoUpgrade(): Obj | null {
    if (this.#closed) return this.#closedByUs(PREFIX.startTls, 'read');
    if (this.#broken !== null) return this.#tell(PREFIX.startTls, 'read');
    if (this.connection.encrypted) return errorResult(`${PREFIX.startTls}the socket is already encrypted`, 'tls');
    if (this.#upgrading !== null) return errorResult(`${PREFIX.startTls}an upgrade is in progress`, 'tls');
    if (this.#reads !== null) return errorResult(`${PREFIX.startTls}a read is in progress`, 'tls');
    if (this.#writes.length > 0) return errorResult(`${PREFIX.startTls}a write is in progress`, 'tls');
    return null;
  }

  // ---- ending ----

  get closed(): boolean {
    return this.#closed;
  }

  /** Closes the socket; what was sent still goes out. */
  close(): Obj {
    if (this.#closed) return closedResult();
    this.flush();
    this.#closed = true;
    this.connection.close();
    this.#letGo();
    return closedResult();
  }

  /** Forgets the connection and tells everybody who waits for it. */
  #letGo(): void {
    this.connection = new Gone(this.connection);
    this.#clogged = false;
    this.#gathered = '';
    const upgrading = this.#upgrading;
    this.#upgrading = null;
    if (upgrading !== null) this.#machine.wake(upgrading, this.#closedByUs(PREFIX.startTls, 'read'));
    for (const { thread } of this.#writes.splice(0)) {
      const error = this.#closed ? this.#closedByUs(PREFIX.send, 'write') : this.#tell(PREFIX.send, 'write');
      this.#machine.wake(thread, error);
    }
    for (let read = this.#reads; read !== null; read = this.#reads) {
      this.#told = false; // a reader who is waiting when it happens hears of it, whoever else did
      this.#reads = read.next;
      if (read.next === null) this.#lastRead = null;
      this.#machine.wake(read.thread, this.#answer(read.kind, read.size) as Obj); // at the end there always is an answer
    }
  }

  /** The error that broke the connection. From now on it is known. */
  #tell(prefix: string, operation: 'read' | 'write'): Obj {
    const { code, words, call } = this.#told || this.#broken === null ? BROKEN_PIPE : this.#broken;
    this.#told = true;
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

  data(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#reader.push(bytes);
    if (this.#reads !== null) this.#serve();
    if (this.#reads === null && !this.#paused && this.#reader.unread >= MOST_UNREAD && !this.#closed) {
      this.#paused = true;
      this.connection.pause();
    }
  }

  ended(): void {
    this.#ended = true;
    this.#serve();
  }

  drained(): void {
    this.#clogged = false;
    const writes = this.#writes;
    while (writes.length > 0 && !this.#clogged && this.#upgrading === null) {
      const write = writes[0] as Write; // there is one
      if (!write.given) {
        write.given = true;
        if (!this.connection.write(write.text)) {
          this.#clogged = true;
          return;
        }
      }
      writes.shift();
      this.#machine.wake(write.thread, sentResult(write.text.length));
    }
  }

  failed(breakdown: Breakdown): void {
    if (this.#closed) return;
    this.#broken = breakdown;
    this.#letGo();
  }
}
