/**
 * What one page may do at the gateway: its streams, each within its credit, and all of them within the rules.
 *
 * A page that breaks the protocol loses its WebSocket and everything that it has opened.
 */
import { isIP, parseAddress } from '../../builtins/sockets/address.ts';
import {
  type Connection,
  Failure,
  type Listener,
  NOT_ALLOWED,
  type Target,
  type TlsOptions,
} from '../../builtins/sockets/backend.ts';
import { dial, listenAt, type NetworkAccess } from '../../builtins/sockets/network.ts';
import type { SocketPolicy } from '../../builtins/sockets/policy.ts';
import {
  CLOSED,
  closeFrame,
  decodeFrame,
  encodeFrame,
  type Frame,
  MOST_STREAMS,
  StreamNumbers,
} from '../../builtins/sockets/tunnel/frames.ts';
import {
  isMessage,
  type OpenMessage,
  plainTls,
  type ResolveMessage,
  readMessage,
  type TlsMessage,
  writeMessage,
} from '../../builtins/sockets/tunnel/messages.ts';
import { type NativeSockets, nativeSockets } from '../sockets/backend.ts';
import { resolve } from '../sockets/resolve.ts';
import { GatewayStream, type StreamOwner } from './stream.ts';

/** Streams that the page has closed and whose sockets still send; so many more are kept. */
const MOST_CLOSING = 192;
/** The longest that such a socket is kept, whatever the page says: it may be gone. */
const MOST_LINGER_MS = 60_000;

/** The WebSocket of a page. */
export interface Wire {
  send(frame: Uint8Array, sent?: () => void): void;
  close(code: number, reason: string): void;
}

/** What has a stream number: something that is being opened, a listener, or a connection. */
type Holder =
  | { readonly kind: 'opening'; cancel(): void }
  | { readonly kind: 'listener'; readonly listener: Listener }
  | GatewayStream;

export class Session implements StreamOwner {
  readonly #wire: Wire;
  readonly #network: NetworkAccess & { readonly backend: NativeSockets };
  /** Writes a line of the log. */
  readonly #log: (text: string) => void;
  readonly #holders = new Map<number, Holder>();
  readonly #pageNumbers = new StreamNumbers('page');
  readonly #ownNumbers = new StreamNumbers('gateway');
  /** Those that the page has let go of. */
  readonly #closing = new Set<GatewayStream>();
  #isHeldBack = false;
  #isOver = false;
  #ended: Promise<void> | null = null;

  constructor(wire: Wire, policy: SocketPolicy, log: (text: string) => void) {
    this.#wire = wire;
    this.#network = { backend: nativeSockets(), policy, watch: null, files: null };
    this.#log = (text) => log(printable(text));
  }

