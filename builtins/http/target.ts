/** Where a request goes: its address, and how its connection is dialled. */
import { parseAddress } from '../sockets/address.ts';
import { Failure } from '../sockets/backend.ts';
import { LINGER_MS } from '../sockets/limits.ts';
import { dial } from '../sockets/network.ts';
import type { TlsChoices } from '../sockets/options.ts';
import { clientSide } from '../sockets/tls-choices.ts';
import type { Dial } from './backend.ts';
import type { HttpContext } from './context.ts';
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
}

/** Where `url` leads, or why it leads nowhere. Unusable certificates are a mistake of the program and thrown. */
export function destinationOf(
  context: HttpContext,
  url: Url,
  secure: boolean,
  options: TlsChoices,
  unix: string | null,
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
  return {
    address,
    host: url.port === '' || url.port === (secure ? '443' : '80') ? shown : `${shown}:${url.port}`,
    secure,
    route: secure ? `tls ${address} ${url.host} ${tlsText}` : `tcp ${address}`,
    dial: (done) =>
      dial(
        network,
        address,
        target,
        { tls, noDelay: true, keepAliveMs: KEEP_ALIVE_MS, lingerMs: LINGER_MS, handOver: true },
        done,
      ),
  };
}
