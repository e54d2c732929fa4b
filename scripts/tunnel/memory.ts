/** The memory of a stream whose peer floods the page and reads nothing, while the program reads nothing and sends: at both ends. */
import { spawn } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, here, startGateway } from './kit.ts';

const STREAMS = 60;
const MOST_KIB = 600;

/** Sends without end and reads nothing. */
function flood(socket: Socket): void {
  const block = Buffer.alloc(65_536, 'x');
  const more = (): void => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.pause();
  socket.on('error', () => {}).on('drain', more);
  more();
}

export async function memoryOfStreams(): Promise<string> {
  const sockets: Socket[] = [];
  const peer = createServer((socket) => {
    sockets.push(socket);
    flood(socket);
  });
  await new Promise<void>((done) => peer.listen(0, '127.0.0.1', done));
  const { port } = peer.address() as { port: number }; // it listens on TCP
  const gateway = await startGateway();
  const { url, token } = gateway.access;
  const env = { ...process.env, ADDRESS: `127.0.0.1:${port}`, GATEWAY: `${url}#${token}`, STREAMS: String(STREAMS) };
  const before = gateway.memory().now;
  const page = spawn(process.execPath, ['--expose-gc', join(here, 'flooded-page.mjs')], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const inPage = await new Promise<number>((done, failed) => {
      page.stdout.on('data', (text) => done(Number(text)));
      page.once('close', () => failed(new Error('the flooded page has ended')));
    });
    const atGateway = Math.round((gateway.memory().now - before) / STREAMS);
    const said = `${STREAMS} flooded streams: ${inPage} KiB each in the page, ${atGateway} KiB at the gateway`;
    expect(inPage <= MOST_KIB && atGateway <= MOST_KIB, `${said}: above ${MOST_KIB}`);
    return said;
  } finally {
    page.removeAllListeners('close').kill();
    await gateway.stop();
    for (const one of sockets) one.destroy();
    peer.close();
  }
}
