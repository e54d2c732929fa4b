/** The network of Node: TCP and Unix sockets by `node:net`, TLS by `node:tls`. */
import { formatAddress, isIP } from '../../builtins/sockets/address.ts';
import { type Connection, Failure, type Listener, NOT_ALLOWED, type SocketBackend } from '../../builtins/sockets/backend.ts';
import type { ServerHandle } from './accepting.ts';
import { Acceptor } from './acceptor.ts';
import { CredentialCache } from './certificates.ts';
import { NodeConnection } from './connection.ts';
import { type Dialled, dial } from './dial.ts';
import { listenPassed, listenTcp } from './listener.ts';
import { passedSocket } from './passed.ts';
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

/** The network of this process. Each program has its own, which ends with it. */
export function nativeSockets(): NativeSockets {
  const open = new Set<NodeConnection>();
  const listeners = new Set<ServerHandle>();
  const dialling = new Set<() => void>();
  const credentials = new CredentialCache();

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
      const connected = ({ stream, inlet, remote }: Dialled, path: string | null): void => {
        const connection = new NodeConnection(stream, { inlet, open, path, remote, lingerMs, header: null });
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
          else connected({ stream: outcome, inlet: null, remote: null }, target.path);
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
          else connected(outcome, null);
        });
      };
      if (isIP(host)) resolved([host]);
      else giveUp = resolve(host, 'dial', resolved);
      return cancel;
    },

    listen(target, options, events, done) {
      const { passed, tls } = options;
      const unix = passed === null ? target : passed.target;
      const acceptor = new Acceptor(options, events, { open, path: unix?.kind === 'unix' ? unix.path : null });
      const reloadable = (outcome: Listener | Failure): void => {
        done(
          outcome instanceof Failure || tls === null ? outcome : { ...outcome, reload: (changed) => acceptor.reload(changed) },
        );
      };
      const listening = { options, listeners, accept: acceptor.accept, events, done: reloadable };
      if (passed !== null) {
        listenPassed(passed, listening);
        return;
      }
      if (target.kind === 'unix') {
        listenUnix(target.path, listening);
        return;
      }
      const { host, port } = target;
      if (host === '' || host === '::') {
        listenTcp('', port, listening);
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
        listenTcp(ip, port, listening);
      };
      if (isIP(host)) {
        resolved([host]);
        return;
      }
      stopResolving = resolve(host, 'listen', resolved);
      dialling.add(stopResolving);
    },

    passedSocket,
    canReusePort: canReusePort(process.versions.node),
    loadCredentials: (sources) => credentials.load(sources),

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

/** No host, and the addresses that mean every interface, are this machine. */
function dialledHost(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** Node has had the option since 22.12 and 23.1. */
function canReusePort(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}
