/** A download through a forwarder made of `pipe` that takes longer than its time for silence is complete, byte for byte. */
import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { freePort } from '../free-port.ts';
import { expect, magnolia, pause } from './kit.ts';

const FORWARDER = `
socket := import('socket')
server := socket.serve(args().2, fn(e) {
	up := socket.connect(args().3, { timeout: 5 })
	println(socket.pipe(e.socket, up.socket, { idle: 1 }))
})
println('ready')
`;

export async function slowDownload(): Promise<string> {
  const [front, back] = await Promise.all([freePort(), freePort()]);
  const pieces = 30;
  const sent = createHash('sha256');
  const origin = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', async () => {
      for (let i = 0; i < pieces; i++) {
        const piece = Buffer.alloc(100_000, i + 1);
        sent.update(piece);
        socket.write(piece);
        await pause(100);
      }
      socket.end();
    });
  });
  await new Promise<void>((done) => origin.listen(back, '127.0.0.1', done));
  const program = magnolia({ text: FORWARDER }, [`127.0.0.1:${front}`, `127.0.0.1:${back}`]);
  await program.line(/ready/);
  const started = Date.now();
  const got = createHash('sha256');
  let bytes = 0;
  await new Promise<void>((done, fail) => {
    const socket = connect(front, '127.0.0.1', () => socket.write('GET\n'));
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      got.update(chunk);
    });
    socket.on('end', () => socket.end());
    socket.on('error', fail);
    socket.on('close', () => done());
  });
  const seconds = (Date.now() - started) / 1000;
  await program.line(/received: 3000000/);
  await program.end();
  await new Promise((done) => origin.close(done));
  expect(
    bytes === pieces * 100_000 && got.digest('hex') === sent.digest('hex'),
    `${bytes} bytes came through, not as they were sent`,
  );
  return `${bytes} bytes in ${seconds.toFixed(1)} s through pipe with idle: 1`;
}
