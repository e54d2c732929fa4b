/**
 * Whom we trust, who the peer says it is, and our own certificates.
 *
 * Verification happens here and not in Node, because Node falls back to the common name where the reference does not, skips
 * the name when a session is resumed, and reports in another order: validity, then name, then chain.
 */
import type { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { isIP } from '../../builtins/sockets/address.ts';
import type { CredentialSources, Credentials } from '../../builtins/sockets/backend.ts';
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

/** A certificate chain and its key, and the contexts that were made of them. */
export class NodeCredentials implements Credentials {
  readonly kind = 'credentials';
  readonly contexts = new Map<string, SecureContext>();
  constructor(
    readonly cert: Buffer,
    readonly key: Buffer,
  ) {}
}

/** Contexts of clients without a certificate. */
const clientContexts = new Map<string, SecureContext>();

/** The context of a client: parsing all roots takes milliseconds, so it is made once. */
export function clientContext(verify: boolean, credentials: NodeCredentials | null): SecureContext {
  const pem = verify ? trustedRoots() : [];
  const cache = credentials?.contexts ?? clientContexts;
  const key = verify ? `roots ${roots?.key}` : 'unchecked';
  let context = cache.get(key);
  if (context === undefined) {
    context = createSecureContext({
      minVersion: 'TLSv1.2',
      ...(pem === undefined ? {} : { ca: pem }),
      ...(credentials === null ? {} : { cert: credentials.cert, key: credentials.key }),
    });
    cache.set(key, context);
  }
  return context;
}

/** The context of a server. */
export function serverContext(credentials: NodeCredentials): SecureContext {
  let context = credentials.contexts.get('server');
  if (context === undefined) {
    context = createSecureContext({ minVersion: 'TLSv1.2', cert: credentials.cert, key: credentials.key });
    credentials.contexts.set('server', context);
  }
  return context;
}

const loaded = new Map<string, { readonly version: string; readonly credentials: NodeCredentials }>();

/** Reads certificate and key from files, again only when one of them has changed; what is wrong with them as byte text. */
export function loadCredentials({ certFile, keyFile }: CredentialSources): NodeCredentials | string {
  if (certFile === null || keyFile === null) return 'no file';
  const name = `${certFile}\0${keyFile}`;
  const version = `${versionOf(certFile)} ${versionOf(keyFile)}`;
  const known = loaded.get(name);
  if (known?.version === version) return known.credentials;
  const cert = readPem(certFile);
  if (typeof cert === 'string') return cert;
  const key = readPem(keyFile);
  if (typeof key === 'string') return key;
  const credentials = new NodeCredentials(cert, key);
  const wrong = whatIsWrong(credentials);
  if (wrong !== null) return wrong;
  loaded.set(name, { version, credentials });
  return credentials;
}

function versionOf(path: string): string {
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

function whatIsWrong(credentials: NodeCredentials): string | null {
  const cert = credentials.cert.toString('latin1');
  const key = credentials.key.toString('latin1');
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
    serverContext(credentials);
    return null;
  } catch (error) {
    const { reason, code } = error as { reason?: unknown; code?: unknown };
    if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' || code === 'ERR_OSSL_X509_KEY_TYPE_MISMATCH') {
      return 'tls: private key does not match public key';
    }
    return `tls: ${typeof reason === 'string' ? reason : 'certificate or key is unusable'}`;
  }
}

/** Why a peer's certificate is not accepted; null when it is. `name` is whom it has to name. */
export function whyNotTrusted(stream: TLSSocket, name: string): string | null {
  const certificate = stream.getPeerX509Certificate();
  if (certificate === undefined) return 'tls: the server sent no certificate';
  return (
    outOfDate(certificate) ??
    wrongName(certificate, name) ??
    wrongChain(String(stream.authorizationError ?? ''), stream.authorized)
  );
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
  const names = alternativeNames(certificate);
  if (isIP(name)) {
    if (certificate.checkIP(name) !== undefined) return null;
    const addresses = names.flatMap(({ kind, value }) => (kind === 'IP Address' ? [value] : []));
    return addresses.length === 0
      ? `x509: cannot validate certificate for ${name} because it doesn't contain any IP SANs`
      : `x509: certificate is valid for ${addresses.join(', ')}, not ${name}`;
  }
  const host = name.replace(/\.$/, '');
  if (certificate.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined) return null;
  if (names.length === 0 && certificate.checkHost(host, { subject: 'always' }) !== undefined) {
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

function wrongChain(code: string, isTrusted: boolean): string | null {
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
