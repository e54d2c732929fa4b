/**
 * What a runtime implements so that Magnolia programs have sockets: connect, listen, and a byte stream for each connection.
 *
 * Everything is reported by calling methods of an events object or a `done` function: a promise on the way of each chunk would cost
 * more than the chunk. A backend never calls back from inside `connect`, `listen`, `write`, `pause`, `resume` or `end`; it may
 * be called back into from all of its own events. After `failed` a connection reports nothing more.
 */

import type { ByteText } from '../../language/values/bytes.ts';
import { codec } from '../../language/values/values.ts';

/** What kind of failure it was: the `code` of an error value. */
export type ErrorCode =
  | 'timeout'
  | 'refused'
  | 'reset'
  | 'unreachable'
  | 'dns'
  | 'address'
  | 'closed'
  | 'eof'
  | 'tls'
  | 'cert'
  | 'inuse'
  | 'limit'
  | 'permission'
  | 'protocol'
  | 'http'
  | 'unavailable'
  | 'other';

/** What a refusal by the embedder's policy says behind the address. */
export const NOT_ALLOWED = 'permission denied by the network policy';

/** A failure outside the program. */
export class Failure {
  /** `detail` is byte text: the text after the prefix of the operation. */
  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
  ) {}
}

/**
 * What ended a connection. The operation that reports it puts `read tcp L->R: ` or `write tcp L->R: ` before `words`;
 * a failure of the encryption says all by itself.
 */
export interface Breakdown {
  readonly code: ErrorCode;
  readonly words: string;
  /** The system call that failed; null for a failure of the encryption. */
  readonly call: 'read' | 'write' | null;
}

/** Where to connect or to listen; `host` is a checked IP address, a name, or '' for none (see address.ts). */
export type Target =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** One end of a connection. */
export interface Connection {
  /** `ip:port` of both ends. */
  readonly local: string;
  readonly remote: string;
  /** Whether it is encrypted, or is going to be before the first byte is read or written. Changes with `upgrade`. */
  readonly encrypted: boolean;
  /** Whether the handshake of an accepted connection is under way: nothing can be sent before `secured`. */
  readonly handshaking?: boolean;
  /** What a balancer in front has said of the client, by the PROXY protocol. */
  readonly proxy?: ProxyPeer | null;
  /** Whether an encrypted stream has ended with the peer's goodbye (close_notify), so that nothing of it is missing. */
  readonly cleanEnd?: boolean;
  /** Says who receives the events, and starts reading. Called once, in the turn in which the connection was handed over. */
  attach(events: ConnectionEvents): void;
  /** Sends byte text after all that was sent before. True when the system has taken it; else `drained` says when it has. */
  write(text: string): boolean;
  /** The same for bytes, which must not be changed afterwards; where it is missing, they are made into text. */
  writeBytes?(bytes: Uint8Array): boolean;
  /** How much of what was written the system has not taken yet. */
  unsent(): number;
  /** Stops and starts the `data` events. A chunk that has been read already may still come after `pause`. */
  pause(): void;
  resume(): void;
  /** Ends our direction after all that was written; reading goes on. */
  end(): void;
  /**
   * Ends the connection: bytes written still go out, then the end of the stream. Input is discarded for at most a second, because
   * closing with unread input would reset the connection. `hasPromised`: sends have returned whose bytes the system has not taken; it
   * has `lingerMs` to take them. Without such sends, unsent bytes may be dropped. The only event after this is `gone`. Returns true
   * while the connection still holds a descriptor; `gone` reports when it no longer does.
   */
  close(hasPromised: boolean): boolean;
  /**
   * Resets the connection. Bytes that have not left are dropped, and the peer's next read or write fails. Unix sockets have no reset:
   * there the connection is closed. Returns what `close` returns.
   */
  reset(): boolean;
  /**
   * Encrypts from here on. `unread` are the bytes that were received and not read: the first bytes of the handshake.
   * `attach`ed events go on with the decrypted stream. A failed handshake ends the connection, which reports nothing more.
   */
  upgrade(options: TlsOptions, unread: Uint8Array, done: (failure: Failure | null) => void): void;
  /** What is known about the encryption; null for a plain connection. */
  encryption(): Encryption | null;
  /**
   * Hands over the host's own stream for a protocol that the host itself speaks on it (HTTP). Called before `attach`, or from inside
   * `secured`. Afterwards no event comes any more; `close` still ends the stream. Without it the connection has no such stream.
   */
  takeStream?(): unknown;
}

