/** `socket.pipe`: its rate beside a hand-written `a.pipe(b)` in Node, and the memory of many pipes whose readers do not read. */
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../free-port.ts';
import { expect, listening, magnolia, pause, Running, write } from './kit.ts';

const FORWARDER = `
socket := import('socket')
server := socket.serve(args().2, fn(e) {
	target := socket.connect(args().3)
	socket.pipe(e.socket, target.socket)
}, {maxConnections: 5000})
println := import('std').println
println('ready')
`;

const BY_HAND = `
import { connect, createServer } from 'node:net';
const [, , from, to] = process.argv;
createServer({ allowHalfOpen: true }, (a) => {
  const b = connect({ port: Number(to), host: '127.0.0.1', allowHalfOpen: true });
  for (const one of [a, b]) one.on('error', () => { a.destroy(); b.destroy(); });
  a.pipe(b);
  b.pipe(a);
}).listen(Number(from), '127.0.0.1');
`;

const BYTES = 256 * 1024 * 1024;
const BLOCK = Buffer.alloc(65_536, 'x');

/** A server that reads or does not read what it is sent. */
class Sink {
  readonly sockets = new Set<Socket>();
  readonly server: Server;
  port = 0;

  constructor(reads: boolean) {
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: !reads }, (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
      if (!reads) return;
      let bytes = 0;
      socket.on('data', (chunk) => {
        bytes += chunk.length;
      });
      socket.on('end', () => socket.end(String(bytes)));
    });
  }

  async listen(): Promise<this> {
    this.port = await freePort();
    await new Promise<void>((done) => this.server.listen(this.port, '127.0.0.1', done));
    return this;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

/** Seconds until the sink has said how much it has received through the forwarder. */
function transfer(port: number): Promise<number> {
  return new Promise((done, fail) => {
    const began = performance.now();
    let left = BYTES;
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const send = (): void => {
      while (left > 0) {
        left -= BLOCK.length;
        if (!socket.write(BLOCK)) return;
      }
      socket.end();
    };
    socket.on('connect', send).on('drain', send).on('error', fail);
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', () =>
      answer === String(BYTES)
        ? done((performance.now() - began) / 1000)
        : fail(new Error(`${answer} of ${BYTES} bytes arrived`)),
    );
  });
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** Bytes of memory for each of `count` pipes that are full. */
async function memoryOf(count: number): Promise<number> {
  const sink = await new Sink(false).listen();
  const port = await freePort();
  const ours = magnolia({ text: FORWARDER }, [`127.0.0.1:${port}`, `127.0.0.1:${sink.port}`]);
  await ours.line(/ready/);
  const clients: Socket[] = [];
  const flood = async (more: number): Promise<void> => {
    for (let i = 0; i < more; i++) {
      const client = connect(port, '127.0.0.1').on('error', () => {});
      clients.push(client);
      await new Promise<void>((done) => client.once('connect', done));
      for (let sent = 0; sent < 128; sent++) client.write(BLOCK); // 8 MB, above what the system takes on the way
    }
    while (sink.sockets.size < clients.length) await pause(20);
    for (let before = -1, now = 0; before !== now; ) {
      await pause(300);
      before = now;
      now = clients.reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0);
    }
  };
  await flood(200); // the heap has its size
  const before = residentBytes(ours.child.pid ?? 0);
  await flood(count);
  const each = (residentBytes(ours.child.pid ?? 0) - before) / count;
  for (const client of clients) client.destroy();
  sink.close();
  await ours.end();
  return each;
}

export async function pipes(isShort: boolean): Promise<string> {
  const sink = await new Sink(true).listen();
  const [port, handPort] = await Promise.all([freePort(), freePort()]);
  const ours = magnolia({ text: FORWARDER }, [`127.0.0.1:${port}`, `127.0.0.1:${sink.port}`]);
  await ours.line(/ready/);
  const byHand = new Running(process.execPath, [write('forwarder.mjs', BY_HAND), String(handPort), String(sink.port)]);
  await listening(handPort);
  const ratios: number[] = [];
  for (let round = 0; round < (isShort ? 3 : 7); round++) {
    const seconds = await transfer(handPort);
    ratios.push(seconds / (await transfer(port)));
  }
  ratios.sort((a, b) => a - b);
  const rate = ratios[ratios.length >> 1] ?? 0;
  await Promise.all([ours.end(), byHand.end()]);
  sink.close();

  const count = isShort ? 400 : 1000;
  const memory = (await memoryOf(count)) / 1024;
  const said = `${rate.toFixed(2)} of the rate by hand (target 0.8), ${memory.toFixed(0)} KiB for each of ${count} full pipes (128)`;
  // The rate is a target of the full form; in the short one other work may share the machine.
  expect((isShort || rate >= 0.8) && memory <= 128, said);
  return said;
}
