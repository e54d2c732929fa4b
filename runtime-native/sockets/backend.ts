/** The network of Node: TCP and Unix sockets by `node:net`, TLS by `node:tls`. */
import type { Socket } from 'node:net';
import { formatAddress, isIP } from '../../builtins/sockets/address.ts';
import {
  type Connection,
  Failure,
  type ListenerEvents,
  type ListenerOptions,
  NOT_ALLOWED,
  type SocketBackend,
} from '../../builtins/sockets/backend.ts';
import type { Door } from './accepting.ts';
import { loadCredentials } from './certificates.ts';
import { type Inlet, NodeConnection } from './connection.ts';
import { dial } from './dial.ts';
import { listenTcp } from './listener.ts';
import { resolve } from './resolve.ts';
import { dialUnix, listenUnix } from './unix.ts';

/** A network that can be brought to an end. */
export interface NativeSockets extends SocketBackend {
  /**
   * For the end of the program, after `Machine.flushAll`: listeners are closed, connections that are being made are given up, and
   * `done` is called when all that was sent is with the system, or its `lingerMs` are over, and every connection is closed.
   */
  drainAll(done: () => void): void;
}

const NO_BYTES = new Uint8Array(0);

/** The network of this process. Each program has one of its own, which ends with it. */
export function nativeSockets(): NativeSockets {
  const open = new Set<NodeConnection>();
  const listeners = new Set<Door>();
  const dialling = new Set<() => void>();

  return {
    connect(target, options, done) {
      const { tls, mayReach, lingerMs } = options;
      let cancelled = false;
      let giveUp = (): void => {};
      const cancel = (): void => {
        cancelled = true;
        dialling.delete(cancel);
        giveUp();
      };
      dialling.add(cancel);

      const settle = (outcome: Connection | Failure): void => {
        if (cancelled) return;
        dialling.delete(cancel);
        done(outcome);
      };
      const connected = (stream: Socket, inlet: Inlet | null, path: string | null): void => {
        const connection = new NodeConnection(stream, { inlet, open, path, lingerMs });
        if (tls === null) {
          settle(connection);
          return;
        }
        giveUp = () => connection.close(false);
        connection.upgrade(tls, NO_BYTES, (failure) => settle(failure ?? connection));
      };

      if (target.kind === 'unix') {
        giveUp = dialUnix(target.path, (outcome) => {
          if (outcome instanceof Failure) settle(outcome);
          else connected(outcome, null, target.path);
        });
        return cancel;
      }
      const host = dialledHost(target.host);
      const resolved = (found: readonly string[] | Failure): void => {
        if (found instanceof Failure) {
          settle(found);
          return;
        }
        const allowed = mayReach === undefined ? found : found.filter(mayReach);
        if (allowed.length === 0) {
          settle(new Failure('permission', `dial tcp ${formatAddress(found[0] ?? target.host, target.port)}: ${NOT_ALLOWED}`));
          return;
        }
        giveUp = dial(allowed, target.port, options, (outcome) => {
          if (outcome instanceof Failure) settle(outcome);
          else connected(outcome.stream, outcome.inlet, null);
        });
      };
      if (isIP(host)) resolved([host]);
      else giveUp = resolve(host, 'dial', resolved);
      return cancel;
    },

    listen(target, options, events, done) {
      const path = target.kind === 'unix' ? target.path : null;
      const accept = acceptor(options, events, open, path);
      if (target.kind === 'unix') {
        listenUnix(target.path, options, listeners, accept, events, done);
        return;
      }
      const { host, port } = target;
      if (host === '' || host === '::') {
        listenTcp('', port, options, listeners, accept, events, done);
        return;
      }
      let stopResolving = (): void => {};
      const resolved = (found: readonly string[] | Failure): void => {
        dialling.delete(stopResolving);
        if (found instanceof Failure) {
          done(found);
          return;
        }
        const ip = found.find((one) => !one.includes(':')) ?? found[0] ?? host; // IPv4 first, as the reference does
        if (options.mayReach?.(ip) === false) {
          done(new Failure('permission', `listen tcp ${formatAddress(ip, port)}: ${NOT_ALLOWED}`));
          return;
        }
        listenTcp(ip, port, options, listeners, accept, events, done);
      };
      if (isIP(host)) {
        resolved([host]);
        return;
      }
      stopResolving = resolve(host, 'listen', resolved);
      dialling.add(stopResolving);
    },

    loadCredentials,

    drainAll(done) {
      for (const door of listeners) door.close();
      listeners.clear();
      for (const cancel of dialling) cancel();
      let left = open.size;
      if (left === 0) {
        done();
        return;
      }
      for (const connection of [...open]) {
        connection.finish(() => {
          if (--left === 0) done();
        });
      }
    },
  };
}

/** Makes connections of accepted streams. */
function acceptor(
  { tls, lingerMs }: ListenerOptions,
  events: ListenerEvents,
  open: Set<NodeConnection>,
  path: string | null,
): (stream: Socket) => void {
  return (stream) => {
    const connection = new NodeConnection(stream, { inlet: null, open, path, lingerMs });
    if (tls !== null) connection.accept(tls);
    events.connection(connection);
  };
}

/** No host, and the addresses that mean every interface, are this machine. */
function dialledHost(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
