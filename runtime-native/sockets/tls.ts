/** TLS over a connected stream, in either role. */
import type { Socket } from 'node:net';
import { connect, type DetailedPeerCertificate, type SecureContext, TLSSocket } from 'node:tls';
import { isIP } from '../../builtins/sockets/address.ts';
import { type Connection, type Encryption, Failure, type TlsOptions } from '../../builtins/sockets/backend.ts';
import { utf8Encode } from '../../language/values/bytes.ts';
import { codeOf } from '../errno.ts';
import { toBuffer } from '../latin1.ts';
import { alertFor } from './alert.ts';
import { anchorsOf, contextFor } from './certificates.ts';
import { breakdownOf, kindOf } from './errors.ts';
import { logKeys } from './key-log.ts';
import { keepSessions, type Origin, originOf, recallCertificate } from './sessions.ts';
import { TlsEnd } from './tls-end.ts';
import { isTlsError, tlsErrorCode, tlsErrorText } from './tls-errors.ts';
import { alternativeNames, isoTime, peerCertificate, whyNotTrusted, whyNotTrustedClient } from './trust.ts';

/** Node takes a longer time for 1 ms. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Begins a handshake over `plain`, which is paused and has no listeners for data. `unread` was read from it before and is
 * put back: the handshake begins with it. `program` is an object that identifies the program that the connection belongs to. `done` is
 * called once. After a failure the stream is destroyed.
 */
export function secure(
  plain: Socket,
  options: TlsOptions,
  unread: Uint8Array,
  { local, remote }: Pick<Connection, 'local' | 'remote'>,
  program: object,
  done: (failure: Failure | null) => void,
): { readonly stream: TLSSocket; readonly end: TlsEnd } {
  if (unread.length > 0) plain.unshift(unread);
  const origin = originOf(program, contextFor(options), `${remote} ${options.serverName} ${options.alpn.join()}`);
  const stream = options.role === 'server' ? serverStream(plain, options) : clientStream(plain, options, origin);
  const sendAlert = options.clientAuth === 'none' ? null : alertFor(stream, plain);
  logKeys(stream);
  const end = new TlsEnd(stream, plain, options.role === 'server');

  const settle = (failure: Failure | null): void => {
    stream.off(ready, onReady).off('error', onError).off('end', onEnd).off('close', onEnd);
    clearTimeout(timer);
    if (failure !== null) {
      stream.pause();
      stream.on('error', () => {}); // a failed handshake may report more errors, which do not matter
      const destroy = (): void => {
        stream.destroy();
        plain.destroy();
      };
      if (sendAlert === null || failure.code !== 'cert') destroy();
      else setImmediate(() => sendAlert(destroy)); // when what OpenSSL has to say is on its way
    }
    done(failure);
  };
  const onReady = (): void => {
    let refusal: Failure | null;
    try {
      recallCertificate(stream, origin);
      const reason = refusalOf(stream, options);
      if (reason === null && options.role === 'client') keepSessions(stream, origin);
      refusal = reason === null ? null : new Failure('cert', reason);
    } catch (error) {
      refusal = unexpected(error); // anything that a peer can present and no rule expects
    }
    settle(refusal);
  };
  const onError = (error: Error): void => settle(failureOf(error, `${local}->${remote}`));
  const onEnd = (): void => settle(new Failure('eof', 'EOF'));
  const limitMs = Math.min(options.timeoutMs, LONGEST_TIMER_MS);
  const timer = limitMs > 0 ? setTimeout(() => settle(new Failure('timeout', 'i/o timeout')), limitMs) : undefined;

  const ready = options.role === 'server' ? 'secure' : 'secureConnect';
  stream.once(ready, onReady).once('error', onError).once('end', onEnd).once('close', onEnd);
  return { stream, end };
}

/** An exception of our own or of Node while a peer was dealt with: it breaks the connection to that peer. */
export function unexpected(error: unknown): Failure {
  return new Failure('other', `tls: unexpected failure: ${error instanceof Error ? error.message : String(error)}`);
}

/** What is wrong with options before anything is sent. */
export function unusable(options: TlsOptions): Failure | null {
  if (options.role === 'server' || !options.verify || options.serverName !== null) return null;
  return new Failure('cert', 'tls: either ServerName or InsecureSkipVerify must be specified in the tls.Config');
}

