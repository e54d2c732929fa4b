/**
 * A network without an operating system: programs of one process, or one program and a test, talk to each other in memory.
 *
 *     const network = memoryNetwork();
 *     registry.add(socketBuiltins(network));
 *
 * It behaves as TCP on one machine does: addresses, refused connections, ports that are taken, back-pressure, half-closed
 * streams. It has no TLS, and it knows `localhost` and IP addresses only.
 */
import { codec } from '../../language/values/values.ts';
import { formatAddress, isIP } from './address.ts';
import {
  type Breakdown,
  type Connection,
  type ConnectionEvents,
  type DialOptions,
  Failure,
  type Listener,
  NOT_ALLOWED,
  type SocketBackend,
  type Target,
  type TlsOptions,
} from './backend.ts';
import { WaitingRoom } from './waiting-room.ts';

/** A sender waits when this many bytes have not been read. */
const WINDOW = 64 * 1024;
const FIRST_EPHEMERAL_PORT = 49152;

type Defer = (run: () => void) => void;

/** An empty network. `defer` runs something soon, but not at once: by default in a microtask. */
export function memoryNetwork(defer: Defer = (run) => queueMicrotask(run)): SocketBackend {
  const listeners = new Map<string, WaitingRoom<MemoryConnection>>();
  let nextPort = FIRST_EPHEMERAL_PORT;

  return {
    connect(target, { tls, mayReach }, done) {
      let waiting = true;
      defer(() => {
        if (!waiting) return;
        waiting = false;
        const found = tls === null ? find(listeners, target, mayReach) : noTls;
        if (found instanceof Failure) {
          done(found);
          return;
        }
        const { room, remote } = found;
        const local = target.kind === 'unix' ? remote : formatAddress(remote.startsWith('[') ? '::1' : '127.0.0.1', nextPort++);
        const dialled = new MemoryConnection(defer, local, remote);
        const accepted = new MemoryConnection(defer, remote, local);
        dialled.peer = accepted;
        accepted.peer = dialled;
        room.enter(accepted);
        done(dialled);
      });
      return () => {
        waiting = false;
      };
    },

    listen(target, { tls, backlog, mayReach }, events, done) {
      defer(() => {
        const host = hostOf(target);
        if (tls !== null || host === null) {
          done(tls === null ? noSuchHost('listen', target) : noTls);
          return;
        }
        const port = target.kind === 'tcp' && target.port === 0 ? nextPort++ : undefined;
        const key = keyOf(target, host, port);
        if (mayReach?.(host) === false) {
          done(new Failure('permission', `listen tcp ${key}: ${NOT_ALLOWED}`));
          return;
        }
        if (listeners.has(key)) {
          done(new Failure('inuse', `listen tcp ${key}: bind: address already in use`));
          return;
        }
        const room = new WaitingRoom<MemoryConnection>(backlog, {
          admit: (accepted) => events.connection(accepted),
          turnAway: (accepted) => accepted.close(),
          defer,
        });
        listeners.set(key, room);
        const listener: Listener = {
          local: key.startsWith(':') ? `[::]${key}` : key,
          close: () => {
            if (listeners.get(key) === room) listeners.delete(key);
            room.close();
          },
          hold: (isHeld) => room.hold(isHeld),
          waiting: () => room.size,
        };
        done(listener);
      });
    },

    loadCredentials: () => ({ kind: 'bad', what: 'certificate', detail: 'this network has no TLS' }),
  };
}

const noTls = new Failure('unavailable', 'this network has no TLS');

function noSuchHost(action: 'dial' | 'listen', target: Target): Failure {
  return new Failure('dns', `${action} tcp: lookup ${target.kind === 'tcp' ? target.host : target.path}: no such host`);
}

/** The IP address of a target; '' for every interface; null when the host is unknown. */
function hostOf(target: Target): string | null {
  if (target.kind === 'unix') return '';
  const host = target.host.toLowerCase();
  if (host === '' || host === '::' || host === '0.0.0.0') return '';
  return host === 'localhost' ? '127.0.0.1' : isIP(host) ? host : null;
}

function keyOf(target: Target, host: string, port?: number): string {
  if (target.kind === 'unix') return `unix:${target.path}`;
  return host === '' ? `:${port ?? target.port}` : formatAddress(host, port ?? target.port);
}

