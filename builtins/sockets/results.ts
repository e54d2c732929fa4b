/** The values that socket calls answer with. Their fields are set in a fixed order, so that programs read them fast. */

import type { ByteText } from '../../language/values/bytes.ts';
import { type Atom, atom, failure, Obj, Str, str } from '../../language/values/values.ts';
import type { ErrorCode } from './backend.ts';
import type { ReadKind } from './reader.ts';

/** What an operation's errors begin with. */
export const PREFIX = {
  connect: 'Could not connect socket: ',
  send: 'Could not write socket data: ',
  recv: 'Could not read socket data: ',
  recvExact: 'Could not read exact socket data: ',
  recvLine: 'Could not read socket line: ',
  recvUntil: 'Could not read socket data: ',
  recvThrough: 'Could not read socket data: ',
  recvPacket: 'Could not read socket data: ',
  recvAll: 'Could not read socket data: ',
  peek: 'Could not read socket data: ',
  startTls: 'Could not upgrade socket to TLS: ',
  pipe: 'Could not pipe socket data: ',
  close: 'Could not close socket: ',
  listen: 'Could not listen on socket: ',
  accept: 'Error accepting socket connection: ',
  acceptAgain: 'Temporary socket accept error: ',
} as const;

export const SOCKET = atom('socket');
const OK = atom('ok');
const DATA = atom('data');
const SENT = atom('sent');
const CLOSED = atom('closed');
const CONNECT = atom('connect');
const codes = new Map<ErrorCode, Atom>();

/** The results of the most frequent calls have their own constructors, so that V8 allocates exactly the room they need. */
function resultType<T>(fill: (this: Obj, value: T) => void): new (value: T) => Obj {
  fill.prototype = Obj.prototype;
  return fill as unknown as new (
    value: T,
  ) => Obj; // a plain function, called with `new` only
}

/** `{type: :data, data}` */
const DataResult = resultType(function (this: Obj, data: ByteText | Uint8Array[]) {
  this.type = DATA;
  this.data = typeof data === 'string' ? new Str(data) : Str.ofChunks(data);
});

/** `{type: :sent, bytes}` */
const SentResult = resultType(function (this: Obj, bytes: number) {
  this.type = SENT;
  this.bytes = bytes;
});

/** `{type: :data, data}`; arrays of bytes belong to the string from now on. */
export function dataResult(data: ByteText | Uint8Array[]): Obj {
  return new DataResult(data);
}

/** `{type: :sent, bytes}` */
export function sentResult(bytes: number): Obj {
  return new SentResult(bytes);
}

/** `{type: :closed}` */
export function closedResult(): Obj {
  const result = new Obj();
  result.type = CLOSED;
  return result;
}

/** `{type: :ok}` */
export function okResult(): Obj {
  const result = new Obj();
  result.type = OK;
  return result;
}

/** `{type: :error, error, code}` */
export function errorResult(text: string, code: ErrorCode): Obj {
  const result = failure(text);
  let name = codes.get(code);
  if (name === undefined) {
    name = atom(code);
    codes.set(code, name);
  }
  result.code = name;
  return result;
}

/** The same error with `hint`, a sentence for people, if there is one. */
export function withHint(error: Obj, hint: string | null): Obj {
  if (hint !== null) error.hint = str(hint);
  return error;
}

/** `{type: :ok, socket, remote, local, tls}`, or with `:connect` the event of a listener. */
export function connectedResult(id: number, remote: string, local: string, tls: boolean, event = false): Obj {
  const socket = new Obj();
  socket.type = SOCKET;
  socket.id = id;
  const result = new Obj();
  result.type = event ? CONNECT : OK;
  result.socket = socket;
  result.remote = str(remote);
  result.local = str(local);
  result.tls = tls;
  return result;
}

/** What a read says that has met more than its limit. */
export function tooLong(kind: ReadKind, limit: number): string {
  if (kind === 'recvLine') return `${PREFIX.recvLine}line longer than ${limit} bytes`;
  return `${PREFIX[kind]}${kind === 'recvAll' ? 'more than' : 'no delimiter within'} ${limit} bytes`;
}