  /** A message of the page. */
  receive(message: Uint8Array): void {
    if (this.#isOver) return;
    const frame = decodeFrame(message);
    const problem = typeof frame === 'string' ? frame : this.#obey(frame);
    if (problem !== null) this.violated(problem);
  }

  /** The page has broken the protocol. */
  violated(problem: string): void {
    this.#log(`broke the protocol: ${problem}`);
    this.#wire.close(CLOSED.protocol, problem);
    void this.end();
  }

  /** The page has gone: what it has sent goes out, everything is closed. Resolved when it has. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  #end(): Promise<void> {
    this.#isOver = true;
    const left = this.#holders.size;
    for (const holder of this.#holders.values()) if (holder instanceof GatewayStream) holder.flush();
    this.#holders.clear();
    this.#log(left === 0 ? 'left' : `left, with ${left} stream${left === 1 ? '' : 's'} open`);
    return new Promise((done) => this.#network.backend.drainAll(done));
  }

  /** The page takes nothing for now, or takes something again. */
  holdBack(isHeldBack: boolean): void {
    this.#isHeldBack = isHeldBack;
    for (const holder of this.#holders.values()) if (holder instanceof GatewayStream) holder.holdBack(isHeldBack);
  }

  #obey(frame: Frame): string | null {
    const { stream, kind, payload } = frame;
    const holder = this.#holders.get(stream);
    if (kind === 'open') {
      if (!this.#pageNumbers.take(stream)) return `the forged stream number ${stream}`;
      const message = readMessage(payload, isMessage.open);
      if (message === null) return 'an open that makes no sense';
      this.#open(stream, message);
      return null;
    }
    if (holder === undefined) {
      const wasOpen = this.#pageNumbers.has(stream) || this.#ownNumbers.has(stream);
      return wasOpen ? null : `a frame ${kind} of stream ${stream}, which was not opened`;
    }
    if (holder instanceof GatewayStream) {
      const wasClosing = holder.isClosing;
      const problem = holder.receive(frame);
      if (!wasClosing && holder.isClosing) this.#closes(holder);
      return problem;
    }
    if (kind === 'close') {
      this.#holders.delete(stream);
      if (holder.kind === 'opening') holder.cancel();
      else this.#stopListening(holder.listener);
      this.send(closeFrame(stream));
      this.#checkRoom();
      return null;
    }
    if (kind === 'upgrade' && holder.kind === 'listener') return this.#reload(holder.listener, payload);
    return `a frame ${kind} of stream ${stream}, which is ${holder.kind === 'opening' ? 'not open yet' : 'a listener'}`;
  }

  // ---- opening ----

  #open(stream: number, message: OpenMessage | ResolveMessage): void {
    const { action, address } = askedBy(message);
    const refuse = (failure: Failure): void => {
      this.#holders.delete(stream);
      this.#log(`${action} ${shown(address)}: ${shown(failure.detail)}`);
      this.#sendFailure(stream, failure, false);
      this.#checkRoom();
    };
    if (this.#openCount() >= MOST_STREAMS || this.#closing.size >= MOST_CLOSING) {
      refuse(new Failure('limit', `${action} tcp ${address}: the gateway allows ${MOST_STREAMS} streams`));
      return;
    }
    const target = parseAddress(address); // the page has done so, but it may be any page
    if (target.kind === 'bad') {
      refuse(new Failure(target.code, `${action} tcp: ${target.detail}`));
      return;
    }
    if ('resolve' in message) {
      this.#resolve(stream, action, address, target, refuse);
      return;
    }
    const tls = message.tls === null ? null : this.tlsOptions(message.tls);
    if (tls instanceof Failure) {
      refuse(tls);
      return;
    }
    const opening: Holder = { kind: 'opening', cancel() {} };
    this.#holders.set(stream, opening);
    const isWanted = (): boolean => !this.#isOver && this.#holders.get(stream) === opening;
    const network = { ...this.#network, policy: narrowed(this.#network.policy, message.within) };
    const { noDelay, keepAliveMs } = message;
    const lingerMs = Math.min(message.lingerMs, MOST_LINGER_MS);
    if ('connect' in message) {
      opening.cancel = dial(network, address, target, { tls, noDelay, keepAliveMs, lingerMs }, (outcome) => {
        if (!isWanted()) {
          if (!(outcome instanceof Failure)) outcome.close(false);
        } else if (outcome instanceof Failure) refuse(outcome);
        else this.#connected(stream, address, outcome);
      });
      return;
    }
    const settings = {
      backlog: message.backlog,
      noDelay,
      keepAlive: keepAliveMs,
      linger: lingerMs,
      handshakeTimeout: message.handshakeMs,
    };
    let handshake: 'done' | 'failed' = 'done';
    const events = {
      connection: (connection: Connection) => this.#accepted(stream, connection, handshake),
      failed: (failure: Failure, temporary: boolean) => {
        this.#log(`accept on ${shown(address)}: ${shown(failure.detail)}`);
        this.#sendFailure(stream, failure, temporary);
      },
      handshake: (event: 'begun' | 'done' | 'failed', isHanded: boolean) => {
        if (!isHanded && event !== 'begun') handshake = event; // `connection` follows at once
      },
    };
    const more = { proxyProtocol: 'none', trusted: null, reusePort: false, tls } as const;
    listenAt(network, address, { ...settings, ...more }, events, (outcome) => {
      if (!isWanted()) {
        if (!(outcome instanceof Failure)) outcome.close();
      } else if (outcome instanceof Failure) refuse(outcome);
      else this.#listening(stream, outcome);
    });
  }

  /** Answers with the addresses of a name that pages may use: a page with rules about addresses asks before it connects. */
  #resolve(stream: number, action: 'dial' | 'listen', address: string, target: Target, refuse: (failure: Failure) => void): void {
    const { policy } = this.#network;
    const isAllowed = action === 'dial' ? policy.mayConnect?.(target) : policy.mayListen?.(target);
    if (isAllowed === false) {
      refuse(new Failure('permission', `${action} tcp ${address}: ${NOT_ALLOWED}`));
      return;
    }
    if (target.kind === 'unix' || isIP(target.host)) {
      refuse(new Failure('address', `${action} tcp ${address}: there is no name to resolve`));
      return;
    }
    const { host: name, port } = target;
    const opening: Holder = { kind: 'opening', cancel() {} };
    this.#holders.set(stream, opening);
    const answer = (found: readonly string[] | Failure): void => {
      if (this.#isOver || this.#holders.get(stream) !== opening) return;
      if (found instanceof Failure) {
        refuse(found);
        return;
      }
      const addresses = found.filter((ip) => policy.mayReach?.({ ip, port, name }) !== false);
      this.send(encodeFrame(stream, 'opened', writeMessage({ addresses }))); // the page closes it
    };
    if (name === '') answer(['127.0.0.1']);
    else opening.cancel = resolve(name, action, answer);
  }

  #connected(stream: number, address: string, connection: Connection): void {
    const { local, remote } = connection;
    this.#log(
      `connected to ${shown(address)}${address === remote ? '' : ` (${remote})`}${connection.encrypted ? ' with TLS' : ''}`,
    );
    this.send(encodeFrame(stream, 'opened', writeMessage({ local, remote, encryption: connection.encryption() })));
    this.#add(stream, connection);
  }

