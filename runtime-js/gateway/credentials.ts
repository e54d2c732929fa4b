/** Certificates in a page: texts, which the gateway makes something of. */
import type { CredentialSources, Credentials, TlsOptions } from '../../builtins/sockets/backend.ts';
import { plainTls, type TlsMessage } from '../../builtins/sockets/tunnel/messages.ts';

/** Those of which only the texts are here. */
export interface LaterCredentials extends Credentials {
  readonly sources: CredentialSources;
}

const NOTHING: CredentialSources = { cert: null, key: null, ca: null, caName: '' };

/** Options of TLS in a frame. Credentials of this network alone have sources. */
export function tlsMessage(tls: TlsOptions): TlsMessage {
  const sourcesOf = (credentials: Credentials | null): CredentialSources | null =>
    credentials === null ? null : ((credentials as Partial<LaterCredentials>).sources ?? NOTHING);
  return {
    ...plainTls(tls),
    credentials: sourcesOf(tls.credentials),
    sni: [...tls.sni].map(([name, credentials]) => ({ name, credentials: sourcesOf(credentials) ?? NOTHING })),
  };
}
