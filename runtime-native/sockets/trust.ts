/**
 * Whether a peer is the one that was dialled.
 *
 * This is decided here and not in Node, because Node falls back to the common name where the reference does not, skips the name when
 * a session is resumed, and reports in another order: validity, then name, then chain. Everything that is read from a certificate
 * may be malformed; each function here returns an answer for any bytes.
 */
import { X509Certificate } from 'node:crypto';
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { isIP } from '../../builtins/sockets/address.ts';
import { leadsToAnchor } from './chain.ts';
import { coversHost } from './names.ts';

const peerCertificates = new WeakMap<TLSSocket, X509Certificate | undefined>();

/** The certificate of the peer. Node 20 returns it once only and takes it out of its own list, so it is kept. */
export function peerCertificate(stream: TLSSocket): X509Certificate | undefined {
  if (!peerCertificates.has(stream)) peerCertificates.set(stream, stream.getPeerX509Certificate());
  return peerCertificates.get(stream);
}

/** Says which certificate a peer showed earlier, in the session that was taken up again. */
export function setPeerCertificate(stream: TLSSocket, certificate: X509Certificate): void {
  peerCertificates.set(stream, certificate);
}

/** PEM texts of the certificates that we trust. */
export type Anchors = () => readonly string[];

/** Why a server's certificate is not accepted; null when it is. `name` must be in it; `anchors` are the trusted roots. */
export function whyNotTrusted(stream: TLSSocket, name: string, anchors: Anchors): string | null {
  const verdict = verdictOf(stream);
  const certificate = peerCertificate(stream);
  if (certificate === undefined) return 'tls: the server sent no certificate';
  return outOfDate(certificate) ?? wrongName(certificate, name) ?? wrongChain(stream, verdict, anchors, 'client');
}

/** The same for a client's certificate, which needs no name. */
export function whyNotTrustedClient(stream: TLSSocket, anchors: Anchors): string | null {
  const verdict = verdictOf(stream);
  const certificate = peerCertificate(stream);
  if (certificate === undefined) return "tls: client didn't provide a certificate";
  return outOfDate(certificate) ?? wrongChain(stream, verdict, anchors, 'server');
}

/** OpenSSL's verdict on the signatures up to an anchor. */
interface Verdict {
  /** Node's name for the problem; null when there is none. */
  readonly code: string | null;
  readonly message: string;
  /** The certificates that the peer showed, its own first, where they are needed to say more. */
  readonly chain: readonly X509Certificate[];
}