  #listening(stream: number, listener: Listener): void {
    this.#log(`listens on ${listener.local}`);
    this.#holders.set(stream, { kind: 'listener', listener });
    this.send(encodeFrame(stream, 'opened', writeMessage({ local: listener.local, remote: '', encryption: null })));
    this.#checkRoom();
  }

  #accepted(listener: number, connection: Connection, ended: 'done' | 'failed'): void {
    const stream = this.#isOver ? null : this.#ownNumbers.next();
    if (stream === null) {
      connection.close(false);
      return;
    }
    const { local, remote, encrypted } = connection;
    this.#log(`accepted ${remote} on ${local}`);
    const handshake = !encrypted ? 'none' : connection.handshaking === true ? 'running' : ended;
    const message = { stream, local, remote, handshake, encryption: connection.encryption() } as const;
    this.send(encodeFrame(listener, 'accepted', writeMessage(message)));
    this.#add(stream, connection);
  }

  #add(number: number, connection: Connection): void {
    const stream = new GatewayStream(this, number, connection);
    this.#holders.set(number, stream);
    if (this.#isHeldBack) stream.holdBack(true);
    this.#checkRoom();
  }

  #stopListening(listener: Listener): void {
    this.#log(`listens on ${listener.local} no more`);
    listener.close();
  }

  #reload(listener: Listener, payload: Uint8Array): string | null {
    const message = readMessage(payload, isMessage.tls);
    if (message === null) return 'an upgrade that makes no sense';
    const options = this.tlsOptions(message);
    if (options instanceof Failure) this.#log(`listener ${listener.local}: ${options.detail}`);
    else listener.reload?.(options);
    return null;
  }

  // ---- what streams need ----

  send(frame: Uint8Array, sent?: () => void): void {
    if (!this.#isOver) this.#wire.send(frame, sent);
  }

  tlsOptions(message: TlsMessage): TlsOptions | Failure {
    const { backend } = this.#network;
    const all = [message.credentials, ...message.sni.map((one) => one.credentials)].map((sources) =>
      sources === null ? null : backend.loadCredentials(sources),
    );
    const [own = null, ...named] = all;
    const sni: [string, Exclude<TlsOptions['credentials'], null>][] = [];
    for (const one of all) if (one?.kind === 'bad') return new Failure('tls', `could not load TLS ${one.what}: ${one.detail}`);
    for (const [at, one] of named.entries()) if (one?.kind === 'credentials') sni.push([message.sni[at]?.name ?? '', one]);
    return { ...plainTls(message), credentials: own?.kind === 'credentials' ? own : null, sni: new Map(sni) };
  }

  left(stream: GatewayStream): void {
    const { number, connection, bytesIn, bytesOut } = stream;
    this.#closing.delete(stream);
    if (!this.#holders.delete(number)) return;
    this.#log(`closed ${connection.remote}, ${bytesIn} bytes in, ${bytesOut} out`);
    this.#checkRoom();
  }

  /** The page has let go of a stream, which no longer counts. */
  #closes(stream: GatewayStream): void {
    if (this.#holders.get(stream.number) === stream) this.#closing.add(stream);
    this.#checkRoom();
  }

  #sendFailure(stream: number, { code, detail }: Failure, temporary: boolean): void {
    this.send(encodeFrame(stream, 'failed', writeMessage({ code, detail, call: null, temporary })));
  }

  #openCount(): number {
    return this.#holders.size - this.#closing.size;
  }

  /** Connections to be accepted wait while there is no room. */
  #checkRoom(): void {
    const isFull = this.#openCount() >= MOST_STREAMS;
    for (const holder of this.#holders.values()) {
      if (!(holder instanceof GatewayStream) && holder.kind === 'listener') holder.listener.hold(isFull);
    }
  }
}

function askedBy(message: OpenMessage | ResolveMessage): { readonly action: 'dial' | 'listen'; readonly address: string } {
  if ('resolve' in message) return { action: message.use, address: message.resolve };
  return 'connect' in message ? { action: 'dial', address: message.connect } : { action: 'listen', address: message.listen };
}

/** A policy that allows no addresses of a name but some. */
function narrowed(policy: SocketPolicy, within: readonly string[] | undefined): SocketPolicy {
  if (within === undefined) return policy;
  return {
    mayConnect: (target) => policy.mayConnect?.(target) !== false,
    mayListen: (target) => policy.mayListen?.(target) !== false,
    mayReach: (address) => within.includes(address.ip) && policy.mayReach?.(address) !== false,
  };
}

/** A text of the page in a line of the log. */
export function shown(text: string): string {
  return printable(text.slice(0, 300));
}

/** Keeps a line of the log one line, whatever is in it: paths of Unix sockets are the page's, too. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\x00-\x1f\x7f-\u{10ffff}]/gu, '?');
}
