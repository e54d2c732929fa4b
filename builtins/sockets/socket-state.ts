/**
 * The state of a socket's connection, and the errors that follow from it.
 *
 * The stream of the peer is open, `ended`, or `broken`. The error that broke it is reported once, by the first operation after all
 * received data was read; later reads return the end of the stream and later sends fail with a broken pipe. Failures of the
 * encryption are reported every time.
 */
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import type { Obj } from '../../language/values/values.ts';
import type { Breakdown, Connection } from './backend.ts';
import { errorResult } from './results.ts';
import type { SocketWatch } from './watch.ts';

export type Operation = 'read' | 'write';

export const BROKEN_PIPE: Breakdown = { code: 'closed', words: 'broken pipe', call: 'write' };

export class SocketState {
  readonly machine: Machine;
  readonly id: number;
  /** Receives the events. */
  readonly watch: SocketWatch | null;
  connection: Connection;
  /** The program closed the socket. */
  closed = false;
  /** The peer ended its direction. */
  ended = false;
  broken: Breakdown | null = null;
  /** The program has seen `broken`. */
  reported = false;
  /** Why sending is disabled (`closeWrite`, or a send that timed out); null while it is allowed. */
  sendDisabled: Breakdown | null = null;
  /** The thread that waits for an upgrade. */
  upgrading: Thread | null = null;

  constructor(machine: Machine, id: number, connection: Connection, watch: SocketWatch | null) {
    this.machine = machine;
    this.id = id;
    this.connection = connection;
    this.watch = watch;
  }

  get open(): boolean {
    return !this.closed && this.broken === null;
  }

  /** The error of an operation on a socket that is not `open`. */
  failure(prefix: string, operation: Operation): Obj {
    if (this.closed) return errorResult(`${prefix}${this.#route(operation)}: use of closed network connection`, 'closed');
    const { broken } = this;
    const breakdown = broken === null || (this.reported && broken.call !== null) ? BROKEN_PIPE : broken;
    this.reported = true;
    return this.error(prefix, operation, breakdown);
  }

  /** An error with the addresses of the connection, unless it is one of the encryption. */
  error(prefix: string, operation: Operation, { code, words, call }: Breakdown): Obj {
    if (call === null) return errorResult(prefix + words, code);
    const failed = operation === 'write' ? 'write' : call;
    return errorResult(`${prefix}${this.#route(failed)}: ${failed}: ${words}`, code);
  }

  /** `read tcp L->R: words`, or the same for writing. */
  breakdownText({ code, words, call }: Breakdown): string {
    if (call === null) return words;
    return `${this.#route(call)}: ${call === 'read' && code === 'closed' ? '' : `${call}: `}${words}`;
  }

  #route(operation: Operation): string {
    const { local, remote } = this.connection;
    return remote === '' ? `${operation} tcp` : `${operation} tcp ${local}->${remote}`;
  }
}
