/** Turns options of a program, whose files have been read (certificate-files.ts), into options of a backend. */
import { mistake } from '../../language/runtime/errors.ts';
import type { BadCredentials, Credentials, SocketBackend, TlsOptions } from './backend.ts';
import { HANDSHAKE_MS, MAX_CERTIFICATES } from './limits.ts';
import type { ServerChoices, TlsChoices } from './options.ts';

const TOO_LARGE = `tls: certificates and keys take at most ${MAX_CERTIFICATES} bytes`;

/** TLS as a client of `host`. A time of -1 is the usual limit of the handshake. */
export function clientSide(backend: SocketBackend, choices: TlsChoices, host: string | null, timeoutMs: number): TlsOptions {
  return {
    ...common(choices, timeoutMs),
    role: 'client',
    serverName: choices.serverName ?? host,
    verify: !choices.insecureSkipVerify,
    clientAuth: 'none',
    credentials: choices.tls && choices.server ? serverCredentials(backend, choices) : ownCredentials(backend, choices),
    sni: new Map(),
  };
}

/** TLS as a server, which needs a certificate. */
export function serverSide(backend: SocketBackend, choices: ServerChoices, timeoutMs: number): TlsOptions {
  return {
    ...common(choices, timeoutMs),
    role: 'server',
    serverName: null,
    verify: false,
    clientAuth: choices.clientAuth,
    credentials: serverCredentials(backend, choices),
    sni: new Map([...choices.sni].map(([name, own]) => [name, load(backend, own, choices)])),
  };
}

function common({ minVersion, alpn }: TlsChoices, timeoutMs: number): Pick<TlsOptions, 'minVersion' | 'alpn' | 'timeoutMs'> {
  return { minVersion, alpn, timeoutMs: timeoutMs < 0 ? HANDSHAKE_MS : timeoutMs };
}

function serverCredentials(backend: SocketBackend, choices: TlsChoices): Credentials {
  if (choices.cert === null || choices.key === null) {
    throw mistake('tls-credentials', { says: 'TLS server mode requires certFile and keyFile' });
  }
  return load(backend, choices, choices);
}

/** The certificate that a client presents and the roots that it trusts; null when the options name neither. */
function ownCredentials(backend: SocketBackend, choices: TlsChoices): Credentials | null {
  if (choices.cert !== null && choices.key !== null) return load(backend, choices, choices);
  return choices.ca === null ? null : load(backend, { cert: null, key: null }, choices);
}

function load(
  backend: SocketBackend,
  { cert, key }: Pick<TlsChoices, 'cert' | 'key'>,
  { ca, caFile }: Pick<TlsChoices, 'ca' | 'caFile'>,
): Credentials {
  if ((ca?.length ?? 0) > MAX_CERTIFICATES) unusable({ kind: 'bad', what: 'CA', detail: TOO_LARGE });
  if (Math.max(cert?.length ?? 0, key?.length ?? 0) > MAX_CERTIFICATES) {
    unusable({ kind: 'bad', what: 'certificate', detail: TOO_LARGE });
  }
  const loaded = backend.loadCredentials({ cert, key, ca, caName: caFile ?? 'the CA text' });
  return loaded.kind === 'bad' ? unusable(loaded) : loaded;
}

/** The mistake of a program whose certificates are of no use. */
export function unusable({ what, detail }: BadCredentials): never {
  throw mistake('tls-credentials', { says: `Could not load TLS ${what}: ${detail}` });
}
