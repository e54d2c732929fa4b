/** `ws_dial`, and what programs do with a WebSocket. */
import { brief } from '../../language/runtime/brief.ts';
import { mistake } from '../../language/runtime/errors.ts';
import type { Machine } from '../../language/runtime/machine.ts';
import {
  getKey,
  isInt,
  isObject,
  keysOf,
  Obj,
  Str,
  SUSPENDED,
  type Suspended,
  str,
  type Value,
} from '../../language/values/values.ts';
import { type Builtin, builtin, type Param } from '../registry.ts';
import { Failure } from '../sockets/backend.ts';
import { anything } from '../sockets/options.ts';
import type { Dial } from './backend.ts';
import type { HttpContext } from './context.ts';
import { answerHeaders, canonicalName, isFieldValue, isToken } from './headers.ts';
import { dialOptions, recvOptions, type WebSocketDialOptions } from './options.ts';
import { okValue, refusedValue, WEBSOCKET } from './results.ts';
import { SIGNATURES } from './signatures.ts';
import { type Destination, destinationOf } from './target.ts';
import { parseUrl, quoted } from './url.ts';
import { isCloseCode, isUtf8, type WebSocket, type WebSocketTable } from './websocket.ts';

/** The longest reason that a close frame has room for. */
const MOST_REASON_BYTES = 123;
/** Headers of the opening handshake that are the client's business. */
const OURS = new Set([
  'Connection',
  'Sec-Websocket-Accept',
  'Sec-Websocket-Extensions',
  'Sec-Websocket-Key',
  'Sec-Websocket-Version',
  'Upgrade',
]);

const group = 'http';
const shared = { group, backend: group, suspends: true, callback: true } as const;

export function webSocketBuiltins(context: HttpContext, table: WebSocketTable): Builtin[] {
  const webSocket: Param<WebSocket> = {
    name: 'websocket',
    expected: 'websocket',
    read(value) {
      if (!isObject(value) || getKey(value, 'type') !== WEBSOCKET) return undefined;
      const id = getKey(value, 'id');
      return typeof id === 'number' ? table.find(id) : undefined;
    },
    mistake(name, value) {
      if (!isObject(value) || getKey(value, 'type') !== WEBSOCKET) {
        return mistake('argument', { builtin: name, says: `First argument to ${name} must be a websocket, got`, value });
      }
      return mistake('unknown-handle', { kind: 'Websocket', value, malformed: !isInt(getKey(value, 'id')) });
    },
  };
  const data: Param<string> = {
    name: 'data',
    expected: 'string',
    read: (value) => (value instanceof Str ? value.text : undefined),
    mistake: (name, value) =>
      mistake('argument', { builtin: name, says: `Second argument to ${name} must be a string, got`, value }),
  };
  const opcode: Param<number> = {
    name: 'opcode',
    expected: 'int',
    defaultValue: 1,
    read: (value) => (isInt(value) ? Number(value) : undefined),
    mistake: (name, value) =>
      mistake('argument', { builtin: name, says: `Third argument to ${name} must be an int opcode, got`, value }),
  };
  const code: Param<number> = {
    name: 'code',
    expected: 'int',
    defaultValue: 1000,
    read: (value) => (isInt(value) && isCloseCode(Number(value)) ? Number(value) : undefined),
    mistake: (name, value) => {
      const codes = isInt(value) ? 'a close code (1000 to 1003, 1007 to 1014, 3000 to 4999)' : 'an int close code';
      return mistake('argument', { builtin: name, says: `Second argument to ${name} must be ${codes}, got`, value });
    },
  };
  const reason: Param<string> = {
    name: 'reason',
    expected: 'string',
    defaultValue: str(''),
    read: (value) => (value instanceof Str && value.length <= MOST_REASON_BYTES && isUtf8(value.text) ? value.text : undefined),
    mistake: (name, value) => {
      const texts = value instanceof Str ? `UTF-8 of at most ${MOST_REASON_BYTES} bytes` : 'a string reason';
      return mistake('argument', { builtin: name, says: `Third argument to ${name} must be ${texts}, got`, value });
    },
  };

  return [
    builtin({
      ...shared,
      name: 'ws_dial',
      help: SIGNATURES.ws_dial.help,
      params: [
        anything('url', 'string'),
        { ...anything('headers', 'object'), defaultValue: new Obj() },
        { ...anything('options', 'object'), defaultValue: null },
      ],
      run: (machine, url, headers, given) => dialWebSocket(machine, context, table, url, headers, given),
    }),
    builtin({
      ...shared,
      name: 'ws_send',
      help: SIGNATURES.ws_send.help,
      params: [webSocket, data, opcode],
      run: (_machine, one, text, kind) => one.send(text, kind),
    }),
    builtin({
      ...shared,
      name: 'ws_recv',
      help: SIGNATURES.ws_recv.help,
      params: [webSocket, { ...recvOptions, read: (value) => recvOptions.read(isObject(value) ? value : null) }],
      run: (_machine, one, { timeout }) => one.recv(timeout),
    }),
    builtin({
      ...shared,
      name: 'ws_close',
      help: SIGNATURES.ws_close.help,
      params: [webSocket, code, reason],
      run: (_machine, one, number, text) => one.close(number, text),
    }),
  ];
}

