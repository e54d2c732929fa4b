/**
 * HTTP over the network that an embedder gave a program: in memory, or through a gateway. In its own file (magnolia-engine.js) that is loaded
 * when a program first uses it.
 */
import type { HttpEngine, HttpFamily } from '../../../builtins/http/backend.ts';
import { httpFamily } from '../../../builtins/http/builtins.ts';
import { Failure } from '../../../builtins/sockets/backend.ts';
import { withFiles } from '../../../builtins/sockets/certificate-files.ts';
import type { NetworkAccess } from '../../../builtins/sockets/network.ts';
import { ConnectionClient } from './client.ts';
import { type Llhttp, loadParser } from './parser.ts';
import { ConnectionServer } from './server.ts';
import { packed } from './unpack.ts';

/** Fails where WebAssembly is missing or forbidden. */
export async function connectionFamily(access: NetworkAccess): Promise<HttpFamily> {
  const llhttp = await loadParser();
  return httpFamily(access, async () => connectionEngine(llhttp), withFiles);
}

/** Speaks HTTP on connections; WebSocket is not supported. */
export function connectionEngine(llhttp: Llhttp): HttpEngine {
  const client = new ConnectionClient(llhttp);
  const servers: ConnectionServer[] = [];
  return {
    serve(settings, events) {
      const server = new ConnectionServer(llhttp, settings, events);
      servers.push(server);
      return server;
    },
    request: (dial, request, events) => client.request(dial, request, events),
    dialWebSocket(_dial, _request, done) {
      queueMicrotask(() => done({ kind: 'refused', failure: NO_WEBSOCKETS, status: 0, headers: [] }));
      return () => {};
    },
    codings: ['gzip'],
    compress: (text, _coding, done) => void packed(text).then(done),
    closeIdle: (pool) => client.closeIdle(pool),
    close() {
      client.close();
      for (const server of servers) server.destroy();
    },
  };
}

const NO_WEBSOCKETS = new Failure('unavailable', 'there are no WebSockets on this network');
