/** `socket_self_signed`: a certificate for tests and development, made in memory. */
import { mistake } from '../language/runtime/errors.ts';
import { atom, getKey, isInt, isObject, type Obj, obj, Str, str, type Value } from '../language/values/values.ts';
import { any, list, optional } from './params.ts';
import { type Builtin, builtin } from './registry.ts';
import { codedFailure, unavailable } from './results.ts';

/** PEM texts. `ca` is the certificate of the authority that signed `cert`. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface CertificateBackend {
  /** Makes a certificate for DNS names and IP addresses (byte text), valid for some days, or says which of them cannot be one. */
  selfSigned(names: readonly string[], days: number, done: (made: SelfSigned | { readonly problem: string }) => void): void;
}

const OK = atom('ok');
const STANDARD_DAYS = 365;
/** A certificate cannot be valid beyond the year 9999 (RFC 5280, section 4.1.2.5). */
const MOST_DAYS = 365 * 1000;

function namesOf(values: readonly Value[]): string[] {
  const names = values.flatMap((value) => (value instanceof Str ? [value.text] : []));
  if (names.length === values.length && names.length > 0) return names;
  throw mistake('argument', {
    says: 'First argument to socket_self_signed must be a non-empty list of strings, got',
    value: [...values],
  });
}

function daysOf(options: Value): number {
  if (options !== null && !isObject(options)) {
    throw mistake('argument', { says: 'socket_self_signed options must be an object, got', value: options });
  }
  const days = options === null ? STANDARD_DAYS : (getKey(options, 'days') ?? STANDARD_DAYS);
  if (isInt(days) && days > 0 && days <= MOST_DAYS) return Number(days);
  throw mistake('option', {
    builtin: 'socket_self_signed',
    option: 'days',
    expected: `an int from 1 to ${MOST_DAYS}`,
    value: days,
  });
}

function result(made: SelfSigned | { readonly problem: string }): Obj {
  if ('problem' in made) return codedFailure(`Could not make a certificate: ${made.problem}`, 'address');
  return obj({ type: OK, cert: str(made.cert), key: str(made.key), ca: str(made.ca) });
}

/** The builtin; without a backend it answers a structured error. */
export function certificateBuiltins(backend: CertificateBackend | null): Builtin[] {
  const selfSigned = builtin({
    name: 'socket_self_signed',
    group: 'sockets',
    help: 'Makes a certificate for names and IP addresses: {type: :ok, cert, key, ca} as PEM texts, or an error value.',
    params: [list('names'), optional(any('options'), null)],
    suspends: true,
    callback: true,
    backend: 'sockets',
    run(machine, given, options) {
      const names = namesOf(given);
      const days = daysOf(options);
      return machine.park((wake) => backend?.selfSigned(names, days, (made) => wake(result(made))));
    },
  });
  return backend === null ? unavailable([selfSigned]) : [selfSigned];
}
