/** Our own certificates and those that we trust, and the contexts of TLS that are made of them. */
import { constants, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext, type SecureContextOptions } from 'node:tls';
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

/** Renegotiation is never followed, so a server that cannot do it securely (RFC 5746) is no danger. */
const CLIENT_OPTIONS = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_LEGACY_SERVER_CONNECT;
/** Every certificate that we trust ends a chain, also one that is not self-signed. Missing in Node's declarations. */
const ANY_ANCHOR = { allowPartialTrustChain: true } as SecureContextOptions;

/** PEM texts of whom these options trust. */
export function anchorsOf({ credentials }: Pick<TlsOptions, 'credentials'>): readonly string[] {
  return (credentials instanceof NodeCredentials ? credentials.ca : null) ?? trustedRoots() ?? rootCertificates;
}

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
      secureOptions: role === 'server' ? constants.SSL_OP_NO_RENEGOTIATION : CLIENT_OPTIONS,
      ...ANY_ANCHOR,
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
  try {
    const stat = statSync(toBuffer(path), { bigint: true });
    return `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
  } catch {
    return ''; // reading it says why
  }
}

/** The content of a file; a text is what is wrong with it. Devices and pipes may never come to an end. */
function readPem(path: string): Buffer | string {
  if (path.includes('\0')) return `open ${path}: invalid argument`;
  try {
    const stat = statSync(toBuffer(path));
    if (!stat.isFile() && !stat.isDirectory()) return `open ${path}: not a regular file`;
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
    if (/-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED/.test(key))
      return 'tls: the private key is encrypted; it must be decrypted first';
    if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' || code === 'ERR_OSSL_X509_KEY_TYPE_MISMATCH') {
      return 'tls: private key does not match public key';
    }
    return `tls: ${typeof reason === 'string' ? reason : 'certificate or key is unusable'}`;
  }
}
