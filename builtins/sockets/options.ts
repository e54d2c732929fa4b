/**
 * The checks of arguments, with the reference's texts: what is wrong is a mistake in the program.
 *
 * Every option is checked, also where it has no effect; unknown ones are ignored.
 */
import { display } from '../../language/render.ts';
import { getKey, isInt, isObject, Obj, Str, type Table, type Value } from '../../language/values.ts';
import type { Param } from '../registry.ts';
import { SOCKET } from './results.ts';
import type { Socket } from './socket.ts';
import type { SocketTable } from './table.ts';

/** The options of connect, startTLS and listen; texts that are missing or empty are null. */
export interface Options {
  readonly tls: boolean;
  readonly server: boolean;
  readonly insecureSkipVerify: boolean;
  readonly serverName: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

const NO_OPTIONS: Options = {
  tls: false,
  server: false,
  insecureSkipVerify: false,
  serverName: null,
  certFile: null,
  keyFile: null,
};

const BOOLS = ['tls', 'server', 'insecureSkipVerify'] as const;
const TEXTS = ['serverName', 'certFile', 'keyFile'] as const;

/** What is wrong with options, as the error's text without the builtin's name; null when nothing is. */
function complaint(value: Value): string | null {
  if (value === null) return null;
  if (!isObject(value)) return `options must be an object, got ${display(value)}`;
  for (const name of BOOLS) {
    const given = getKey(value, name);
    if (given !== undefined && typeof given !== 'boolean') return `options.${name} must be a bool, got ${display(given)}`;
  }
  for (const name of TEXTS) {
    const given = getKey(value, name);
    if (given !== undefined && !(given instanceof Str)) return `options.${name} must be a string, got ${display(given)}`;
  }
  return null;
}

/** What is wrong with the options of a builtin, or null. */
export function wrongOptions(builtin: string, value: Value): string | null {
  const wrong = complaint(value);
  return wrong === null ? null : `${builtin} ${wrong}`;
}

/** Options that are not wrong. */
export function readOptions(value: Value): Options {
  if (value === null || !isObject(value)) return NO_OPTIONS;
  return {
    tls: getKey(value, 'tls') === true,
    server: getKey(value, 'server') === true,
    insecureSkipVerify: getKey(value, 'insecureSkipVerify') === true,
    serverName: textOf(value, 'serverName'),
    certFile: textOf(value, 'certFile'),
    keyFile: textOf(value, 'keyFile'),
  };
}

function textOf(options: Obj | Table, name: string): string | null {
  const given = getKey(options, name);
  return given instanceof Str && given.length > 0 ? given.text : null;
}

/** The options of a client's connection. */
export const options: Param<Options> = {
  name: 'options',
  shape: 'object',
  standard: null,
  read: (value) => (complaint(value) === null ? readOptions(value) : undefined),
  complaint: (builtin, value) => wrongOptions(builtin, value) ?? '',
};

/** An address to connect to. */
export const address: Param<string> = {
  name: 'address',
  shape: 'string',
  read: (value) => (value instanceof Str ? value.text : undefined),
  complaint: (builtin, value) => `Mismatched types in call ${builtin}(${display(value)})`,
};

/** What is sent. */
export const data: Param<string> = {
  name: 'data',
  shape: 'string',
  read: (value) => (value instanceof Str ? value.text : undefined),
  complaint: (builtin, value) => `Second argument to ${builtin} must be a string, got ${display(value)}`,
};

/** How much is read. */
export const size: Param<number> = {
  name: 'size',
  shape: 'non-negative int',
  read: (value) =>
    typeof value === 'number' && value >= 0 ? value : typeof value === 'bigint' && value >= 0 ? Number(value) : undefined,
  complaint: (builtin, value) => `Second argument to ${builtin} must be a non-negative int, got ${display(value)}`,
};

/** Anything; the builtin checks it together with others. */
export function anything(name: string, shape: string): Param<Value> {
  return { name, shape, read: (value) => value };
}

/** A socket of this table. */
export function socketOf(table: SocketTable): Param<Socket> {
  return {
    name: 'socket',
    shape: 'socket',
    read(value) {
      if (value instanceof Obj) {
        const id = value.id;
        return value.type === SOCKET && typeof id === 'number' ? table.find(id) : undefined;
      }
      if (!isObject(value) || getKey(value, 'type') !== SOCKET) return undefined;
      const id = getKey(value, 'id');
      return typeof id === 'number' ? table.find(id) : undefined;
    },
    complaint(builtin, value) {
      if (!isObject(value) || getKey(value, 'type') !== SOCKET) {
        return `First argument to ${builtin} must be a socket, got ${display(value)}`;
      }
      return `Socket ${display(value)} is ${isInt(getKey(value, 'id')) ? 'not available' : 'malformed'}`;
    },
  };
}
