/** The options of servers, requests and WebSockets: what each must be, and what it is unless given. */
import { Atom, isInt, Str, type Value } from '../../language/values/values.ts';
import { isCallable, milliseconds } from '../params.ts';
import { bool, type Field, listenFields, optionsParam, type Read, text, tlsFields } from '../sockets/options.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A number of bytes or of things; 0 and `?` mean no limit. */
function limit(defaultValue: number): Field<number> {
  return {
    expected: 'a non-negative int',
    defaultValue,
    read: (value) => {
      if (value === null || value === 0) return Number.POSITIVE_INFINITY;
      return isInt(value) && value > 0 ? Number(value) : undefined;
    },
  };
}

/** Seconds, read as milliseconds; 0 and `?` mean no limit. */
function seconds(defaultMs: number): Field<number> {
  return { expected: 'a non-negative number', defaultValue: defaultMs, read: milliseconds };
}

function strings(accepts: (one: string) => boolean, expected: string): Field<readonly string[] | null> {
  return {
    expected,
    defaultValue: null,
    read: (value) => {
      if (value === null) return null;
      if (!Array.isArray(value)) return undefined;
      const list = value.flatMap((one) => (one instanceof Str && accepts(one.text) ? [one.text] : []));
      return list.length === value.length ? list : undefined;
    },
  };
}

/** What the Host header says in place of the address (RFC 9110, section 7.2). */
const host: Field<string | null> = {
  expected: 'a host name',
  defaultValue: null,
  read: (value) =>
    value === null ? null : value instanceof Str && /^[A-Za-z0-9\-._~%[\]:]+$/.test(value.text) ? value.text : undefined,
};

const isToken = (name: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
const protocols = strings(isToken, 'a list of names');
const origins = strings((one) => one.length > 0, 'a list of strings');

/** `true`, or a function that is called with each entry. */
const log: Field<Value> = {
  expected: 'a bool or a function',
  defaultValue: false,
  read: (value) => (value === null ? false : typeof value === 'boolean' || isCallable(value) ? value : undefined),
};

const webSocketFields = {
  maxMessage: limit(16 * MIB),
  pingInterval: seconds(30_000),
  protocols,
  compress: bool,
  handshakeTimeout: seconds(30_000),
};

const { maxLine: _noLines, maxConnections: _own, handshakeTimeout, ...tlsAndTcpFields } = listenFields;

const serverFields = {
  ...tlsAndTcpFields,
  maxHeader: limit(64 * KIB),
  maxBody: limit(16 * MIB),
  maxConnections: limit(Number.POSITIVE_INFINITY),
  headTimeout: seconds(10_000),
  bodyTimeout: seconds(60_000),
  idleTimeout: seconds(75_000),
  answerTimeout: seconds(0),
  stream: bool,
  info: bool,
  forwarded: bool,
  log,
  compress: bool,
  maxMessage: limit(16 * MIB),
  pingInterval: seconds(30_000),
  protocols,
  origins,
  handshakeTimeout,
};

const clientTlsFields = tlsFields;

const dialFields = { ...clientTlsFields, ...webSocketFields };

const requestFields = {
  ...clientTlsFields,
  timeout: seconds(0),
  headTimeout: seconds(60_000),
  bodyTimeout: seconds(60_000),
  maxBody: limit(64 * MIB),
  maxHeader: limit(64 * KIB),
  redirects: { expected: 'a non-negative int', defaultValue: 0, read: (value: Value) => count(value) },
  unix: text,
  host,
  local: bool,
  cookies: bool,
  stream: bool,
  idle: seconds(60_000),
  maxPerHost: limit(Number.POSITIVE_INFINITY),
  pool: {
    expected: 'an atom',
    defaultValue: '',
    read: (value: Value) => (value === null ? '' : value instanceof Atom ? value.name : undefined),
  },
};

const recvFields = { timeout: seconds(0) };

function count(value: Value): number | undefined {
  return value === null ? 0 : isInt(value) && value >= 0 ? Number(value) : undefined;
}

export type ServerOptions = Read<typeof serverFields>;
export type WebSocketDialOptions = Read<typeof dialFields>;
export type RequestOptions = Read<typeof requestFields>;

export const serverOptions = optionsParam(serverFields);
export const dialOptions = optionsParam(dialFields);
export const requestOptions = optionsParam(requestFields);
export const recvOptions = optionsParam(recvFields);