/** The listener there, and the address as the dialler sees it. */
function find(
  listeners: Map<string, WaitingRoom<MemoryConnection>>,
  target: Target,
  mayReach: DialOptions['mayReach'],
): { room: WaitingRoom<MemoryConnection>; remote: string } | Failure {
  const found = hostOf(target);
  if (found === null) return noSuchHost('dial', target);
  const host = found === '' ? '127.0.0.1' : found;
  const remote = keyOf(target, host);
  if (mayReach?.(host) === false) return new Failure('permission', `dial tcp ${remote}: ${NOT_ALLOWED}`);
  const room = listeners.get(remote) ?? (target.kind === 'tcp' ? listeners.get(`:${target.port}`) : undefined);
  return room === undefined ? new Failure('refused', `dial tcp ${remote}: connect: connection refused`) : { room, remote };
}

const BROKEN_PIPE: Breakdown = { code: 'closed', words: 'broken pipe', call: 'write' };
const RESET: Breakdown = { code: 'reset', words: 'connection reset by peer', call: 'read' };

/** One end of a pair. */
class MemoryConnection implements Connection {
  readonly local: string;
  readonly remote: string;
  readonly encrypted = false;
  peer: MemoryConnection | null = null;
  readonly #defer: Defer;
  #events: ConnectionEvents | null = null;
  /** What the peer has sent and we have not handed on, and how much that is. */
  #inbox: string[] = [];
  #unread = 0;
  #paused = false;
  #delivering = false;
  /** The peer will send no more; this was reported. */
  #inputEnded = false;
  /** The peer has cut the connection. */
  #wasReset = false;
  #endTold = false;
  #outputEnded = false;
  #closed = false;
  /** The peer was asked to wait. */
  #full = false;

  constructor(defer: Defer, local: string, remote: string) {
    this.#defer = defer;
    this.local = local;
    this.remote = remote;
  }

  attach(events: ConnectionEvents): void {
    this.#events = events;
    this.#deliver();
  }

  write(text: string): boolean {
    const { peer } = this;
    if (peer === null || this.#outputEnded || this.#closed) return true;
    if (peer.#closed) {
      this.#defer(() => this.#break(this.#wasReset ? RESET : BROKEN_PIPE));
      return true;
    }
    return peer.#take(text);
  }

  unsent(): number {
    return this.peer === null || this.peer.#closed ? 0 : this.peer.#unread;
  }

  #take(text: string): boolean {
    this.#inbox.push(text);
    this.#unread += text.length;
    this.#deliver();
    if (this.#unread < WINDOW) return true;
    this.#full = true;
    return false;
  }

  /** The peer has closed without reading the bytes written, or has reset the connection. */
  #break(breakdown: Breakdown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events?.failed(breakdown);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  end(): void {
    if (this.#outputEnded) return;
    this.#outputEnded = true;
    const { peer } = this;
    if (peer === null || peer.#closed) return;
    peer.#inputEnded = true;
    peer.#deliver();
  }

  close(): boolean {
    if (this.#closed) return false;
    this.end();
    this.#closed = true;
    this.#inbox = [];
    this.#unread = 0;
    this.#relieve();
    return false;
  }

  reset(): boolean {
    if (this.peer !== null) this.peer.#wasReset = true;
    return this.close();
  }

  /** Schedules the delivery of the bytes that have arrived for a later turn of the event loop. */
  #deliver(): void {
    if (this.#delivering || this.#events === null) return;
    this.#delivering = true;
    this.#defer(() => {
      this.#delivering = false;
      while (!this.#paused && !this.#closed) {
        const [first] = this.#inbox;
        if (first === undefined) break;
        const text = first.slice(0, WINDOW);
        if (first.length > WINDOW) this.#inbox[0] = first.slice(WINDOW);
        else this.#inbox.shift();
        this.#unread -= text.length;
        const bytes = new Uint8Array(text.length);
        codec.encode(text, bytes, 0);
        this.#events?.data(bytes);
      }
      if (this.#inbox.length > 0) return;
      this.#relieve();
      if (!this.#inputEnded || this.#endTold || this.#closed) return;
      if (this.#wasReset) {
        this.#break(RESET);
        return;
      }
      this.#endTold = true;
      this.#events?.ended();
    });
  }

  /** Tells the peer that it may send on. */
  #relieve(): void {
    if (!this.#full) return;
    this.#full = false;
    const { peer } = this;
    this.#defer(() => {
      if (peer !== null && !peer.#closed) peer.#events?.drained();
    });
  }

  upgrade(_options: TlsOptions, _unread: Uint8Array, done: (failure: Failure | null) => void): void {
    this.close();
    this.#defer(() => done(noTls));
  }

  encryption(): null {
    return null;
  }
}
