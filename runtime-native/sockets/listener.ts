/** Listening on TCP with a server of Node. */
import type { AddressInfo, Socket } from 'node:net';
import { formatAddress } from '../../builtins/sockets/address.ts';
import { Failure, type Listener, type ListenerEvents, type ListenerOptions } from '../../builtins/sockets/backend.ts';
import { codeOf, errnoText } from '../errno.ts';
import { type Door, doorOf, Entrance } from './accepting.ts';
import { streamSettings } from './connection.ts';
import { kindOf } from './errors.ts';
import { newServer } from './shared-server.ts';

/** What passes when others have closed something. */
const TEMPORARY = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ECONNABORTED']);

/** Listens on an IP address; '' is every interface, in both families where there are two. */
export function listenTcp(
  host: string,
  port: number,
  options: ListenerOptions,
  listeners: Set<Door>,
  accept: (stream: Socket) => void,
  events: ListenerEvents,
  done: (outcome: Listener | Failure) => void,
): void {
  let local = '';
  const entrance = new Entrance(options.backlog, events, () => `tcp ${local}`, accept);
  const server = newServer(streamSettings(options), (stream) => {
    // Its client may have gone, and nobody can say who it was.
    if (stream.remoteAddress === undefined) stream.destroy();
    else entrance.enter(stream);
  });
  const door = doorOf(server, entrance);

  const onError = (error: Error): void => {
    listeners.delete(door);
    if (host === '' && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error))) {
      listenTcp('0.0.0.0', port, options, listeners, accept, events, done); // a system without IPv6
      return;
    }
    const call = ['EMFILE', 'ENFILE'].includes(codeOf(error)) ? 'socket' : 'bind';
    const shown = host === '' ? `:${port}` : formatAddress(host, port);
    done(new Failure(kindOf(error), `listen tcp ${shown}: ${call}: ${errnoText(error)}`));
  };

  listeners.add(door);
  server.once('error', onError);
  server.listen({ host: host === '' ? '::' : host, port, backlog: options.backlog }, () => {
    const { address, port: given } = server.address() as AddressInfo; // it listens on TCP
    local = formatAddress(address, given);
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
