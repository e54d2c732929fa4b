/**
 * The checks of arguments, with the reference's texts: what is wrong is a mistake in the program.
 *
 * Options are described as tables, one for each kind of call. Every option of a table is checked, also where it has no effect;
 * unknown ones are ignored.
 */
import { mistake } from '../../language/runtime/errors.ts';
import { Atom, getKey, isInt, isObject, keysOf, Obj, Str, str, type Value } from '../../language/values/values.ts';
import { milliseconds } from '../params.ts';
import type { Param } from '../registry.ts';
import { GATHERED, KEEP_ALIVE_MS, LINGER_MS, MAX_ALPN } from './limits.ts';
import { peerMatcher } from './peers.ts';
import { SOCKET } from './results.ts';
import type { Socket } from './socket.ts';
import type { SocketTable } from './table.ts';

/** One option: what it must be, how it is read (undefined: it is something else), and its value when it is missing. */
export interface Field<T> {
  readonly expected: string;
  readonly defaultValue: T;
  read(value: Value): T | undefined;
}

export type Fields = { readonly [name: string]: Field<unknown> };
export type Read<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export const bool: Field<boolean> = {
  expected: 'a bool',
  defaultValue: false,
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

/** A text; an empty one is as good as none. */
export const text: Field<string | null> = {
  expected: 'a string',
  defaultValue: null,
  read: (value) => (value instanceof Str ? (value.length === 0 ? null : value.text) : undefined),
};

/** A time: seconds in the program, milliseconds here. 0 means no limit; -1 means that the option was not given. */
export const time: Field<number> = { expected: 'a non-negative number', defaultValue: -1, read: milliseconds };

/** A number of bytes; -1 if the option is not given. */
export const bytes: Field<number> = {
  expected: 'a positive int',
  defaultValue: -1,
  read: (value) => (value === null ? -1 : isInt(value) && value > 0 ? Number(value) : undefined),
};

const version: Field<'1.2' | '1.3'> = {
  expected: "'1.2' or '1.3'",
  defaultValue: '1.2',
  read: (value) => {
    const given = value instanceof Str ? value.text : '';
    return value === null ? '1.2' : given === '1.2' || given === '1.3' ? (given as '1.2' | '1.3') : undefined;
  },
};

const protocols: Field<readonly string[]> = {
  expected: 'a list of strings',
  defaultValue: [],
  read: (value) => {
    if (value === null) return [];
    if (!Array.isArray(value)) return undefined;
    const names = value.flatMap((one) => (one instanceof Str && one.length > 0 && one.length < 256 ? [one.text] : []));
    const size = names.reduce((sum, { length }) => sum + 1 + length, 0);
    return names.length === value.length && size <= MAX_ALPN ? names : undefined;
  },
};

const clientAuth: Field<'none' | 'request' | 'require'> = {
  expected: ':request or :require',
  defaultValue: 'none',
  read: (value) => {
    const name = value instanceof Atom ? value.name : '';
    return value === null ? 'none' : name === 'request' || name === 'require' ? name : undefined;
  },
};

/** Milliseconds between the probes of a silent peer; 0 for none. */
const keepAlive: Field<number> = {
  expected: 'a positive number or false',
  defaultValue: KEEP_ALIVE_MS,
  read: (value) => {
    if (value === null || value === true) return KEEP_ALIVE_MS;
    return value === false ? 0 : milliseconds(value) || undefined;
  },
};

/** How long what was sent may take to leave after `close`, in milliseconds. */
const linger: Field<number> = {
  expected: 'a non-negative number',
  defaultValue: LINGER_MS,
  read: (value) => (value === null ? LINGER_MS : milliseconds(value)),
};

/** A certificate and its key for one name, from files or as PEM text. */
export interface OwnCertificate {
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** Certificates by the name that a client asks for. */
const sni: Field<ReadonlyMap<string, OwnCertificate>> = {
  expected: 'an object of {certFile, keyFile} or {cert, key} by name',
  defaultValue: new Map(),
  read(value) {
    if (value === null) return new Map();
    if (!isObject(value)) return undefined;
    const all = new Map<string, OwnCertificate>();
    for (const name of keysOf(value)) {
      const one = getKey(value, name) ?? null;
      if (!isObject(one)) return undefined;
      const [certFile, keyFile, cert, key] = ['certFile', 'keyFile', 'cert', 'key'].map((field) =>
        text.read(getKey(one, field) ?? NO_TEXT),
      );
      if (certFile === undefined || keyFile === undefined || cert === undefined || key === undefined) return undefined;
      if ((certFile ?? cert) === null || (keyFile ?? key) === null) return undefined;
      all.set(name.toLowerCase().replace(/\.$/, ''), { certFile, keyFile, cert, key });
    }
    return all;
  },
};

const NO_TEXT = str('');

/** Which peers must send a PROXY header: all that may connect, or the trusted ones. */
const proxyProtocol: Field<'none' | 'require' | 'trusted'> = {
  expected: ':require or :trusted',
  defaultValue: 'none',
  read: (value) => {
    const name = value instanceof Atom ? value.name : '';
    return value === null ? 'none' : name === 'require' || name === 'trusted' ? name : undefined;
  },
};

/** The peers whose PROXY headers are accepted. */
const trusted: Field<((peer: string) => boolean) | null> = {
  expected: "a list of addresses such as '10.0.0.0/8', '::1', 'unix:' or '*'",
  defaultValue: null,
  read(value) {
    if (value === null) return null;
    if (!Array.isArray(value)) return undefined;
    const texts = value.flatMap((one) => (one instanceof Str ? [one.text] : []));
    return texts.length === value.length ? (peerMatcher(texts) ?? undefined) : undefined;
  },
};

export const tlsFields = {
  tls: bool,
  server: bool,
  insecureSkipVerify: bool,
  serverName: text,
  certFile: text,
  keyFile: text,
  caFile: text,
  ca: text,
  cert: text,
  key: text,
  minVersion: version,
  alpn: protocols,
};

/** Options of connect, startTLS, and listen and serve. */
const connectFields = {
  ...tlsFields,
  timeout: time,
  maxLine: bytes,
  noDelay: { ...bool, defaultValue: true },
  keepAlive,
  linger,
};
const startTlsFields = { ...tlsFields, timeout: time, clientAuth, sni };
export const listenFields = {
  ...tlsFields,
  handshakeTimeout: time,
  maxLine: bytes,
  noDelay: { ...bool, defaultValue: true },
  keepAlive,
  linger,
  backlog: bytes,
  maxConnections: bytes,
  clientAuth,
  sni,
  proxyProtocol,
  trusted,
  reusePort: bool,
};
/** Options of a single read or write. */
const callFields = { timeout: time, maxLine: bytes, maxBytes: bytes, keep: bool };

export type TlsChoices = Read<typeof tlsFields>;
export type ServerChoices = TlsChoices & Pick<Read<typeof listenFields>, 'clientAuth' | 'sni'>;
export type ListenOptions = Read<typeof listenFields>;
export type ConnectOptions = Read<typeof connectFields>;
export type CallOptions = Read<typeof callFields>;

/** A parameter for options: an object or `?`. */
export function optionsParam<F extends Fields>(fields: F): Required<Param<Read<F>>> {
  const names = Object.keys(fields);
  const defaultValue = Object.fromEntries(names.map((name) => [name, (fields[name] as Field<unknown>).defaultValue])) as Read<F>;

  /** The checked options, or the name of the one that is wrong; '' if there are no options in it. */
  const check = (value: Value): string | Read<F> => {
    if (value === null) return defaultValue;
    if (!isObject(value)) return '';
    const given: { [name: string]: unknown } = { ...defaultValue };
    for (const name of names) {
      const field = fields[name] as Field<unknown>; // one of its names
      const one = getKey(value, name);
      if (one === undefined) continue;
      given[name] = field.read(one);
      if (given[name] === undefined) return name;
    }
    return given as Read<F>;
  };

  return {
    name: 'options',
    expected: 'object',
    options: names,
    defaultValue: null,
    read: (value) => {
      const checked = check(value);
      return typeof checked === 'string' ? undefined : checked;
    },
    mistake(builtin, value) {
      const option = check(value) as string; // asked for only when it is wrong
      if (!isObject(value)) return mistake('argument', { says: `${builtin} options must be an object, got`, value });
      const { expected } = fields[option] as Field<unknown>; // one of its names
      return mistake('option', { builtin, option, expected, value: getKey(value, option) });
    },
  };
}

export const connectOptions = optionsParam(connectFields);
export const pipeOptions = optionsParam({ idle: time, maxBytes: bytes });
export const startTlsOptions = optionsParam(startTlsFields);
export const listenOptions = optionsParam(listenFields);
/** Those of calls of which the reference knows no options: there, anything that is not an object is one argument too many. */
export const callOptions = lenient(optionsParam(callFields));
export const closeOptions = lenient(optionsParam({ reset: bool }));

function lenient<T>(strict: Required<Param<T>>): Required<Param<T>> {
  return { ...strict, read: (value) => strict.read(isObject(value) ? value : null) };
}

/** An address to connect to. */
export const address: Param<string> = {
  name: 'address',
  expected: 'string',
  read: (value) => (value instanceof Str ? value.text : undefined),
  mistake: (builtin, value) => mistake('argument-types', { builtin, values: [value] }),
};

/** From here on, a string is not turned into an array for the sake of sending it again. */
const VERY_LONG = 2 ** 18;

/** What is sent: byte text, or the bytes of a string that is neither short nor, as the slices of a large one, very long. */
export type Payload = string | Uint8Array;

export function payloadOf(string: Str): Payload {
  const { length } = string;
  return length < GATHERED || (length >= VERY_LONG && string.isText) ? string.text : string.shareBytes();
}

/** What is sent, as byte text. */
export const data: Param<string> = {
  name: 'data',
  expected: 'string',
  read: (value) => (value instanceof Str ? value.text : undefined),
  mistake: (builtin, value) => mistake('argument', { says: `Second argument to ${builtin} must be a string, got`, value }),
};

export const payload: Param<Payload> = { ...data, read: (value) => (value instanceof Str ? payloadOf(value) : undefined) };

/** What a read ends with. */
export const delimiter: Param<string> = {
  name: 'delimiter',
  expected: 'non-empty string',
  read: (value) => (value instanceof Str && value.length > 0 ? value.text : undefined),
  mistake: (builtin, value) =>
    mistake('argument', { says: `Second argument to ${builtin} must be a non-empty string, got`, value }),
};

/** How much is read. */
export const size: Param<number> = {
  name: 'size',
  expected: 'non-negative int',
  read: (value) => (isInt(value) && value >= 0 ? Number(value) : undefined),
  mistake: (builtin, value) =>
    mistake('argument', { says: `Second argument to ${builtin} must be a non-negative int, got`, value }),
};

/** How many bytes the length before a packet has. */
export const width: Param<1 | 2 | 4> = {
  name: 'n',
  expected: '1, 2 or 4',
  defaultValue: 4,
  read: (value) => (value === null || value === 4 ? 4 : value === 1 || value === 2 ? value : undefined),
  mistake: (builtin, value) =>
    mistake('argument', { says: `The length of a packet in ${builtin} must be 1, 2 or 4 bytes, got`, value }),
};

/** Limits of the time that reads and writes take, in milliseconds; -1 leaves one as it is. */
export const times: Param<{ readonly read: number; readonly write: number }> = {
  name: 'timeout',
  expected: 'number or {read, write}',
  read: (value) => {
    if (!isObject(value)) {
      const both = milliseconds(value);
      return both === undefined ? undefined : { read: both, write: both };
    }
    const [read, write] = (['read', 'write'] as const).map((name) => {
      const given = getKey(value, name);
      return given === undefined ? -1 : milliseconds(given);
    });
    return read === undefined || write === undefined ? undefined : { read, write };
  },
  mistake: (builtin, value) =>
    mistake('argument', {
      says: `Second argument to ${builtin} must be a non-negative number, ? or {read: number, write: number}, got`,
      value,
    }),
};

/** Anything; the builtin checks it together with others. */
export function anything(name: string, expected: string): Param<Value> {
  return { name, expected, read: (value) => value };
}

/** The same as the second argument. */
export function otherSocketOf(table: SocketTable): Param<Socket> {
  const first = socketOf(table);
  return {
    ...first,
    name: 'other',
    mistake: (builtin, value) =>
      isObject(value) && getKey(value, 'type') === SOCKET
        ? mistake('unknown-handle', { kind: 'Socket', value, malformed: !isInt(getKey(value, 'id')) })
        : mistake('argument', { says: `Second argument to ${builtin} must be a socket, got`, value }),
  };
}

/** A socket of this table. */
export function socketOf(table: SocketTable): Param<Socket> {
  return {
    name: 'socket',
    expected: 'socket',
    read(value) {
      if (value instanceof Obj) {
        const id = value.id;
        return value.type === SOCKET && typeof id === 'number' ? table.find(id) : undefined;
      }
      if (!isObject(value) || getKey(value, 'type') !== SOCKET) return undefined;
      const id = getKey(value, 'id');
      return typeof id === 'number' ? table.find(id) : undefined;
    },
    mistake(builtin, value) {
      if (!isObject(value) || getKey(value, 'type') !== SOCKET)
        return mistake('not-a-socket', { builtin, value, refusal: table.lastRefusal });
      return mistake('unknown-handle', { kind: 'Socket', value, malformed: !isInt(getKey(value, 'id')) });
    },
  };
}