function dialWebSocket(
  machine: Machine,
  context: HttpContext,
  table: WebSocketTable,
  url: Value,
  headers: Value,
  given: Value,
): Value | Suspended {
  if (!(url instanceof Str)) throw mistake('argument-types', { builtin: 'ws_dial', values: [url] });
  const { lines, bad } = headerLines(headers);
  const options = dialOptions.read(given);
  if (options === undefined) throw dialOptions.mistake('ws_dial', given);
  const refuse = ({ code, detail }: Failure): Obj => refusedValue(detail, code, 0, new Obj());
  if (bad !== null) return refuse(new Failure('protocol', bad));

  const parsed = parseUrl(url.text);
  const isGood = typeof parsed !== 'string' && (parsed.scheme === 'ws' || parsed.scheme === 'wss') && parsed.user === null;
  if (!isGood || parsed.host === '') return refuse(new Failure('address', 'malformed ws or wss URL'));
  return context.readCertificates(machine, context.network.files, options, (read) => {
    const destination = destinationOf(context, parsed, parsed.scheme === 'wss', read, null, () => null);
    if (destination instanceof Failure) return refuse(destination);
    return handshake(machine, context, table, destination.dial, requestOf(destination, parsed, lines, options), options);
  });
}

/** Connects and asks for a WebSocket. */
function handshake(
  machine: Machine,
  context: HttpContext,
  table: WebSocketTable,
  dial: Dial,
  wanted: ReturnType<typeof requestOf>,
  options: WebSocketDialOptions,
): Suspended {
  const thread = machine.block('external');
  context.withEngine((engine) => {
    let stopTimer: (() => void) | null = null;
    let isOver = false;
    const giveUp = engine.dialWebSocket(dial, wanted, (outcome) => {
      isOver = true;
      stopTimer?.();
      if (outcome.kind === 'refused') {
        const { failure, status, headers: answered } = outcome;
        machine.wake(thread, refusedValue(failure.detail, failure.code, status, answerHeaders(answered, false)));
        return;
      }
      const result = okValue();
      result.socket = table.add(machine, outcome.connection, options.pingInterval);
      result.status = 101;
      result.headers = answerHeaders(outcome.headers, false);
      if (outcome.connection.protocol !== '') result.protocol = str(outcome.connection.protocol);
      machine.wake(thread, result);
    });
    if (options.handshakeTimeout > 0 && !isOver) {
      stopTimer = machine.host.timer(options.handshakeTimeout, () => {
        giveUp();
        machine.wake(thread, refusedValue('i/o timeout', 'timeout', 0, new Obj()));
      });
    }
  });
  return SUSPENDED;
}

function requestOf(
  { host, secure }: Destination,
  { path, query }: { path: string; query: string },
  lines: readonly string[],
  { maxMessage: maxMessageBytes, compress, protocols }: WebSocketDialOptions,
) {
  const offered = lines.flatMap((name, i) =>
    i % 2 === 0 && name === 'Sec-Websocket-Protocol' ? (lines[i + 1] ?? '').split(',').map((one) => one.trim()) : [],
  );
  const headers = lines.filter((_, i) => lines[i - (i % 2)] !== 'Sec-Websocket-Protocol');
  return {
    url: `ws://${host}${path === '' ? '/' : path}${query}`,
    secure,
    headers,
    maxHeaderBytes: 64 * 1024,
    maxMessageBytes,
    compress,
    protocols: [...offered, ...(protocols ?? [])],
  };
}

/** The headers of a program as flat lines; `bad` is what is wrong with one. */
function headerLines(headers: Value): { lines: string[]; bad: string | null } {
  if (headers === null) return { lines: [], bad: null };
  if (!isObject(headers))
    throw mistake('argument', { says: 'Second argument to ws_dial must be an object, got', value: headers });
  const lines: string[] = [];
  let bad: string | null = null;
  for (const key of keysOf(headers)) {
    const value = getKey(headers, key) ?? null;
    if (!(value instanceof Str))
      throw mistake('domain', { says: `Header value ${brief(value)} for key ${key} must be a string` });
    const name = canonicalName(key);
    if (OURS.has(name)) bad ??= `websocket: duplicate header not allowed: ${name}`;
    else if (!isToken(name)) bad ??= `websocket: invalid header field name ${quoted(name)}`;
    else if (!isFieldValue(value.text)) bad ??= `websocket: invalid header field value for ${quoted(name)}`;
    lines.push(name, value.text);
  }
  return { lines, bad };
}
