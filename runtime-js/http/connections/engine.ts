/**
 * HTTP over the network that an embedder gave a program: in memory, or through a gateway. In its own file (magnolia-engine.js) that is loaded
 * when a program first uses it.
 */
import type {
  Dial,
  DialledWebSocket,
  HttpEngine,
  HttpFamily,
  RefusedWebSocket,
  WebSocketRequest,
} from '../../../builtins/http/backend.ts';
import { httpFamily } from '../../../builtins/http/builtins.ts';
import { Failure } from '../../../builtins/sockets/backend.ts';
import { withFiles } from '../../../builtins/sockets/certificate-files.ts';
import type { NetworkAccess } from '../../../builtins/sockets/network.ts';
import { ConnectionClient } from './client.ts';
import { type Llhttp, loadParser } from './parser.ts';
import { ConnectionServer } from './server.ts';
import { packed } from './unpack.ts';
import type { DialledConnection } from './websocket/handshake.ts';
import { loadWebSockets } from './websocket/load.ts';

/** Fails where WebAssembly is missing or forbidden. */
export async function connectionFamily(access: NetworkAccess): Promise<HttpFamily> {
  const llhttp = await loadParser();
  return httpFamily(access, async () => connectionEngine(llhttp), withFiles);
}

/** Speaks HTTP and WebSocket on connections. */
export function connectionEngine(llhttp: Llhttp): HttpEngine {
  const client = new ConnectionClient(llhttp);
  const servers: ConnectionServer[] = [];
  const webSockets = new DialledWebSockets(llhttp);
  return {
    serve(settings, events) {
      const server = new ConnectionServer(llhttp, settings, events);
      servers.push(server);
      return server;
    },
    request: (dial, request, events) => client.request(dial, request, events),
    dialWebSocket: (dial, request, done) => webSockets.dial(dial, request, done),
    codings: ['gzip'],
    compress: (text, _coding, done) => void packed(text).then(done),
    closeIdle: (pool) => client.closeIdle(pool),
    close() {
      client.close();
      webSockets.close();
      for (const server of servers) server.end();
    },
  };
}

/** The WebSockets that one program has dialled. */
class DialledWebSockets {
  readonly #llhttp: Llhttp;
  readonly #open = new Set<DialledConnection>();
  #isClosed = false;

  constructor(llhttp: Llhttp) {
    this.#llhttp = llhttp;
  }

  dial(dial: Dial, request: WebSocketRequest, done: (outcome: DialledWebSocket | RefusedWebSocket) => void): () => void {
    let isWanted = true;
    let drop = (): void => {
      isWanted = false;
    };
    loadWebSockets().then(
      ({ DialledConnection }) => {
        if (!isWanted || this.#isClosed) return;
        const connection = new DialledConnection(this.#llhttp, request, done, () => this.#open.delete(connection));
        this.#open.add(connection);
        drop = () => connection.drop();
        connection.dial(dial);
      },
      (error) => {
        const failure = new Failure('unavailable', `WebSockets could not be loaded: ${error}`);
        if (isWanted) done({ kind: 'refused', failure, status: 0, headers: [] });
      },
    );
    return () => drop();
  }

  /** The program has ended. */
  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#open]) connection.drop();
  }
}
