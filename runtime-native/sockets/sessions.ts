/**
 * TLS sessions of clients, to be taken up again: a second connection to the same server then needs no certificates and no
 * signatures on the way.
 *
 * A session is kept only after the server was found acceptable, and used only for a connection to the same address with the same
 * name, protocols and context (whom we trust, what we present, whether we verify). The verdict is not taken over: the certificate
 * that the server showed is kept with the session, and its dates and names are checked again each time. OpenSSL keeps its own
 * verdict on the chain in the session.
 */
import type { X509Certificate } from 'node:crypto';
import type { SecureContext, TLSSocket } from 'node:tls';
import { peerCertificate, setPeerCertificate } from './trust.ts';

interface Session {
  readonly ticket: Buffer;
  readonly certificate: X509Certificate;
  readonly at: number;
}

/** Where the sessions of a connection belong, and the one that it begins with. */
export interface Origin {
  readonly context: SecureContext;
  readonly key: string;
  readonly begunWith: Session | null;
}

/** So many sessions of one context are kept. */
const MOST_SESSIONS = 200;
/** A chain is looked at anew at least this often. */
const LIFETIME_MS = 60 * 60 * 1000;

const sessions = new WeakMap<SecureContext, Map<string, Session>>();

/** What a new connection may begin with. */
export function originOf(context: SecureContext, key: string): Origin {
  const known = sessions.get(context)?.get(key);
  const isFresh = known !== undefined && performance.now() - known.at < LIFETIME_MS;
  return { context, key, begunWith: isFresh ? known : null };
}

/** After the handshake: the certificate of a peer that did not have to show it again. */
export function recallCertificate(stream: TLSSocket, { begunWith }: Origin): void {
  if (begunWith !== null && stream.isSessionReused()) setPeerCertificate(stream, begunWith.certificate);
}

/** Keeps the sessions that a server gives, once it is found acceptable. */
export function keepSessions(stream: TLSSocket, { context, key }: Origin): void {
  const certificate = peerCertificate(stream);
  if (certificate === undefined) return;
  const keep = (ticket: Buffer): void => {
    const known = sessions.get(context) ?? new Map<string, Session>();
    sessions.set(context, known);
    known.delete(key); // to be the youngest
    known.set(key, { ticket, certificate, at: performance.now() });
    const [oldest] = known.keys();
    if (known.size > MOST_SESSIONS && oldest !== undefined) known.delete(oldest);
  };
  stream.on('session', keep); // TLS 1.3 sends them when it likes
  if (stream.getProtocol() === 'TLSv1.3' || stream.isSessionReused()) return;
  const session = stream.getSession();
  if (session !== undefined) keep(session);
}
