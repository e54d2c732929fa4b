/** The system's socket errors as the reference words them. */
import type { Breakdown, ErrorCode } from '../../builtins/sockets/backend.ts';
import { codeOf, errnoText } from '../errno.ts';

const CODES: { readonly [code: string]: ErrorCode } = {
  EACCES: 'permission',
  EADDRINUSE: 'inuse',
  EADDRNOTAVAIL: 'address',
  EAI_AGAIN: 'dns',
  ECONNABORTED: 'reset',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EHOSTUNREACH: 'unreachable',
  EMFILE: 'limit',
  ENETDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENFILE: 'limit',
  ENOTFOUND: 'dns',
  EPERM: 'permission',
  EPIPE: 'closed',
  ETIMEDOUT: 'timeout',
};

/** What kind of failure an error of Node is. */
export function kindOf(error: unknown): ErrorCode {
  return CODES[codeOf(error)] ?? 'other';
}

/** Describes the error that ended a connection. */
export function breakdownOf(error: unknown): Breakdown {
  const call = (error as { syscall?: unknown }).syscall === 'write' ? 'write' : 'read';
  return { code: kindOf(error), words: errnoText(error), call };
}
