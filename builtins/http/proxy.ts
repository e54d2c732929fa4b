/**
 * Proxies that the environment of the command names, as the reference takes them (Go's net/http): HTTP_PROXY, HTTPS_PROXY and NO_PROXY,
 * in capitals or small letters. Requests to this machine go to it directly, and WebSockets go everywhere directly.
 */
import { utf8Encode } from '../../language/values/bytes.ts';
import { encodePiece } from '../lib-support/base64.ts';
import { isIP, parseAddress } from '../sockets/address.ts';
import { type Connection, Failure, NOT_ALLOWED, type Target, type TlsOptions } from '../sockets/backend.ts';
import { dial, type NetworkAccess, refused } from '../sockets/network.ts';
import { blockMatcher } from '../sockets/peers.ts';
import type { Dial } from './backend.ts';
import { parseUrl, quoted } from './url.ts';

/** Where requests go in place of their destination. */
export interface Proxy {
  readonly address: string;
  readonly target: Target;
  /** The value of Proxy-Authorization; null for none. */
  readonly authorization: string | null;
}

/** The proxy for requests to a host; null for none. */
export type ProxyFor = (secure: boolean, host: string, port: string) => Proxy | Failure | null;

type Environment = { readonly [name: string]: string | undefined };

/** The longest head of an answer to CONNECT. */
const MOST_HEAD_BYTES = 16 * 1024;

export function proxiesOf(env: Environment): ProxyFor {
  const setting = (name: string): string => utf8Encode(env[name] || env[name.toLowerCase()] || '').trim();
  // A CGI program gets a header `Proxy` of the client as HTTP_PROXY.
  const plain = env.REQUEST_METHOD === undefined ? setting('HTTP_PROXY') : '';
  const secured = setting('HTTPS_PROXY');
  if (plain === '' && secured === '') return () => null;
  const spared = setting('NO_PROXY')
    .split(',')
    .map((one) => one.trim().toLowerCase());
  return (secure, host, port) => {
    const text = secure ? secured : plain;
    if (text === '' || isSpared(spared, host.toLowerCase(), port)) return null;
    return proxyOf(text);
  };
}

function isSpared(spared: readonly string[], host: string, port: string): boolean {
  if (host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)) return true;
  return spared.some((entry) => {
    if (entry === '') return false;
    if (entry === '*') return true;
    if (isIP(host)) return blockMatcher(entry)?.(host) === true || entry === `${host}:${port}`;
    const [, name = '', only] = /^\*?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (only !== undefined && only !== port) return false;
    return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
  });
}

function proxyOf(text: string): Proxy | Failure {
  const url = parseUrl(text.includes('://') ? text : `http://${text}`);
  if (typeof url === 'string') return new Failure('address', `proxyconnect tcp: invalid proxy address ${quoted(text)}: ${url}`);
  if (url.scheme !== 'http') return new Failure('address', `proxyconnect tcp: unsupported proxy scheme ${quoted(url.scheme)}`);
  const address = `${url.host.includes(':') ? `[${url.host}]` : url.host}:${url.port === '' ? '80' : url.port}`;
  const target = parseAddress(address);
  if (target.kind === 'bad') return new Failure(target.code, `proxyconnect tcp: ${target.detail}`);
  const { user } = url;
  return { address, target, authorization: user === null ? null : `Basic ${encodePiece(`${user.name}:${user.password ?? ''}`)}` };
}

/** How requests reach their destination by way of a proxy. */
export interface Way {
  /** What the program has asked for, and the policy is asked about, beside the proxy. */
  readonly address: string;
  readonly target: Target;
  /** Encryption to the destination, inside a tunnel; null for plain requests, which the proxy passes on. */
  readonly tls: TlsOptions | null;
  readonly options: Omit<Parameters<typeof dial>[3], 'tls'>;
}

export function dialThrough(network: NetworkAccess, proxy: Proxy, { address, target, tls, options }: Way): Dial {
  return (done) => {
    if (network.policy.mayConnect !== undefined && network.policy.mayConnect(target) !== true) {
      done(refused(network, address, new Failure('permission', `dial tcp ${address}: ${NOT_ALLOWED}`)));
      return () => {};
    }
    let open: Connection | null = null;
    let isOver = false;
    const giveUp = dial(network, proxy.address, proxy.target, { ...options, tls: null }, (outcome) => {
      if (isOver) return;
      if (outcome instanceof Failure) done(new Failure(outcome.code, `proxyconnect tcp: ${outcome.detail}`));
      else if (tls === null) done(outcome);
      else {
        open = outcome;
        tunnel(outcome, address, proxy.authorization, tls, done);
      }
    });
    return () => {
      isOver = true;
      giveUp();
      open?.reset();
    };
  };
}

/** Asks the proxy for a connection to `address` (RFC 9110, section 9.3.6), and encrypts it. */
function tunnel(
  connection: Connection,
  address: string,
  authorization: string | null,
  tls: TlsOptions,
  done: (outcome: Connection | Failure) => void,
): void {
  let head = '';
  let isOver = false;
  const fail = (failure: Failure): void => {
    if (isOver) return;
    isOver = true;
    connection.close(false);
    done(failure);
  };
  connection.attach({
    data(bytes) {
      if (isOver) return;
      for (const byte of bytes) head += String.fromCharCode(byte);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) {
        if (head.length > MOST_HEAD_BYTES) fail(new Failure('limit', 'proxyconnect tcp: the head of the answer is too long'));
        return;
      }
      const [, status = '', reason = ''] = /^HTTP\/1\.[01] (\d{3}) ?([^\r\n]*)/.exec(head) ?? [];
      if (!status.startsWith('2')) {
        fail(new Failure('http', status === '' ? 'proxyconnect tcp: malformed HTTP response' : reason || `status ${status}`));
      } else if (end + 4 < head.length) {
        fail(new Failure('protocol', 'proxyconnect tcp: unexpected bytes behind the answer'));
      } else {
        isOver = true;
        connection.upgrade(tls, new Uint8Array(0), (failure) => done(failure ?? connection));
      }
    },
    ended: () => fail(new Failure('eof', 'proxyconnect tcp: unexpected EOF')),
    drained() {},
    failed: ({ code, words }) => fail(new Failure(code, `proxyconnect tcp: ${words}`)),
  });
  const login = authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  connection.write(`CONNECT ${address} HTTP/1.1\r\nHost: ${address}\r\n${login}\r\n`);
}
