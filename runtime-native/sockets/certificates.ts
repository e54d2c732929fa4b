/**
 * Whom we trust, who the peer says it is, and our own certificates.
 *
 * Verification happens here and not in Node, because Node falls back to the common name where the reference does not, skips
 * the name when a session is resumed, and reports in another order: validity, then name, then chain.
 */
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { isIP, parseHost } from '../../builtins/sockets/address.ts';
import type { BadCredentials, CredentialSources, Credentials, TlsOptions } from '../../builtins/sockets/backend.ts';
import { errnoText } from '../errno.ts';
import { toBuffer } from '../latin1.ts';

/** Where systems keep the certificates that they trust. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const ONE_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const ONE_KEY = /-----BEGIN (?:[A-Z0-9]+ )?PRIVATE KEY-----/;

/** PEM texts of the trusted roots; undefined stands for those that come with Node. */
let roots: { readonly key: string; readonly pem: string[] | undefined } | null = null;

/** The system's roots, or those that SSL_CERT_FILE and SSL_CERT_DIR name in their place. Read once. */
function trustedRoots(): string[] | undefined {
  const { SSL_CERT_FILE: file = '', SSL_CERT_DIR: folders = '' } = process.env;
  const key = `${file}\0${folders}`;
  if (roots?.key === key) return roots.pem;
  let pem: string[] | undefined;
  if (file !== '' || folders !== '') {
    const inFolders = folders === '' ? [] : folders.split(':').flatMap((folder) => filesIn(folder));
    pem = [...(file === '' ? [] : [file]), ...inFolders].flatMap((path) => certificatesIn(path) ?? []);
  } else {
    for (const path of SYSTEM_FILES) pem ??= certificatesIn(path);
  }
  roots = { key, pem };
  return pem;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function certificatesIn(path: string): string[] | undefined {
  try {
    return readFileSync(path, 'latin1').match(ONE_CERTIFICATE) ?? [];
  } catch {
    return undefined;
  }
}

/** A certificate chain and its key, roots of its own, and the contexts that were made of them. */
export class NodeCredentials implements Credentials {
  readonly kind = 'credentials';
  readonly contexts = new Map<string, SecureContext>();
  constructor(
    /** What we present; null for a client that presents nothing. */
    readonly identity: { readonly cert: Buffer; readonly key: Buffer } | null,
    /** PEM texts of what we trust in place of the system's roots; null for those. */
    readonly ca: readonly string[] | null,
  ) {}
}

const NO_CREDENTIALS = new NodeCredentials(null, null);

/** The context for one side of TLS. Parsing all roots takes milliseconds, so each is made once. */
export function contextFor(
  options: Pick<TlsOptions, 'role' | 'verify' | 'clientAuth' | 'credentials' | 'minVersion'>,
): SecureContext {
  const { role, minVersion } = options;
  const credentials = options.credentials instanceof NodeCredentials ? options.credentials : NO_CREDENTIALS;
  const verifies = options.verify || options.clientAuth !== 'none';
  const pem = verifies ? (credentials.ca ?? trustedRoots()) : [];
  const name = `${role} ${minVersion} ${!verifies ? 'unchecked' : credentials.ca === null ? `system ${roots?.key}` : 'own'}`;
  let context = credentials.contexts.get(name);
  if (context === undefined) {
    context = createSecureContext({
      minVersion: `TLSv${minVersion}`,
      // Without one, OpenSSL refuses to take up sessions of clients that had to show a certificate.
      ...(role === 'server' ? { sessionIdContext: 'magnolia' } : {}),
      ...(pem === undefined ? {} : { ca: [...pem] }),
      ...(credentials.identity ?? {}),
    });
    credentials.contexts.set(name, context);
  }
  return context;
}

const loaded = new Map<string, { readonly version: string; readonly credentials: NodeCredentials }>();

/** Reads certificates and keys, from files again only when one of them has changed. */
export function loadCredentials(sources: CredentialSources): NodeCredentials | BadCredentials {
  const { certFile, keyFile, caFile } = sources;
  const name = JSON.stringify([certFile, keyFile, caFile, sources.cert, sources.key, sources.ca]);
  const version = [certFile, keyFile, caFile].map(versionOf).join(' ');
  const known = loaded.get(name);
  if (known?.version === version) return known.credentials;

  const identity = loadIdentity(sources);
  if (typeof identity === 'string') return { kind: 'bad', what: 'certificate', detail: identity };
  const ca = loadRoots(sources);
  if (typeof ca === 'string') return { kind: 'bad', what: 'CA', detail: ca };
  const credentials = new NodeCredentials(identity, ca);
  loaded.set(name, { version, credentials });
  return credentials;
}

function loadIdentity({ certFile, keyFile, cert, key }: CredentialSources): NodeCredentials['identity'] | string {
  const certPem = certFile === null ? textPem(cert) : readPem(certFile);
  if (typeof certPem === 'string') return certPem;
  const keyPem = keyFile === null ? textPem(key) : readPem(keyFile);
  if (typeof keyPem === 'string') return keyPem;
  if (certPem === null || keyPem === null) return null;
  const identity = { cert: certPem, key: keyPem };
  return whatIsWrong(identity) ?? identity;
}

function loadRoots({ caFile, ca }: CredentialSources): readonly string[] | null | string {
  const pem = caFile === null ? textPem(ca) : readPem(caFile);
  if (pem === null || typeof pem === 'string') return pem;
  const found = pem.toString('latin1').match(ONE_CERTIFICATE);
  if (found === null) return `tls: failed to find any certificate in ${caFile === null ? 'the CA text' : caFile}`;
  try {
    for (const one of found) new X509Certificate(one); // a context leaves out what it cannot read
    return found;
  } catch {
    return 'tls: a certificate is malformed';
  }
}

function textPem(text: string | null): Buffer | null {
  return text === null ? null : toBuffer(text);
}

function versionOf(path: string | null): string {
  if (path === null) return '';
  const stat = statSync(toBuffer(path), { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

function readPem(path: string): Buffer | string {
  try {
    return readFileSync(toBuffer(path));
  } catch (error) {
    const action = (error as { syscall?: unknown }).syscall === 'read' ? 'read' : 'open';
    return `${action} ${path}: ${errnoText(error)}`;
  }
}

function whatIsWrong(identity: { cert: Buffer; key: Buffer }): string | null {
  const cert = identity.cert.toString('latin1');
  const key = identity.key.toString('latin1');
  if (!cert.includes('-----BEGIN ')) return 'tls: failed to find any PEM data in certificate input';
  if (!/-----BEGIN CERTIFICATE-----/.test(cert)) {
    return ONE_KEY.test(cert)
      ? 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
      : 'tls: failed to find "CERTIFICATE" PEM block in certificate input';
  }
  if (!key.includes('-----BEGIN ')) return 'tls: failed to find any PEM data in key input';
  if (!ONE_KEY.test(key)) {
    return key.includes('-----BEGIN CERTIFICATE-----')
      ? 'tls: found a certificate rather than a key in the PEM for the private key'
      : 'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input';
  }
  try {
    createSecureContext(identity);
    return null;
  } catch (error) {
    const { reason, code } = error as { reason?: unknown; code?: unknown };
    if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' || code === 'ERR_OSSL_X509_KEY_TYPE_MISMATCH') {
      return 'tls: private key does not match public key';
    }
    return `tls: ${typeof reason === 'string' ? reason : 'certificate or key is unusable'}`;
  }
}

const peerCertificates = new WeakMap<TLSSocket, X509Certificate | undefined>();

/** The certificate of the peer. Node 20 gives it once only and takes it out of its own list, so it is kept. */
export function peerCertificate(stream: TLSSocket): X509Certificate | undefined {
  if (!peerCertificates.has(stream)) peerCertificates.set(stream, stream.getPeerX509Certificate());
  return peerCertificates.get(stream);
}

/** Says which certificate a peer showed earlier, in the session that was taken up again. */
export function setPeerCertificate(stream: TLSSocket, certificate: X509Certificate): void {
  peerCertificates.set(stream, certificate);
}

/** Why a server's certificate is not accepted; null when it is. `name` is whom it has to name. */
export function whyNotTrusted(stream: TLSSocket, name: string): string | null {
  const certificate = peerCertificate(stream);
  if (certificate === undefined) return 'tls: the server sent no certificate';
  return (
    outOfDate(certificate) ??
    wrongName(certificate, name) ??
    wrongChain(stream.authorized, String(stream.authorizationError ?? ''))
  );
}

/** The same for a client's certificate, which needs no name. */
export function whyNotTrustedClient(stream: TLSSocket): string | null {
  const certificate = peerCertificate(stream);
  if (certificate === undefined) return "tls: client didn't provide a certificate";
  // Node asks OpenSSL for its verdict on clients in `tls.Server` only, which we do not use; this is how it asks.
  const { ssl } = stream as TLSSocket & { ssl?: { verifyError?(): { code?: string } | null | undefined } };
  if (ssl?.verifyError === undefined) return 'tls: client certificates cannot be verified';
  const error = ssl.verifyError();
  stream.authorized = error == null;
  return outOfDate(certificate) ?? wrongChain(stream.authorized, error?.code ?? '');
}

function outOfDate(certificate: X509Certificate): string | null {
  const now = Date.now();
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  if (now >= from && now <= to) return null;
  const isLate = now > to;
  return `x509: certificate has expired or is not yet valid: current time ${time(now)} is ${isLate ? 'after' : 'before'} ${time(isLate ? to : from)}`;
}

function time(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Only the alternative names count, never the common name. */
function wrongName(certificate: X509Certificate, wanted: string): string | null {
  const name = wanted.replace(/%.*$/, '');
  const host = parseHost(name.replace(/\.$/, '')); // null for what can be in no certificate, which OpenSSL must not be asked about
  if (host !== null && isIP(host)) {
    if (certificate.checkIP(host) !== undefined) return null;
    const addresses = alternativeNames(certificate).flatMap(({ kind, value }) => (kind === 'IP Address' ? [value] : []));
    return addresses.length === 0
      ? `x509: cannot validate certificate for ${name} because it doesn't contain any IP SANs`
      : `x509: certificate is valid for ${addresses.join(', ')}, not ${name}`;
  }
  const isFor = (subject: 'never' | 'always'): boolean =>
    host !== null && host !== '' && certificate.checkHost(host, { subject, partialWildcards: false }) !== undefined;
  if (isFor('never')) return null;
  const names = alternativeNames(certificate);
  if (names.length === 0 && isFor('always')) {
    return 'x509: certificate relies on legacy Common Name field, use SANs instead';
  }
  const hosts = names.flatMap(({ kind, value }) => (kind === 'DNS' ? [value] : []));
  return hosts.length === 0
    ? `x509: certificate is not valid for any names, but wanted to match ${name}`
    : `x509: certificate is valid for ${hosts.join(', ')}, not ${name}`;
}

/** For error texts only; `checkHost` and `checkIP` decide. */
export function alternativeNames(certificate: X509Certificate): { kind: string; value: string }[] {
  const text = certificate.subjectAltName ?? '';
  return [...text.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, kind = '', value = '']) => ({
    kind,
    value,
  }));
}

/** OpenSSL's verdict on the signatures up to a root. */
function wrongChain(isTrusted: boolean, code: string): string | null {
  if (isTrusted) return null;
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'CERT_UNTRUSTED':
      return 'x509: certificate signed by unknown authority';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'x509: certificate has expired or is not yet valid: one of its issuers';
    case 'INVALID_PURPOSE':
      return 'x509: certificate specifies an incompatible key usage';
    default:
      return `x509: certificate is not acceptable: ${code.toLowerCase().replaceAll('_', ' ') || 'unknown reason'}`;
  }
}
