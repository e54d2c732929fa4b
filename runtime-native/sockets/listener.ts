/** Listening with a server of Node. */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { formatAddress } from '../../builtins/sockets/address.ts';
import { Failure, type Listener, type ListenerEvents, type TlsOptions } from '../../builtins/sockets/backend.ts';
import { codeOf, errnoText } from '../errno.ts';
import { NodeConnection, STREAM_OPTIONS } from './connection.ts';
import { kindOf } from './errors.ts';

const BACKLOG = 511;

/** Listens on an IP address; '' is every interface, in both families where there are two. */
export function listen(
  host: string,
  port: number,
  tls: TlsOptions | null,
  open: Set<NodeConnection>,
  listeners: Set<Server>,
  events: ListenerEvents,
  done: (outcome: Listener | Failure) => void,
): void {
  const server = createServer(STREAM_OPTIONS);
  const address = host === '' ? '::' : host;

  const onError = (error: Error): void => {
    listeners.delete(server);
    if (host === '' && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error))) {
      listen('0.0.0.0', port, tls, open, listeners, events, done); // a system without IPv6
      return;
    }
    const call = ['EMFILE', 'ENFILE'].includes(codeOf(error)) ? 'socket' : 'bind';
    const shown = `${host === '' ? '' : formatAddress(host, port).slice(0, -String(port).length - 1)}:${port}`;
    done(new Failure(kindOf(error), `listen tcp ${shown}: ${call}: ${errnoText(error)}`));
  };

  server.once('error', onError);
  server.on('connection', (stream) => {
    const connection = new NodeConnection(stream, null, open);
    if (tls !== null) connection.accept(tls);
    events.connection(connection);
  });
  listeners.add(server);
  server.listen({ host: address, port, backlog: BACKLOG }, () => {
    const { address: ip, port: given } = server.address() as AddressInfo; // it listens on TCP
    const local = formatAddress(ip, given);
    server.off('error', onError);
    server.on('error', (error) => {
      const temporary = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ECONNABORTED'].includes(codeOf(error));
      events.failed(new Failure(kindOf(error), `accept tcp ${local}: accept4: ${errnoText(error)}`), temporary);
    });
    done({
      local,
      close: () => {
        listeners.delete(server);
        server.close(); // the port is free when this returns; open connections are not its business
      },
    });
  });
}
