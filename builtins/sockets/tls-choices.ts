/** From the options that a program gives to what a backend is asked for. */
import { mistake } from '../../language/runtime/errors.ts';
import type { CredentialSources, Credentials, SocketBackend, TlsOptions } from './backend.ts';
import { HANDSHAKE_MS } from './limits.ts';
import type { ServerChoices, TlsChoices } from './options.ts';

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
  const { clientAuth, caFile, ca } = choices;
  return {
    ...common(choices, timeoutMs),
    role: 'server',
    serverName: null,
    verify: false,
    clientAuth,
    credentials: serverCredentials(backend, choices),
    sni: new Map([...choices.sni].map(([name, own]) => [name, load(backend, { ...own, caFile, ca })])),
  };
}

function common({ minVersion, alpn }: TlsChoices, timeoutMs: number): Pick<TlsOptions, 'minVersion' | 'alpn' | 'timeoutMs'> {
  return { minVersion, alpn, timeoutMs: timeoutMs < 0 ? HANDSHAKE_MS : timeoutMs };
}

function serverCredentials(backend: SocketBackend, choices: TlsChoices): Credentials {
  const { certFile, keyFile, cert, key } = choices;
  if ((certFile ?? cert) === null || (keyFile ?? key) === null) {
    throw mistake('tls-credentials', { says: 'TLS server mode requires certFile and keyFile' });
  }
  return load(backend, choices);
}

/** What a client presents and whom it trusts; null when it has nothing of its own. */
function ownCredentials(backend: SocketBackend, choices: TlsChoices): Credentials | null {
  const { certFile, keyFile, cert, key, caFile, ca } = choices;
  const presents = (certFile ?? cert) !== null && (keyFile ?? key) !== null;
  if (presents) return load(backend, choices);
  return (caFile ?? ca) === null ? null : load(backend, { ...choices, certFile: null, keyFile: null, cert: null, key: null });
}

function load(backend: SocketBackend, { certFile, keyFile, cert, key, caFile, ca }: CredentialSources): Credentials {
  const loaded = backend.loadCredentials({ certFile, keyFile, cert, key, caFile, ca });
  if (loaded.kind === 'bad') throw mistake('tls-credentials', { says: `Could not load TLS ${loaded.what}: ${loaded.detail}` });
  return loaded;
}
