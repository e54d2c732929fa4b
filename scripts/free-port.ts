/** Ports for servers that a test or a script starts. */
import { createServer } from 'node:net';

const BLOCK = 300;
const BLOCKS = 60;

const block = (Number(process.env.JEST_WORKER_ID) || process.pid) % BLOCKS;
let probes = 0;

/**
 * A free port of 127.0.0.1. It is below 32,768, where Linux begins to assign ports to outgoing connections, and each process tries
 * its own three hundred in turn. So nobody takes the port between this probe and its use.
 */
export function freePort(): Promise<number> {
  const port = 12_000 + block * BLOCK + (probes++ % BLOCK);
  return new Promise((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(freePort()))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
  });
}