export interface ConnectionEvents {
  /** Bytes arrived. The array belongs to the backend again when the call returns, unless it `isGiven` away. */
  data(bytes: Uint8Array, isGiven?: boolean): void;
  /** The peer ended its direction. */
  ended(): void;
  /** The system took what a `write` that answered false was given; also after `end`. */
  drained(): void;
  /** The handshake of an accepted connection is done. */
  secured?(): void;
  /** How many of the bytes that the system has not taken yet must still go out: their sends have returned. Asked at the end. */
  unsentPromised?(): number;
  /** The connection is broken. */
  failed(breakdown: Breakdown): void;
  /** The connection holds no descriptor any more. The last event, when `close` has returned true. */
  gone?(): void;
}

/** Sends byte text or bytes, which must not be changed afterwards. */
export function writeTo(connection: Connection, data: string | Uint8Array): boolean {
  if (typeof data === 'string') return connection.write(data);
  return connection.writeBytes?.(data) ?? connection.write(codec.decode(data, 0, data.length));
}

/** What a socket has for a connection when that is gone: the two addresses, and nothing happens. */
export class ClosedConnection implements Connection {
  readonly local: string;
  readonly remote: string;
  readonly encrypted: boolean;
  readonly cleanEnd: boolean;
  readonly proxy: ProxyPeer | null;

  constructor({
    local,
    remote,
    encrypted,
    cleanEnd,
    proxy,
  }: Pick<Connection, 'local' | 'remote' | 'encrypted' | 'cleanEnd' | 'proxy'>) {
    this.local = local;
    this.remote = remote;
    this.encrypted = encrypted;
    this.cleanEnd = cleanEnd === true;
    this.proxy = proxy ?? null;
  }

  attach(): void {}
  write(): boolean {
    return true;
  }
  unsent(): number {
    return 0;
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  close(): boolean {
    return false;
  }
  reset(): boolean {
    return false;
  }
  upgrade(_options: TlsOptions, _unread: Uint8Array, done: (failure: Failure | null) => void): void {
    done(new Failure('closed', 'use of closed network connection'));
  }
  encryption(): null {
    return null;
  }
}

/** What `info` reports about an encrypted connection. */
export interface Encryption {
  readonly protocol: string;
  readonly cipher: string;
  readonly alpn: string | null;
  readonly serverName: string | null;
  readonly verified: boolean;
  /** An earlier session was taken up again; the peer's certificate is the one that it showed then. */
  readonly resumed: boolean;
  readonly peer: PeerCertificate | null;
}

export interface PeerCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly validFrom: string;
  readonly validTo: string;
  readonly fingerprint: string;
}

/** How to speak TLS. */
export interface TlsOptions {
  readonly role: 'client' | 'server';
  /** Of a client: the name that the certificate must have; it is sent as server name unless it is an IP address. */
  readonly serverName: string | null;
  /** Of a client: whether the certificate is checked at all. */
  readonly verify: boolean;
  /** Of a server: whether clients are asked for a certificate, and need one. */
  readonly clientAuth: 'none' | 'request' | 'require';
  /** Made by `loadCredentials`; a server needs them, a client presents them. */
  readonly credentials: Credentials | null;
  /** Of a server: the credentials for clients that ask for a name, in lower case; `*.` matches one label. */
  readonly sni: ReadonlyMap<string, Credentials>;
  readonly minVersion: '1.2' | '1.3';
  /** Names of protocols to agree on, in order of preference. */
  readonly alpn: readonly string[];
  /** How long the handshake may take; 0 for ever. */
  readonly timeoutMs: number;
}

/** Certificates, keys and roots in the backend's own form, made once and used for many connections. */
export interface Credentials {
  readonly kind: 'credentials';
}

/** PEM texts that they are made of, as byte text. */
export interface CredentialSources {
  readonly cert: string | null;
  readonly key: string | null;
  /** What is trusted in place of the system's roots. */
  readonly ca: string | null;
  /** What an error calls the text of `ca`: the path of its file. */
  readonly caName: string;
}

/** What is wrong with them, as byte text. */
export interface BadCredentials {
  readonly kind: 'bad';
  readonly what: 'certificate' | 'CA';
  readonly detail: string;
}

