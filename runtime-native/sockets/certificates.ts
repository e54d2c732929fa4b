/** Our own certificates and those that we trust, and the contexts of TLS that are made of them. */
import { constants, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { BadCredentials, CredentialSources, Credentials, TlsOptions } from '../../builtins/sockets/backend.ts';
import { certificateProblem, certificatesOf, rootsProblem } from '../../builtins/sockets/pem.ts';
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

/** A program keeps this many sets of certificates and keys ready; a server with a certificate for each of its names has more. */
const MOST_CREDENTIALS = 16;

/** PEM texts of the trusted roots; undefined for those that come with Node. */
let roots: { readonly key: string; readonly pem: string[] | undefined } | null = null;

/** The system's roots, or those that SSL_CERT_FILE and SSL_CERT_DIR name in their place. Read once. */
function trustedRoots(): string[] | undefined {
  const { SSL_CERT_FILE: file = '', SSL_CERT_DIR: folders = '' } = process.env;
  const key = `${file}\0${folders}`;
  if (roots?.key === key) return roots.pem;
  let pem: string[] | undefined;
  if (file !== '' || folders !== '') {
    const inFolders = folders === '' ? [] : folders.split(delimiter).flatMap((folder) => filesIn(folder));
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
    return certificatesOf(readFileSync(path, 'latin1'));
  } catch {
    return undefined;
  }
}

/** A certificate chain and its key, its roots, and the contexts that were made of them. */
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

/** Shared by all programs: its contexts hold roots and settings alone. Sessions are each program's own (sessions.ts). */
const NO_CREDENTIALS = new NodeCredentials(null, null);

/** Every certificate that we trust ends a chain, also one that is not self-signed. Missing in Node's declarations. */
const ANY_ANCHOR = { allowPartialTrustChain: true } as SecureContextOptions;

/** Renegotiation is never followed, so a server that cannot do it securely (RFC 5746) is not a danger to a client. */
function secureOptionsFor(role: TlsOptions['role']): number {
  const { SSL_OP_NO_RENEGOTIATION: never, SSL_OP_LEGACY_SERVER_CONNECT: old } = constants;
  return role === 'server' ? never : never | old;
}

/** PEM texts of the roots that these options trust. */
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
      secureOptions: secureOptionsFor(role),
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

/** The credentials of one program that were used last. Making the contexts of a long list of roots takes milliseconds. */
export class CredentialCache {
  /** The newest last. They are compared one by one: equal texts mostly are the same string, and then that takes no time. */
  readonly #known: { readonly sources: CredentialSources; readonly credentials: NodeCredentials }[] = [];

  load(sources: CredentialSources): NodeCredentials | BadCredentials {
    const { cert, key, ca } = sources;
    const known = this.#known;
    const at = known.findLastIndex((one) => one.sources.cert === cert && one.sources.key === key && one.sources.ca === ca);
    const [found] = at < 0 ? [] : known.splice(at, 1);
    const credentials = found?.credentials ?? makeCredentials(sources);
    if (credentials.kind === 'bad') return credentials;
    known.push(found ?? { sources, credentials });
    if (known.length > MOST_CREDENTIALS) known.shift();
    return credentials;
  }
}

function makeCredentials(sources: CredentialSources): NodeCredentials | BadCredentials {
  const identity = identityOf(sources);
  if (typeof identity === 'string') return { kind: 'bad', what: 'certificate', detail: identity };
  const ca = rootsOf(sources);
  if (typeof ca === 'string') return { kind: 'bad', what: 'CA', detail: ca };
  return new NodeCredentials(identity, ca);
}

function identityOf({ cert, key }: CredentialSources): NodeCredentials['identity'] | string {
  if (cert === null || key === null) return null;
  const identity = { cert: toBuffer(cert), key: toBuffer(key) };
  return whatIsWrong(identity) ?? identity;
}

function rootsOf({ ca, caName }: CredentialSources): readonly string[] | null | string {
  if (ca === null) return null;
  const wrong = rootsProblem(ca, caName);
  if (wrong !== null) return wrong;
  const found = certificatesOf(ca);
  try {
    for (const one of found) new X509Certificate(one); // a context leaves out what it cannot read
    return found;
  } catch {
    return 'tls: a certificate is malformed';
  }
}

function whatIsWrong(identity: { cert: Buffer; key: Buffer }): string | null {
  const cert = identity.cert.toString('latin1');
  const key = identity.key.toString('latin1');
  const wrong = certificateProblem(cert, key);
  if (wrong !== null) return wrong;
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
