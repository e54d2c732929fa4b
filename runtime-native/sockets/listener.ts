/** Listening on TCP, and on sockets that the process was given, with a server of Node. */
import type { AddressInfo, Socket } from 'node:net';
import { formatAddress } from '../../builtins/sockets/address.ts';
import {
  Failure,
  type Listener,
  type ListenerEvents,
  type ListenerOptions,
  type PassedSocket,
} from '../../builtins/sockets/backend.ts';
import { codeOf, errnoText } from '../errno.ts';
import { AcceptGate, type ServerHandle, serverHandle } from './accepting.ts';
import { streamSettings } from './connection.ts';
import { kindOf } from './errors.ts';
import { newServer, type Where } from './shared-server.ts';

/** What passes when others have closed something. */
const TEMPORARY = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ECONNABORTED']);

/** What every listener needs. */
export interface Listening {
  readonly options: ListenerOptions;
  /** All listeners; an open one is among them. */
  readonly listeners: Set<ServerHandle>;
  accept(stream: Socket): void;
  readonly events: ListenerEvents;
  done(outcome: Listener | Failure): void;
}

/** Listens on an IP address; '' is every interface, in both families where there are two. */
export function listenTcp(host: string, port: number, listening: Listening): void {
  const { options, done } = listening;
  const isTcp = (stream: Socket): boolean => stream.remoteAddress !== undefined;
  const where = {
    host: host === '' ? '::' : host,
    port,
    backlog: options.backlog,
    ...(options.reusePort ? { reusePort: true } : {}),
  };
  listen(where, 'tcp', isTcp, listening, (error) => {
    if (host === '' && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error))) {
      listenTcp('0.0.0.0', port, listening); // a system without IPv6
      return;
    }
    const call = ['EMFILE', 'ENFILE'].includes(codeOf(error)) ? 'socket' : 'bind';
    const shown = host === '' ? `:${port}` : formatAddress(host, port);
    done(new Failure(kindOf(error), `listen tcp ${shown}: ${call}: ${errnoText(error)}`));
  });
}

/** Listens on a socket that was passed. A Unix socket's file stays when it is closed. */
export function listenPassed({ fd, target }: PassedSocket, listening: Listening): void {
  const isUnix = target?.kind === 'unix';
  const isThere = (stream: Socket): boolean => isUnix || stream.remoteAddress !== undefined;
  listen({ fd }, isUnix ? `unix:${target.path}` : 'tcp', isThere, listening, (error) => {
    listening.done(new Failure('address', `listen fd:${fd}: ${errnoText(error)}`));
  });
}

/** `kind` is `tcp`, or the address of a Unix socket, which Node does not know. */
function listen(
  where: Where,
  kind: string,
  isThere: (stream: Socket) => boolean,
  { options, listeners, accept, events, done }: Listening,
  failed: (error: Error) => void,
): void {
  let local = kind;
  const entrance = new AcceptGate(options.backlog, events, () => `${kind === 'tcp' ? 'tcp ' : ''}${local}`, accept);
  const server = newServer(streamSettings(options), (stream) => {
    // Its client may have gone, and its address is unknown.
    if (isThere(stream)) entrance.enter(stream);
    else stream.destroy();
  });
  const door = serverHandle(server, entrance);

  const onError = (error: Error): void => {
    listeners.delete(door);
    failed(error);
  };

  listeners.add(door);
  server.once('error', onError);
  server.listen(where, () => {
    const { address, port: given } = (server.address() ?? {}) as Partial<AddressInfo>; // a Unix socket that was passed has none
    if (kind === 'tcp') local = formatAddress(address ?? '', given ?? 0);
    server.off('error', onError);
    server.on('error', (error) => {
      events.failed(
        new Failure(kindOf(error), `accept tcp ${local}: accept4: ${errnoText(error)}`),
        TEMPORARY.has(codeOf(error)),
      );
    });
    done({
      local,
      close: () => {
        listeners.delete(door);
        door.close();
      },
      hold: (isHeld) => entrance.hold(isHeld),
      waiting: () => entrance.waiting(),
    });
  });
}
