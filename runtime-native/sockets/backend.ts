/** The network of Node: TCP by `node:net`. */
import type { Server } from 'node:net';
import {
  type Connection,
  type CredentialSources,
  type Credentials,
  Failure,
  type Listener,
  type ListenerEvents,
  type SocketBackend,
  type Target,
  type TlsOptions,
} from '../../builtins/sockets/backend.ts';
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

      if (target.kind === 'unix' || tls !== null) {
        setImmediate(settle, new Failure('unavailable', `${tls === null ? 'Unix sockets are' : 'TLS is'} not implemented yet`));
        return cancel;
      }
      resolve(dialledHost(target.host), 'dial', (found) => {
        if (cancelled) return;
        if (found instanceof Failure) {
          settle(found);
          return;
        }
        giveUp = dial(found, target.port, (outcome) => {
          settle(outcome instanceof Failure ? outcome : new NodeConnection(outcome.stream, outcome.inlet, open));
        });
      });
      return cancel;
    },

    listen(target: Target, tls: TlsOptions | null, events: ListenerEvents, done: (outcome: Listener | Failure) => void) {
      if (target.kind === 'unix' || tls !== null) {
        setImmediate(done, new Failure('unavailable', `${tls === null ? 'Unix sockets are' : 'TLS is'} not implemented yet`));
        return;
      }
      const { host, port } = target;
      if (host === '' || host === '::') {
        listen('', port, open, listeners, events, done);
        return;
      }
      resolve(host, 'listen', (found) => {
        if (found instanceof Failure) done(found);
        else listen(found.find((ip) => !ip.includes(':')) ?? found[0] ?? host, port, open, listeners, events, done);
      });
    },

    loadCredentials(_sources: CredentialSources): Credentials | string {
      return 'TLS is not implemented yet';
    },

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
