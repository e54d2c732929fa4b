/** The network of Node: TCP by `node:net`, TLS by `node:tls`. */
import type { Server } from 'node:net';
import {
  type Connection,
  Failure,
  type Listener,
  type ListenerEvents,
  type SocketBackend,
  type Target,
  type TlsOptions,
} from '../../builtins/sockets/backend.ts';
import { loadCredentials } from './certificates.ts';
import { NodeConnection } from './connection.ts';
import { dial } from './dial.ts';
import { listen } from './listener.ts';
import { resolve } from './resolve.ts';

/** A network that can be brought to an end. */
export interface NativeSockets extends SocketBackend {
  /**
   * For the end of the program, after `Machine.flushAll`: listeners are closed, connections that are being made are given up, and
   * `done` is called when all that was sent is with the system and every connection is closed. Nothing but the peers
   * bounds how long that takes: what a program has sent is not lost because a peer is slow.
   */
  drainAll(done: () => void): void;
}

export function nativeSockets(): NativeSockets {
  const open = new Set<NodeConnection>();
  const listeners = new Set<Server>();
  const dialling = new Set<() => void>();

  return {
    connect(target, tls, done) {
      let giveUp = (): void => {
        cancelled = true;
      };
      let cancelled = false;
      const cancel = (): void => {
        dialling.delete(cancel);
        giveUp();
      };
      dialling.add(cancel);
      const settle = (outcome: Connection | Failure): void => {
        dialling.delete(cancel);
        done(outcome);
      };

      if (target.kind === 'unix') {
        setImmediate(settle, new Failure('unavailable', 'Unix sockets are not implemented yet'));
        return cancel;
      }
      resolve(dialledHost(target.host), 'dial', (found) => {
        if (cancelled) return;
        if (found instanceof Failure) {
          settle(found);
          return;
        }
        giveUp = dial(found, target.port, (outcome) => {
          if (outcome instanceof Failure) {
            settle(outcome);
            return;
          }
          const connection = new NodeConnection(outcome.stream, outcome.inlet, open);
          if (tls === null) {
            settle(connection);
            return;
          }
          giveUp = () => connection.close();
          connection.upgrade(tls, new Uint8Array(0), (failure) => settle(failure ?? connection));
        });
      });
      return cancel;
    },

    listen(target: Target, tls: TlsOptions | null, events: ListenerEvents, done: (outcome: Listener | Failure) => void) {
      if (target.kind === 'unix') {
        setImmediate(done, new Failure('unavailable', 'Unix sockets are not implemented yet'));
        return;
      }
      const { host, port } = target;
      if (host === '' || host === '::') {
        listen('', port, tls, open, listeners, events, done);
        return;
      }
      resolve(host, 'listen', (found) => {
        if (found instanceof Failure) done(found);
        else listen(found.find((ip) => !ip.includes(':')) ?? found[0] ?? host, port, tls, open, listeners, events, done);
      });
    },

    loadCredentials,

    drainAll(done) {
      for (const server of listeners) server.close();
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

/** No host, and the addresses that mean every interface, are this machine. */
function dialledHost(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