/** How a connection treats small packets and silent peers. */
export interface StreamOptions {
  readonly noDelay: boolean;
  /** Milliseconds of silence before the peer is probed; 0 for never. */
  readonly keepAliveMs: number;
  /** How long bytes of sends that have returned may take to leave after `close` and at the end of the program. */
  readonly lingerMs: number;
}

/** What a header of the PROXY protocol says. Texts are byte text. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** `ip:port` or `unix:PATH` of the client; null when the header leaves the peer's own (`LOCAL`, `UNKNOWN`). */
  readonly source: string | null;
  /** Where the client wanted to go. */
  readonly destination: string | null;
  /** The host name that the client asked for, and the protocol that was agreed on with it. */
  readonly authority: ByteText | null;
  readonly alpn: ByteText | null;
  /** The client's TLS, if it came with TLS. */
  readonly tls: { readonly version: ByteText | null; readonly verified: boolean; readonly name: ByteText | null } | null;
}

/** The peer of a connection that came with a PROXY header: `remote` is its client. */
export interface ProxyPeer {
  /** The peer's own address. */
  readonly peer: string;
  readonly header: ProxyHeader;
}

/** The peers from which a listener accepts PROXY headers. */
export interface ProxyRules {
  /** Whether others are turned away; else they are clients themselves, and their bytes data. */
  readonly isRequired: boolean;
  /** `peer` is an IP address, or `unix:` on a Unix socket. Whoever is trusted must send a header. */
  trusts(peer: string): boolean;
}

/** A listening socket that the process was given. */
export interface PassedSocket {
  readonly fd: number;
  /** Where it listens; null where the system does not tell. */
  readonly target: Target | null;
}

/** What is allowed of the addresses of a name. */
export interface NameRules {
  /** Whether an IP address that the host's name was found to have may be used; without it every one may. */
  readonly mayReach?: (ip: string) => boolean;
}

export interface DialOptions extends StreamOptions, NameRules {
  readonly tls: TlsOptions | null;
  /** `takeStream` is going to be called. */
  readonly handOver?: boolean;
}

export interface ListenerOptions extends StreamOptions, NameRules {
  readonly tls: TlsOptions | null;
  readonly backlog: number;
  /** How long a client may take for the PROXY header; 0 for ever. */
  readonly handshakeMs: number;
  readonly proxy: ProxyRules | null;
  /** The socket to listen on, in place of a new one. */
  readonly passed: PassedSocket | null;
  /** Several processes may listen on the same port. */
  readonly reusePort: boolean;
}

export interface Listener {
  /** The address that it really got. */
  readonly local: string;
  /** Frees the port before it returns. Accepted connections live on; those that wait are dropped. */
  close(): void;
  /**
   * Holds further connections back, or hands them over again, those first that have waited longest. As many wait as the backlog
   * allows. May be called from inside `connection`, and hands nothing over before it returns.
   */
  hold(isHeld: boolean): void;
  /** How many are held back. */
  waiting(): number;
  /** Handshakes that begin from now on use these. Only of listeners with TLS. */
  reload?(tls: TlsOptions): void;
}

export interface ListenerEvents {
  /** A connection was accepted; `attach` it at once. */
  connection(connection: Connection): void;
  /** Accepting failed, for now or for good. */
  failed(failure: Failure, temporary: boolean): void;
  /**
   * A PROXY header or a TLS handshake was begun or has ended. `isHanded`: `connection` is called before it ends, so that it is waited
   * for there; else afterwards, and for a PROXY header only when it was done.
   */
  handshake?(event: 'begun' | 'done' | 'failed', isHanded: boolean): void;
}

/** A network. */
export interface SocketBackend {
  /** Connects; with `tls` the connection is handed over after the handshake. Call the result to give up. */
  connect(target: Target, options: DialOptions, done: (outcome: Connection | Failure) => void): () => void;
  /** Listens; with `tls` each handshake starts right after accept and reading waits for it. */
  listen(target: Target, options: ListenerOptions, events: ListenerEvents, done: (outcome: Listener | Failure) => void): void;
  loadCredentials(sources: CredentialSources): Credentials | BadCredentials;
  /** The socket that the process was given under a number or a name (`fd:3`, `fd:web`). Without it no socket can be passed. */
  passedSocket?(name: string): PassedSocket | Failure;
  /** Whether `reusePort` is supported. */
  readonly canReusePort?: boolean;
}
