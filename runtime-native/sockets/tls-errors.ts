/**
 * What goes wrong with TLS, in the reference's words.
 *
 * OpenSSL's messages are not shown: they hold pointers and paths that change from run to run. Its reasons do not.
 */
import { codeOf } from '../errno.ts';

/** Reasons that mean, during the handshake, that the first bytes were not TLS. */
const NOT_TLS = new Set([
  'wrong version number',
  'http request',
  'https proxy request',
  'packet length too long',
  'unknown protocol',
  'record layer failure',
  'bad record type',
  'unexpected message',
  'data length too long',
  'length too short',
]);

/** What the peer rejected us with, by OpenSSL's name for the alert. */
const ALERTS: { readonly [reason: string]: string } = {
  'access denied': 'access denied',
  'bad certificate': 'bad certificate',
  'bad record mac': 'bad record MAC',
  'certificate expired': 'expired certificate',
  'certificate required': 'certificate required',
  'certificate revoked': 'revoked certificate',
  'certificate unknown': 'unknown certificate',
  'decode error': 'error decoding message',
  'decrypt error': 'error decrypting message',
  'handshake failure': 'handshake failure',
  'illegal parameter': 'illegal parameter',
  'inappropriate fallback': 'inappropriate fallback',
  'insufficient security': 'insufficient security level',
  'internal error': 'internal error',
  'no application protocol': 'no application protocol',
  'no certificate': 'no certificate',
  'no renegotiation': 'no renegotiation',
  'protocol version': 'protocol version not supported',
  'record overflow': 'record overflow',
  'unexpected message': 'unexpected message',
  'unknown ca': 'unknown certificate authority',
  'unknown psk identity': 'unknown PSK identity',
  'unrecognized name': 'unrecognized name',
  'unsupported certificate': 'unsupported certificate',
  'user cancelled': 'user canceled',
};

/** What OpenSSL says of a client that has to show a certificate and does not. */
const NO_CERTIFICATE = 'peer did not return a certificate';

const OURS: { readonly [reason: string]: string } = {
  'no shared cipher': 'no cipher suite supported by both client and server',
  'unsupported protocol': 'client and server support no common version',
  'no protocols available': 'client and server support no common version',
  'no application protocol': 'client requested unsupported application protocols',
  'decryption failed or bad record mac': 'bad record MAC',
  [NO_CERTIFICATE]: "client didn't provide a certificate",
};

/** OpenSSL's reason for an error, in lower case; '' when the error is none of OpenSSL's. */
export function reasonOf(error: unknown): string {
  const { reason, message } = error as { reason?: unknown; message?: unknown };
  if (typeof reason === 'string') return reason.toLowerCase();
  const [, found] = /:SSL routines:[^:]*:([^:]+):/.exec(String(message)) ?? [];
  return (found ?? '').toLowerCase();
}

/** Whether an error is one of the encryption rather than of the connection below it. */
export function isTlsError(error: unknown): boolean {
  return reasonOf(error) !== '' || /^(?:ERR_SSL|ERR_TLS|EPROTO)/.test(codeOf(error));
}

/** What kind of failure an error of the encryption is. */
export function tlsErrorCode(error: unknown): 'tls' | 'cert' {
  return reasonOf(error) === NO_CERTIFICATE ? 'cert' : 'tls';
}

/** An error of the encryption, in words. */
export function tlsErrorText(error: unknown, inHandshake: boolean): string {
  const reason = reasonOf(error);
  const alert = /^(?:sslv3|tlsv1|tlsv13|ssl\/tls) (?:alert )?(.+)$/.exec(reason)?.[1];
  if (alert !== undefined) return `remote error: tls: ${ALERTS[alert] ?? alert}`;
  if (inHandshake && NOT_TLS.has(reason)) return 'tls: first record does not look like a TLS handshake';
  return `tls: ${OURS[reason] ?? (reason === '' ? 'the connection failed' : reason)}`;
}
