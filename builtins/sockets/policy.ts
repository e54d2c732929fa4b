/**
 * Rules about addresses as people write them: `--allow-net=example.com:443,127.0.0.1 --deny-net=10.0.0.0/8`.
 *
 *     *                      everything
 *     example.com            a host, every port; 'localhost' is also the addresses of this machine
 *     *.example.com          every name below example.com
 *     10.1.2.3, ::1          an address, however it is written
 *     10.0.0.0/8, fd00::/8   all addresses that begin so
 *     host:443, [::1]:443    one port only
 *     :443                   the port on every host
 *     unix:/path, unix:*     a Unix socket, or all of them
 *
 * Something is allowed when a rule allows it, or when there are no rules that allow, and no rule denies it. Rules that
 * deny are applied to the addresses of a name, too, so that a name does not lead around them.
 */
import { isIPv4, isLegalName } from './address.ts';
import type { Target } from './backend.ts';
import { addressBits, blockMatcher } from './peers.ts';

/**
 * What programs may do, where the embedder wants a say; everything is allowed that is not forbidden. A host is as the program wrote
 * it, so a name that has a forbidden address passes `mayConnect` and `mayListen`; `mayReach` is asked for each address that the
 * name turns out to have. A Unix socket is a target, too, without host and port.
 */
export interface SocketPolicy {
  mayConnect?(target: Target): boolean;
  mayListen?(target: Target): boolean;
  mayReach?(address: { readonly ip: string; readonly port: number; readonly name: string }): boolean;
}

/** One rule; null means everything of a kind. */
interface Rule {
  matchesHost(host: string): boolean;
  readonly port: number | null;
  /** The path of a Unix socket; null for none, `*` for all. */
  readonly path: string | null;
  readonly all: boolean;
}

/** Reads rules separated by commas. A text is what is wrong with them. */
function readRules(list: string): readonly Rule[] | string {
  const rules: Rule[] = [];
  for (const text of list.split(',').map((one) => one.trim())) {
    if (text === '') continue;
    const rule = readRule(text);
    if (rule === null) return `${text} is no host, host:port, :port, address/bits or *`;
    rules.push(rule);
  }
  return rules;
}

function readRule(text: string): Rule | null {
  if (text === '*') return { matchesHost: () => true, port: null, path: '*', all: true };
  if (text.startsWith('unix:')) return { matchesHost: () => false, port: null, path: plainPath(text.slice(5)), all: false };
  const split = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text);
  const host = split === null ? text : (split[1] ?? split[2] ?? '');
  const port = split?.[3] === undefined ? null : Number(split[3]);
  if ((port !== null && port > 65535) || (host === '' && port === null)) return null;
  const matchesHost = hostMatcher(plainHost(host));
  return matchesHost === null ? null : { matchesHost, port, path: null, all: false };
}

function hostMatcher(host: string): ((given: string) => boolean) | null {
  if (host === '' || host === '*') return () => true;
  if (host.startsWith('*.')) {
    const suffix = host.slice(1);
    return isName(host.slice(2)) ? (given) => given.endsWith(suffix) : null;
  }
  const byAddress = blockMatcher(host);
  if (byAddress !== null || host.includes('/') || !isName(host)) return byAddress;
  return host === 'localhost' ? isLocal : (given) => given === host;
}

function isName(host: string): boolean {
  return !isIPv4(host) && isLegalName(host);
}

function isLocal(host: string): boolean {
  const bits = addressBits(host);
  return host === 'localhost' || (bits !== null && (bits === LOOPBACK_6 || bits >> 24n === LOOPBACK_4 >> 24n));
}

/** A path without the parts that lead nowhere, as which the system sees it (links aside). */
function plainPath(path: string): string {
  if (!path.startsWith('/')) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

const LOOPBACK_4 = 0xffff_7f00_0001n;
const LOOPBACK_6 = 1n;
/** The addresses that mean every interface of this machine, in both families. */
const EVERYWHERE_4 = 0xffff_0000_0000n;
const EVERYWHERE_6 = 0n;

/** The host that a connection really reaches: this machine for an address of all interfaces, and for an empty host. */
function dialled(host: string): string {
  const bits = addressBits(host);
  if (host === '' || bits === EVERYWHERE_4) return '127.0.0.1';
  return bits === EVERYWHERE_6 ? '::1' : plainHost(host);
}

/** A name in small letters, without the dot that may end it. */
function plainHost(host: string): string {
  return host.toLowerCase().replace(/(?<=\w)\.$/, '');
}

function isEverywhere(host: string): boolean {
  const bits = addressBits(host);
  return host === '' || bits === EVERYWHERE_4 || bits === EVERYWHERE_6;
}

/** The policy of two lists; null is a missing list. Throws a TypeError if one of them is malformed. */
export function networkPolicy(allow: string | null, deny: string | null = null): SocketPolicy {
  const policy = readPolicy(allow, deny);
  if (typeof policy === 'string') throw new TypeError(policy);
  return policy;
}

/**
 * The same; a text is what is wrong with the lists. To listen on every interface a program needs a rule for `0.0.0.0`, `::`, the port
 * or everything, and no rule may deny any host on that port.
 */
export function readPolicy(allow: string | null, deny: string | null): SocketPolicy | string {
  const allowed = allow === null ? null : readRules(allow);
  const denied = deny === null ? [] : readRules(deny);
  if (typeof allowed === 'string') return allowed;
  if (typeof denied === 'string') return denied;

  const covers = (rules: readonly Rule[], host: string, port: number): boolean =>
    rules.some((rule) => (rule.port === null || rule.port === port) && rule.matchesHost(host));
  const coversPath = (rules: readonly Rule[], path: string): boolean =>
    rules.some((rule) => rule.path === '*' || rule.path === path);

  const may = (target: Target, host: (given: string) => string): boolean => {
    if (target.kind === 'unix') {
      const path = plainPath(target.path);
      return !coversPath(denied, path) && (allowed === null || coversPath(allowed, path));
    }
    const name = host(target.host);
    return !covers(denied, name, target.port) && (allowed === null || covers(allowed, name, target.port));
  };
  return {
    mayConnect: (target) => may(target, dialled),
    mayReach: ({ ip, port }) => !covers(denied, dialled(ip), port),
    mayListen(target) {
      if (target.kind === 'unix' || !isEverywhere(target.host)) return may(target, plainHost);
      const { port } = target;
      if (denied.some((rule) => (rule.path === null || rule.all ? rule.port === null || rule.port === port : false)))
        return false;
      return allowed === null || covers(allowed, '0.0.0.0', port) || covers(allowed, '::', port);
    },
  };
}
