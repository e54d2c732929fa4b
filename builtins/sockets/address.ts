/**
 * Addresses as programs write them: `host:port`, split at the last colon, IPv6 in brackets; `unix:/path`.
 *
 * Everything that looks odd is refused here, with the reference's wording, because the resolvers of platforms
 * accept more than they should: `127.1`, `0x7f.0.0.1`, blanks.
 */
import type { Target } from './backend.ts';

/** A problem with an address: the detail behind `dial tcp: ` or `listen tcp: `. */
export interface BadAddress {
  readonly kind: 'bad';
  readonly code: 'address' | 'dns';
  readonly detail: string;
}

/** Ports that may be named, besides numbers. */
const services = new Map([
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['domain', 53],
  ['http', 80],
  ['pop3', 110],
  ['imap', 143],
  ['https', 443],
  ['submissions', 465],
  ['smtps', 465],
  ['submission', 587],
  ['imaps', 993],
  ['pop3s', 995],
]);

function bad(detail: string, code: BadAddress['code'] = 'address'): BadAddress {
  return { kind: 'bad', code, detail };
}

/** Reads an address; `host` is an IP address in its plain form (mapped IPv4 is IPv4), a legal name, or ''. */
export function parseAddress(address: string): Target | BadAddress {
  if (address.startsWith('unix:/') || address.startsWith('unix:@')) return unixTarget(address.slice(5));
  const parts = splitHostPort(address);
  if (typeof parts === 'string') return bad(`address ${address}: ${parts}`);
  const port = parsePort(parts.port);
  if (typeof port === 'string') return bad(port);
  const host = parseHost(parts.host);
  if (host === null) return bad(`lookup ${parts.host}: no such host`, 'dns');
  return { kind: 'tcp', host, port };
}

function unixTarget(path: string): Target | BadAddress {
  if (path.includes('\0')) return bad(`address unix:${path}: invalid path`);
  return { kind: 'unix', path };
}

function splitHostPort(address: string): { host: string; port: string } | string {
  const colon = address.lastIndexOf(':');
  if (colon < 0) return 'missing port in address';
  if (!address.startsWith('[')) {
    const host = address.slice(0, colon);
    if (host.includes(':')) return 'too many colons in address';
    if (address.includes('[')) return "unexpected '[' in address";
    if (address.includes(']')) return "unexpected ']' in address";
    return { host, port: address.slice(colon + 1) };
  }
  const close = address.indexOf(']');
  if (close < 0) return "missing ']' in address";
  if (close + 1 === address.length) return 'missing port in address';
  if (close + 1 !== colon) return address[close + 1] === ':' ? 'too many colons in address' : 'missing port in address';
  if (address.indexOf('[', 1) >= 0) return "unexpected '[' in address";
  if (address.indexOf(']', close + 1) >= 0) return "unexpected ']' in address";
  return { host: address.slice(1, close), port: address.slice(colon + 1) };
}

/** The port, or what is wrong with it. */
function parsePort(text: string): number | string {
  if (text === '') return 0;
  if (/^[+-]?[0-9]+$/.test(text)) {
    const port = Number(text);
    return port >= 0 && port <= 65535 ? port : `address ${text}: invalid port`;
  }
  return services.get(text.toLowerCase()) ?? `address tcp/${text}: unknown port`;
}

/** The host in the form that `parseAddress` returns, or null when it is malformed. */
export function parseHost(host: string): string | null {
  if (host === '') return '';
  if (isIPv4(host)) return host;
  if (host.includes(':')) return plainIPv6(host);
  return isLegalName(host) ? host : null;
}

/** Four decimal numbers without leading zeros. */
export function isIPv4(host: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(host);
}

/** Whether a host, as returned by `parseAddress`, is an IP address. */
export function isIP(host: string): boolean {
  return host.includes(':') || isIPv4(host);
}

/** An IPv6 address, with its zone if it has one; a mapped IPv4 address as IPv4; null when it is none. */
function plainIPv6(host: string): string | null {
  const groups = groupsOfIPv6(host);
  if (groups === null) return null;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const low = groups[6] as number; // there are eight
    const lowest = groups[7] as number;
    return `${low >> 8}.${low & 255}.${lowest >> 8}.${lowest & 255}`;
  }
  return host;
}

/** The eight groups of an IPv6 address, which may have a zone and end as an IPv4 address; null when it is none. */
export function groupsOfIPv6(host: string): number[] | null {
  const percent = host.indexOf('%');
  const zone = percent < 0 ? '' : host.slice(percent);
  if (zone !== '' && !/^%[\w.-]+$/.test(zone)) return null;
  let address = percent < 0 ? host : host.slice(0, percent);

  const dotted = address.slice(address.lastIndexOf(':') + 1);
  if (dotted.includes('.')) {
    if (!isIPv4(dotted)) return null;
    const [a, b, c, d] = dotted.split('.').map(Number) as [number, number, number, number]; // isIPv4: four of them
    address = `${address.slice(0, -dotted.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }
  return expand(address);
}

/** The same of one in hexadecimal notation. */
function expand(address: string): number[] | null {
  const gap = address.indexOf('::');
  if (gap >= 0 && address.indexOf('::', gap + 1) >= 0) return null;
  const before = groupsOf(gap < 0 ? address : address.slice(0, gap));
  const after = gap < 0 ? [] : groupsOf(address.slice(gap + 2));
  if (before === null || after === null) return null;
  const missing = 8 - before.length - after.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return null;
  return [...before, ...new Array<number>(missing).fill(0), ...after];
}

function groupsOf(text: string): number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) ? groups.map((group) => Number.parseInt(group, 16)) : null;
}

/** Whether a resolver may be asked for this name: letters, digits, `_`, `-` within; not something that it would take for a number. */
export function isLegalName(host: string): boolean {
  const labels = (host.endsWith('.') ? host.slice(0, -1) : host).split('.');
  if (host.length > 254 || !labels.every((label) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(label))) return false;
  return !/^(?:[0-9]+|0[xX][0-9a-fA-F]*)$/.test(labels.at(-1) as string); // split returns at least one
}

/** `ip:port`, IPv6 in brackets, an IPv4 address that a dual-stack socket shows in mapped form as IPv4. */
export function formatAddress(ip: string, port: number): string {
  const plain = ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip;
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/@]*@)?([^/:?#]*)(?::(\d+))?/i;

/** The address to write in place of a URL; null if it is not a URL. */
export function addressHint(address: string): string | null {
  const [, scheme, host, port] = SCHEME.exec(address) ?? [];
  if (scheme === undefined) return null;
  const number = port ?? services.get(scheme.toLowerCase()) ?? '80';
  return `an address is host:port, without a scheme and a path: '${host}:${number}'`;
}
