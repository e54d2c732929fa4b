/** From an accepted stream to a connection of the program: the PROXY header, the handshake, and what is counted of both. */
import type { Socket } from 'node:net';
import type { ListenerEvents, ListenerOptions, TlsOptions } from '../../builtins/sockets/backend.ts';
import { NodeConnection, type Origin } from './connection.ts';
import { readHeader } from './proxy.ts';

export class Acceptor {
  readonly #options: ListenerOptions;
  readonly #events: ListenerEvents;
  readonly #origin: Pick<Origin, 'open' | 'path'>;
  #tls: TlsOptions | null;

  constructor(options: ListenerOptions, events: ListenerEvents, origin: Pick<Origin, 'open' | 'path'>) {
    this.#options = options;
    this.#events = events;
    this.#origin = origin;
    this.#tls = options.tls;
  }

  /** Handshakes that begin from now on use these. */
  reload(tls: TlsOptions): void {
    this.#tls = tls;
  }

  readonly accept = (stream: Socket): void => {
    const { proxy } = this.#options;
    if (proxy === null) {
      this.#connect(stream, null);
      return;
    }
    const peer = this.#origin.path === null ? plainIp(stream.remoteAddress ?? '') : 'unix:';
    if (proxy.trusts(peer)) {
      this.#handshake('begun', false);
      readHeader(stream, this.#options.handshakeMs, (header) => {
        this.#handshake(header === null ? 'failed' : 'done', false);
        if (header !== null) this.#connect(stream, header);
      });
    } else if (proxy.isRequired) {
      this.#handshake('begun', false);
      stream.on('error', () => {}).destroy();
      this.#handshake('failed', false);
    } else {
      this.#connect(stream, null);
    }
  };

  #connect(stream: Socket, header: Origin['header']): void {
    const tls = this.#tls;
    const { open, path } = this.#origin;
    const { lingerMs } = this.#options;
    const connection = new NodeConnection(stream, { inlet: null, open, path, remote: null, lingerMs, header });
    if (tls === null) {
      this.#events.connection(connection);
      if (header !== null) connection.resume(); // reading the header has stopped the stream
      return;
    }
    const isHanded = tls.clientAuth !== 'require'; // where clients need a certificate, no data may pass before it is verified
    this.#handshake('begun', isHanded);
    connection.accept(tls, (isFine) => {
      this.#handshake(isFine ? 'done' : 'failed', isHanded);
      if (!isHanded) this.#events.connection(connection); // one that was refused fails all reads and sends
    });
    if (isHanded) this.#events.connection(connection);
  }

  #handshake(event: 'begun' | 'done' | 'failed', isHanded: boolean): void {
    this.#events.handshake?.(event, isHanded);
  }
}

/** An IPv4 address that a dual-stack socket shows in mapped form, as IPv4. */
function plainIp(ip: string): string {
  return ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip;
}
