/**
 * HTTP on Node: its own `http` parses and writes, `ws` speaks WebSocket, `zlib` unpacks.
 *
 * Bundled into a file that is loaded when a program first uses HTTP (dist/node-http.cjs), so no class of ours may be compared across the
 * border: everything comes in and goes out by interfaces.
 */
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { HttpEngine } from '../../builtins/http/backend.ts';
import { toBuffer, toText } from '../latin1.ts';
import { nodeClient } from './client.ts';
import { serve } from './server.ts';
import { Streams } from './streams.ts';
import { dialWebSocket } from './websocket.ts';

/** Brotli's default takes longer than sending what it saves. */
const BROTLI_QUALITY = 4;

/** The engine of one program. */
export function createEngine(): HttpEngine {
  const streams = new Streams();
  const client = nodeClient(streams);
  return {
    serve: (settings, events) => serve(streams, settings, events),
    request: client.request,
    closeIdle: client.closeIdle,
    dialWebSocket: (dial, request, done) => dialWebSocket(streams, dial, request, done),
    codings: ['br', 'gzip'],
    compress(text, coding, done) {
      const packed = (error: Error | null, bytes: Buffer): void => done(error === null ? toText(bytes) : text);
      if (coding === 'gzip') gzip(toBuffer(text), packed);
      else brotliCompress(toBuffer(text), { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }, packed);
    },
    close: () => streams.close(),
  };
}
