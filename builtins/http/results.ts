import { type Atom, atom, failure, Obj, str } from '../../language/values/values.ts';
import type { ErrorCode } from '../sockets/backend.ts';

const OK = atom('ok');
const RESP = atom('resp');
const REQ = atom('req');
const CONNECT = atom('connect');
const SENT = atom('sent');
const DATA = atom('data');
const CLOSED = atom('closed');
const MESSAGE = atom('message');
export const WEBSOCKET = atom('websocket');

/**
 * `{type: :error, error}`. Its `code` can be read but is not among the keys: programs written for the reference print and match
 * these values as a whole.
 */
export function errorValue(text: string, code: ErrorCode): Obj {
  return withCode(failure(text), code);
}

function withCode(result: Obj, code: ErrorCode): Obj {
  Object.defineProperty(result, 'code', { value: atom(code), writable: true, configurable: true, enumerable: false });
  return result;
}

/** `{type: :error, error, status, headers}`, the answer to a WebSocket that was refused. */
export function refusedValue(text: string, code: ErrorCode, status: number, headers: Obj): Obj {
  const result = failure(text);
  result.status = status;
  result.headers = headers;
  return withCode(result, code);
}

function typed(type: Atom): Obj {
  const result = new Obj();
  result.type = type;
  return result;
}

/** `{type: :ok}` */
export function okValue(): Obj {
  return typed(OK);
}

/** `{type: :resp, resp}` */
export function answerValue(resp: Obj): Obj {
  const result = typed(RESP);
  result.resp = resp;
  return result;
}

/** `{type: :req, req}`; the caller adds `end`. */
export function requestEvent(req: Obj): Obj {
  const event = typed(REQ);
  event.req = req;
  return event;
}

/** `{type: :connect, socket, req}` */
export function connectEvent(socket: Obj, req: Obj): Obj {
  const event = typed(CONNECT);
  event.socket = socket;
  event.req = req;
  return event;
}

/** `{type: :sent}`, with the number of bytes where it is known. */
export function sentValue(bytes?: number): Obj {
  const result = typed(SENT);
  if (bytes !== undefined) result.bytes = bytes;
  return result;
}

/** `{type: :data, data}` */
export function dataValue(text: string): Obj {
  const result = typed(DATA);
  result.data = str(text);
  return result;
}

/** `{type: :closed}`, for a WebSocket with code and reason. */
export function closedValue(code?: number, reason?: string): Obj {
  const result = typed(CLOSED);
  if (code !== undefined) result.code = code;
  if (reason !== undefined) result.reason = str(reason);
  return result;
}

/** `{type: :message, opcode, data}` */
export function messageValue(opcode: number, text: string): Obj {
  const result = typed(MESSAGE);
  result.opcode = opcode;
  result.data = str(text);
  return result;
}
