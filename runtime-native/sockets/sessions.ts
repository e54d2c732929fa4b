/**
 * TLS sessions of clients, to be taken up again: a second connection to the same server then needs no certificates and no
 * signatures on the way.
 *
 * A session is kept only after the server was found acceptable, and used only for a connection of the same program to the same address
 * with the same name, protocols and context (trusted roots, own certificate, whether the peer is verified). The verdict is not taken over: the certificate
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
  /** The sessions of the program in this context. */
  readonly kept: Map<string, Session>;
  readonly key: string;
  readonly begunWith: Session | null;
}

/** So many sessions of one context are kept. */
const MOST_SESSIONS = 200;
/** A chain is looked at anew at least this often. */
const LIFETIME_MS = 60 * 60 * 1000;

/** By program, then by context, which programs without certificates share. */
const sessions = new WeakMap<object, WeakMap<SecureContext, Map<string, Session>>>();

/** The session that a new connection may resume. `program` identifies the program that connects: a server must not learn what another one did. */
export function originOf(program: object, context: SecureContext, key: string): Origin {
  const own = sessions.get(program) ?? new WeakMap<SecureContext, Map<string, Session>>();
  const kept = own.get(context) ?? new Map<string, Session>();
  sessions.set(program, own);
  own.set(context, kept);
  const known = kept.get(key);
  const isFresh = known !== undefined && performance.now() - known.at < LIFETIME_MS;
  return { context, kept, key, begunWith: isFresh ? known : null };
}

/** After the handshake: the certificate of a peer that did not have to show it again. */
export function recallCertificate(stream: TLSSocket, { begunWith }: Origin): void {
  if (begunWith !== null && stream.isSessionReused()) setPeerCertificate(stream, begunWith.certificate);
}

/** Keeps the sessions that a server sends, once its certificate is accepted. */
export function keepSessions(stream: TLSSocket, { kept, key }: Origin): void {
  const certificate = peerCertificate(stream);
  if (certificate === undefined) return;
  const keep = (ticket: Buffer): void => {
    kept.delete(key); // to be the youngest
    kept.set(key, { ticket, certificate, at: performance.now() });
    const [oldest] = kept.keys();
    if (kept.size > MOST_SESSIONS && oldest !== undefined) kept.delete(oldest);
  };
  stream.on('session', keep); // TLS 1.3 sends them when it likes
  if (stream.getProtocol() === 'TLSv1.3' || stream.isSessionReused()) return;
  const session = stream.getSession();
  if (session !== undefined) keep(session);
}
