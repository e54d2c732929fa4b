/** Where a request goes: its address, and how its connection is dialled. */
import { parseAddress } from '../sockets/address.ts';
import { Failure } from '../sockets/backend.ts';
import { LINGER_MS } from '../sockets/limits.ts';
import { dial } from '../sockets/network.ts';
import type { TlsChoices } from '../sockets/options.ts';
import { clientSide } from '../sockets/tls-choices.ts';
import type { Dial } from './backend.ts';
import type { HttpContext } from './context.ts';
import { dialThrough, type ProxyFor } from './proxy.ts';
import type { Url } from './url.ts';

const KEEP_ALIVE_MS = 15_000;

export interface Destination {
  /** `host:port`, or `unix:/path`. */
  readonly address: string;
  /** What the Host header says. */
  readonly host: string;
  readonly secure: boolean;
  /** Connections to destinations with the same text can be shared. */
  readonly route: string;
  readonly dial: Dial;
  /** A proxy passes the request on: its target is the whole address, and this its Proxy-Authorization, if any. */
  readonly passedOn: { readonly authorization: string | null } | null;
}

/** Where `url` leads, directly or by way of a proxy, or why it leads nowhere. Unusable certificates are a mistake of the program and thrown. */
export function destinationOf(
  context: HttpContext,
  url: Url,
  secure: boolean,
  options: TlsChoices,
  unix: string | null,
  proxyFor: ProxyFor,
): Destination | Failure {
  const shown = url.host.includes(':') ? `[${url.host}]` : url.host;
  const port = url.port === '' ? (secure ? '443' : '80') : url.port;
  const address = unix === null ? `${shown}:${port}` : `unix:${unix}`;
  const target = parseAddress(address);
  if (target.kind === 'bad') return new Failure(target.code, `dial tcp: ${target.detail}`);
  const { network } = context;
  const tls = secure ? clientSide(network.backend, { ...options, alpn: [] }, url.host, 10_000) : null;
  const { caFile, ca, certFile, keyFile, cert, key, serverName, insecureSkipVerify, minVersion } = options;
  const tlsText = JSON.stringify([caFile, ca, certFile, keyFile, cert, key, serverName, insecureSkipVerify, minVersion]);
  const proxy = unix === null ? proxyFor(secure, url.host, port) : null;
  if (proxy instanceof Failure) return proxy;
  const stream = { noDelay: true, keepAliveMs: KEEP_ALIVE_MS, lingerMs: LINGER_MS, handOver: true };
  const direct = secure ? `tls ${address} ${url.host} ${tlsText}` : `tcp ${address}`;
  return {
    address,
    host: url.port === '' || url.port === (secure ? '443' : '80') ? shown : `${shown}:${url.port}`,
    secure,
    route: proxy === null ? direct : `proxy ${proxy.address} ${secure ? direct : ''}`,
    dial:
      proxy === null
        ? (done) => dial(network, address, target, { tls, ...stream }, done)
        : dialThrough(network, proxy, { address, target, tls, options: stream }),
    passedOn: proxy === null || secure ? null : proxy,
  };
}