/** What is wrong with the peer, now that the handshake is done. */
function refusalOf(stream: TLSSocket, options: TlsOptions): string | null {
  const { role, verify, serverName, clientAuth } = options;
  const anchors = () => anchorsOf(options);
  if (role === 'client') return verify && serverName !== null ? whyNotTrusted(stream, serverName, anchors) : null;
  if (clientAuth === 'none') return null;
  if (clientAuth === 'request' && peerCertificate(stream) === undefined) return null;
  return whyNotTrustedClient(stream, anchors);
}

function clientStream(plain: Socket, options: TlsOptions, { context, begunWith }: Origin): TLSSocket {
  const name = (options.serverName ?? '').replace(/\.$/, '').replace(/^\[(.*)\]$/, '$1');
  const stream = connect({
    socket: plain,
    secureContext: context,
    rejectUnauthorized: false, // refusalOf decides
    checkServerIdentity: () => undefined,
    ...(begunWith === null ? {} : { session: begunWith.ticket }),
    ...(name === '' || isIP(name) ? {} : { servername: name }),
    ...(options.alpn.length > 0 ? { ALPNProtocols: alpnList(options.alpn) } : {}),
  });
  // Node would make objects of the whole chain for the check above, half a millisecond for nothing.
  stream.getPeerCertificate = noChain;
  return stream;
}

function noChain(): DetailedPeerCertificate {
  return {} as DetailedPeerCertificate; // what Node's own returns without a certificate
}

function serverStream(plain: Socket, options: TlsOptions): TLSSocket {
  return new TLSSocket(plain, {
    isServer: true,
    secureContext: contextFor(options),
    requestCert: options.clientAuth !== 'none',
    ...(options.sni.size > 0 ? { SNICallback: sniCallback(options) } : {}),
    rejectUnauthorized: options.clientAuth === 'require', // OpenSSL then refuses clients without one; of others refusalOf decides
    ...(options.alpn.length > 0 ? { ALPNProtocols: alpnList(options.alpn) } : {}),
  });
}

/** Chooses the certificate by the name that the client asks for: an exact one before a wildcard, else that of the options. */
function sniCallback(options: TlsOptions): (name: string, done: (error: Error | null, context?: SecureContext) => void) => void {
  return (name, done) => {
    const wanted = name.toLowerCase().replace(/\.$/, '');
    const credentials = options.sni.get(wanted) ?? options.sni.get(wanted.replace(/^[^.]*/, '*'));
    done(null, contextFor(credentials === undefined ? options : { ...options, credentials }));
  };
}

/** Names as the handshake has them (RFC 7301, section 3.1): bytes, each behind its length. Node would make UTF-8 of strings. */
function alpnList(names: readonly string[]): Uint8Array {
  return toBuffer(names.map((name) => String.fromCharCode(name.length) + name).join(''));
}

/** What a program can know about an encrypted connection. */
export function describe(stream: TLSSocket): Encryption {
  const certificate = peerCertificate(stream);
  return {
    protocol: stream.getProtocol() ?? '',
    cipher: stream.getCipher()?.standardName ?? '',
    alpn: typeof stream.alpnProtocol === 'string' ? stream.alpnProtocol : null,
    serverName: nameOf(stream),
    verified: stream.authorized,
    resumed: stream.isSessionReused(),
    peer:
      certificate === undefined
        ? null
        : {
            subject: oneLine(certificate.subject),
            issuer: oneLine(certificate.issuer),
            names: alternativeNames(certificate).map(({ value }) => utf8Encode(value)),
            validFrom: isoTime(certificate.validFrom),
            validTo: isoTime(certificate.validTo),
            fingerprint: certificate.fingerprint256,
          },
  };
}

/** `servername` is missing in Node's declarations. */
function nameOf(stream: TLSSocket): string | null {
  const { servername } = stream as TLSSocket & { servername?: unknown };
  return typeof servername === 'string' ? servername : null;
}

/** A certificate need not name its subject: its names may be elsewhere. */
function oneLine(name: string | undefined): string {
  return utf8Encode((name ?? '').split('\n').join(', '));
}

function failureOf(error: Error, route: string): Failure {
  if (isTlsError(error)) return new Failure(tlsErrorCode(error), tlsErrorText(error, true));
  // Node's own words for a peer that went away in the middle; a reset that the system reports names a call.
  if (codeOf(error) === 'ECONNRESET' && (error as { syscall?: unknown }).syscall === undefined) return new Failure('eof', 'EOF');
  const { words, call } = breakdownOf(error);
  return new Failure(kindOf(error), `${call} tcp ${route}: ${call}: ${words}`);
}