/** To be asked before `peerCertificate`, after which Node has no chain any more. */
function verdictOf(stream: TLSSocket): Verdict {
  // Node asks OpenSSL for its verdict on clients in `tls.Server` only, which we do not use; this is how it asks.
  const { ssl } = stream as TLSSocket & { ssl?: { verifyError?(): { code?: string; message?: string } | null | undefined } };
  if (ssl?.verifyError === undefined) return { code: 'UNSPECIFIED', message: 'it cannot be verified', chain: [] };
  const error = ssl.verifyError();
  if (error == null) return { code: null, message: '', chain: [] };
  const { code = 'UNSPECIFIED', message = '' } = error;
  const needsChain = ['CERT_SIGNATURE_FAILURE', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'].includes(code);
  const chain = needsChain ? presented(stream) : [];
  if (chain[0] !== undefined) setPeerCertificate(stream, chain[0]);
  return { code, message, chain };
}

function outOfDate({ validFrom, validTo }: X509Certificate): string | null {
  const now = Date.now();
  const from = Date.parse(validFrom);
  const to = Date.parse(validTo);
  if (Number.isNaN(from)) return `x509: malformed validity: not before "${validFrom}"`;
  if (Number.isNaN(to)) return `x509: malformed validity: not after "${validTo}"`;
  if (now >= from && now <= to) return null;
  const isLate = now > to;
  return `x509: certificate has expired or is not yet valid: current time ${isoTime(now)} is ${isLate ? 'after' : 'before'} ${isoTime(isLate ? to : from)}`;
}

/** A time as programs see it; a text that is not a time as it is. */
export function isoTime(time: number | string): string {
  const at = typeof time === 'number' ? time : Date.parse(time);
  return Number.isNaN(at) ? String(time) : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Only the alternative names count, never the common name. */
function wrongName(certificate: X509Certificate, wanted: string): string | null {
  const name = wanted.replace(/%.*$/, '');
  const host = name.replace(/^\[(.*)\]$/, '$1');
  const names = alternativeNames(certificate);
  if (isIP(host)) {
    if (certificate.checkIP(host) !== undefined) return null;
    const addresses = names.flatMap(({ kind, value }) => (kind === 'IP Address' ? [value] : []));
    return addresses.length === 0
      ? `x509: cannot validate certificate for ${host} because it doesn't contain any IP SANs`
      : `x509: certificate is valid for ${addresses.join(', ')}, not ${host}`;
  }
  const hosts = names.flatMap(({ kind, value }) => (kind === 'DNS' ? [value] : []));
  if (hosts.some((one) => coversHost(one, name))) return null;
  if (names.length === 0 && commonNames(certificate).some((one) => coversHost(one, name))) {
    return 'x509: certificate relies on legacy Common Name field, use SANs instead';
  }
  return hosts.length === 0
    ? `x509: certificate is not valid for any names, but wanted to match ${name}`
    : `x509: certificate is valid for ${hosts.join(', ')}, not ${name}`;
}

/** The alternative names of a certificate, as Node prints them: a value with special characters is a JSON string. */
export function alternativeNames(certificate: X509Certificate): { kind: string; value: string }[] {
  const text = certificate.subjectAltName ?? '';
  return [...text.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, kind = '', value = '']) => ({
    kind,
    value,
  }));
}

function commonNames({ subject }: X509Certificate): string[] {
  return [...(subject ?? '').matchAll(/^CN=(.*)$/gm)].map(([, value = '']) => value);
}

/** Why the signatures do not lead to an anchor. */
function wrongChain(
  stream: TLSSocket,
  { code, message, chain }: Verdict,
  anchors: Anchors,
  role: 'client' | 'server',
): string | null {
  stream.authorized = code === null || (code === 'CERT_SIGNATURE_FAILURE' && leadsToAnchor(chain, anchors(), role));
  if (stream.authorized) return null;
  switch (code) {
    case 'CERT_SIGNATURE_FAILURE':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'CERT_UNTRUSTED':
      return 'x509: certificate signed by unknown authority';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID': {
      const issuer = chain.find((one) => outOfDate(one) !== null);
      if (issuer === undefined) return 'x509: certificate has expired or is not yet valid: one of its issuers';
      return `${outOfDate(issuer)} (its issuer ${(issuer.subject ?? '').split('\n').join(', ')})`;
    }
    case 'INVALID_PURPOSE':
      return 'x509: certificate specifies an incompatible key usage';
    default:
      if (/subtree violation/.test(message))
        return 'x509: a name of the certificate is not permitted by a name constraint of its CA';
      return `x509: certificate is not acceptable: ${code === 'UNSPECIFIED' ? message : String(code).toLowerCase().replaceAll('_', ' ')}`;
  }
}

/** The certificates that a peer showed and the anchor that they were found to lead to. Node makes objects of all of them. */
function presented(stream: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let one: DetailedPeerCertificate | undefined = TLSSocket.prototype.getPeerCertificate.call(
    stream,
    true,
  ) as DetailedPeerCertificate;
  while (one?.raw !== undefined && chain.at(-1)?.raw.equals(one.raw) !== true) {
    chain.push(new X509Certificate(one.raw));
    one = one.issuerCertificate === one ? undefined : one.issuerCertificate;
  }
  return chain;
}
