import { connect, createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import { startProxy, type Toxics } from './proxy.ts';

const text = 'x'.repeat(5000);
/** What a client gets through a proxy with these toxics, in how many pieces, and how it ends. */
async function through(toxics: Toxics): Promise<{ bytes: number; pieces: number; end: string }> {
  const server = createServer((stream) => {
    stream.on('error', () => {}).end(text);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  const proxy = await startProxy({ host: '127.0.0.1', port });
  Object.assign(proxy.down, toxics);
  const stream = connect(proxy.port, '127.0.0.1');
  let bytes = 0;
  let pieces = 0;
  const end = await new Promise<string>((resolve) => {
    stream.on('data', (chunk) => {
      bytes += chunk.length;
      pieces++;
      if (toxics.atLimit === 'silent' && bytes === toxics.limitBytes) resolve('open');
    });
    stream.on('end', () => resolve('end')).on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  });
  stream.destroy();
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
  return { bytes, pieces, end };
}

it.each<[string, Toxics, { bytes: number; end: string }]>([
  ['none', {}, { bytes: 5000, end: 'end' }],
  ['latency', { latencyMs: 20 }, { bytes: 5000, end: 'end' }],
  ['bandwidth', { bytesPerSecond: 100_000 }, { bytes: 5000, end: 'end' }],
  ['slow close', { slowCloseMs: 20 }, { bytes: 5000, end: 'end' }],
  ['timeout', { timeoutMs: 20 }, { bytes: 0, end: 'end' }],
  ['reset', { resetMs: 0 }, { bytes: 0, end: 'ECONNRESET' }],
  ['slicer', { slices: { most: 100, pauseMs: 0, seed: 1 } }, { bytes: 5000, end: 'end' }],
  ['limit', { limitBytes: 1234 }, { bytes: 1234, end: 'end' }],
  ['limit, then silence', { limitBytes: 1, atLimit: 'silent' }, { bytes: 1, end: 'open' }],
])('spoils a connection: %s', async (_name, toxics, expected) => {
  expect(await through(toxics)).toMatchObject(expected);
});
