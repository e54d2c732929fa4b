/** `dns_lookup`: records of the domain name system (RFC 1035; SRV: RFC 2782), behind `import('dns')`. */

import { mistake } from '../language/runtime/errors.ts';
import { atom, getKey, isObject, obj, Str, str, type Value } from '../language/values/values.ts';
import { any, milliseconds, optional, text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';
import { codedFailure, unavailable } from './results.ts';
import { isIP, isIPv4, parseAddress } from './sockets/address.ts';
import { type ErrorCode, NOT_ALLOWED } from './sockets/backend.ts';
import type { SocketPolicy } from './sockets/policy.ts';

export const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'NS', 'TXT', 'PTR', 'MX', 'SRV'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** A record: its text, or its fields in the order in which programs see them. All texts are byte text. */
export type DnsRecord = string | { readonly [field: string]: string | number };

export interface DnsQuestion {
  /** Byte text. For PTR an IP address. */
  readonly name: string;
  readonly type: RecordType;
  /** Whom to ask: IP addresses with ports. */
  readonly servers: readonly string[];
}

export type DnsAnswer = { readonly records: readonly DnsRecord[] } | { readonly code: ErrorCode; readonly why: string };

export interface DnsBackend {
  /** The name servers of the system, as IP addresses with ports. */
  servers(): readonly string[];
  /** Asks. Call the result to give up, after which there is no answer. A name that has no record of the type has an empty list of them. */
  lookup(question: DnsQuestion, done: (answer: DnsAnswer) => void): () => void;
}

const STANDARD_TIMEOUT_MS = 10_000;
const OK = atom('ok');
/** Labels of up to 63 bytes (RFC 1035, section 2.3.4); the underscores of services are allowed. */
const NAME = /^(?=.{1,254}$)([^\s.\0-\x20\x7f]{1,63}\.)*[^\s.\0-\x20\x7f]{1,63}\.?$/;

function typeOf(given: Value): RecordType {
  if (given === null) return 'A';
  const name = given instanceof Str ? given.text.toUpperCase() : '';
  const found = RECORD_TYPES.find((one) => one === name);
  if (found !== undefined) return found;
  throw mistake('argument', { says: `dns_lookup takes the types ${RECORD_TYPES.join(', ')}, got`, value: given });
}

function optionsOf(given: Value): { readonly timeoutMs: number; readonly server: string | null } {
  if (given !== null && !isObject(given))
    throw mistake('argument', { says: 'dns_lookup options must be an object, got', value: given });
  const option = (name: string): Value => (given === null ? null : (getKey(given, name) ?? null));
  const [time, server] = [option('timeout'), option('server')];
  const timeoutMs = time === null ? STANDARD_TIMEOUT_MS : milliseconds(time);
  if (timeoutMs === undefined)
    throw mistake('option', { builtin: 'dns_lookup', option: 'timeout', expected: 'a non-negative number', value: time });
  if (server !== null && !(server instanceof Str))
    throw mistake('option', { builtin: 'dns_lookup', option: 'server', expected: 'a string', value: server });
  return { timeoutMs, server: server === null ? null : server.text };
}

/** Whether a text is an IP address. */
function isAddress(given: string): boolean {
  return isIPv4(given) || (given.includes(':') && parseAddress(`[${given}]:53`).kind === 'tcp');
}

/** The server that an option names, with its port; null when it is none. */
function serverAddress(server: string): string | null {
  if (isAddress(server)) return server.includes(':') ? `[${server}]:53` : `${server}:53`;
  const target = parseAddress(server);
  return target.kind === 'tcp' && isIP(target.host) && target.port > 0 ? server : null;
}

function isAllowed(policy: SocketPolicy, server: string): boolean {
  const target = parseAddress(server);
  return target.kind === 'tcp' && (policy.mayConnect === undefined || policy.mayConnect(target) === true);
}

function recordValue(record: DnsRecord): Value {
  if (typeof record === 'string') return str(record);
  return obj(
    Object.fromEntries(Object.entries(record).map(([name, field]) => [name, typeof field === 'string' ? str(field) : field])),
  );
}

/** The builtin; without a backend it answers a structured error. A policy has to allow the name servers as it does others. */
export function dnsBuiltins(backend: DnsBackend | null, policy: SocketPolicy = {}): Builtin[] {
  const lookup = builtin({
    name: 'dns_lookup',
    group: 'sockets',
    help: 'Asks for the records of a name: {type: :ok, records}, or an error value.',
    params: [text('name'), optional(any('type'), null), optional(any('options'), null)],
    suspends: true,
    callback: true,
    backend: 'sockets',
    run(machine, { text: name }, givenType, givenOptions) {
      const type = typeOf(givenType);
      const { timeoutMs, server } = optionsOf(givenOptions);
      const failed = (code: ErrorCode, why: string) => codedFailure(`Could not look up ${name}: ${why}`, code);
      if (type === 'PTR' ? !isAddress(name) : !NAME.test(name)) {
        return failed('address', type === 'PTR' ? 'PTR is asked for an IP address' : 'this is not a host name');
      }
      const given = server === null ? null : serverAddress(server);
      if (server !== null && given === null) return failed('address', `server ${server} is not an IP address with a port`);
      const servers = given === null ? (backend?.servers() ?? []) : [given];
      const allowed = servers.filter((one) => isAllowed(policy, one));
      if (allowed.length === 0) {
        return failed('permission', servers.length === 0 ? 'there is no name server' : `server ${servers[0]}: ${NOT_ALLOWED}`);
      }

      return machine.park((wake) => {
        let stopTimer = (): void => {};
        const giveUp = backend?.lookup({ name, type, servers: allowed }, (answer) => {
          stopTimer();
          if ('code' in answer) wake(failed(answer.code, answer.why));
          else wake(obj({ type: OK, records: answer.records.map(recordValue) }));
        });
        if (timeoutMs === 0) return;
        stopTimer = machine.host.timer(timeoutMs, () => {
          giveUp?.();
          wake(failed('timeout', 'i/o timeout'));
        });
      });
    },
  });
  return backend === null ? unavailable([lookup]) : [lookup];
}
