/**
 * The client of a request that came through proxies, as trusted proxies report it: `Forwarded` (RFC 7239) or, without it,
 * `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`.
 *
 * Each proxy appends its own peer, and a client can write what it likes in front. So the list is read from its end, and only as far as
 * addresses are trusted.
 */
import { addressBits } from '../sockets/peers.ts';
import { allValues } from './headers.ts';

/** Where a request came from. */
export interface Origin {
  /** `ip:port`, or `ip` where the port is unknown. */
  readonly remote: string;
  readonly tls: boolean;
  /** The host that the client asked for; null where no proxy says. */
  readonly host: string | null;
}

/** What one proxy says of its peer. */
interface Hop {
  readonly for: string;
  readonly proto: string | null;
  readonly host: string | null;
}

const PAIR = /[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z:[\]]*))[ \t]*([;,]|$)/y;
const HOST = /^[A-Za-z0-9\-._~%[\]:]+$/;

/** The client behind the proxies that `trusts` knows. `direct` is the connection's own peer. */
export function originOf(headers: readonly string[], direct: Origin, trusts: (peer: string) => boolean): Origin {
  let origin = direct;
  const hops = hopsOf(headers);
  while (trusts(addressOf(origin.remote))) {
    const hop = hops.pop();
    if (hop === undefined || addressBits(addressOf(hop.for)) === null) break;
    origin = {
      remote: hop.for,
      tls: hop.proto === null ? origin.tls : hop.proto.toLowerCase() === 'https',
      host: hop.host !== null && HOST.test(hop.host) ? hop.host : origin.host,
    };
  }
  return origin;
}

function hopsOf(headers: readonly string[]): Hop[] {
  const forwarded = allValues(headers, 'Forwarded').join(',');
  if (forwarded !== '') return parseForwarded(forwarded);
  const list = (name: string): string[] =>
    allValues(headers, name)
      .join(',')
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  const hosts = list('X-Forwarded-Host');
  const protos = list('X-Forwarded-Proto');
  // Proxies append addresses. The other two most proxies set, and some append to: the last one is that of the nearest proxy.
  return list('X-Forwarded-For').map((address) => ({
    for: withoutBrackets(address),
    proto: protos.at(-1) ?? null,
    host: hosts.at(-1) ?? null,
  }));
}

/** The elements of a `Forwarded` header; none of a malformed one. */
function parseForwarded(text: string): Hop[] {
  const hops: Hop[] = [];
  let pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  for (;;) {
    const found = PAIR.exec(text);
    if (found === null) return [];
    const [, name = '', quoted, token = '', end] = found;
    pairs.set(name.toLowerCase(), quoted === undefined ? token : quoted.replace(/\\(.)/g, '$1'));
    if (end === ';') continue;
    hops.push({
      for: withoutBrackets(pairs.get('for') ?? ''),
      proto: pairs.get('proto') ?? null,
      host: pairs.get('host') ?? null,
    });
    if (end === '') return hops;
    pairs = new Map();
  }
}

/** `[::1]` as `::1`; with a port it stays. */
function withoutBrackets(address: string): string {
  return /^\[[^\]]*\]$/.test(address) ? address.slice(1, -1) : address;
}

/** The IP address of `ip:port` or `ip`; `unix:` for a Unix socket. */
function addressOf(remote: string): string {
  if (remote.startsWith('[')) return remote.slice(1, remote.indexOf(']'));
  const colon = remote.indexOf(':');
  if (remote === '' || remote.startsWith('unix:') || remote.startsWith('/')) return 'unix:';
  return colon < 0 || colon !== remote.lastIndexOf(':') ? remote : remote.slice(0, colon);
}
