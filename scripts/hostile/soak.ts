/**
 * `npm run soak [-- --seconds N]`: clients of many bad kinds at servers in another process, for two minutes. In the end the servers answer,
 * and have as many descriptors and about as much memory as when each kind had been there for the first times.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Held } from './soak-child.ts';

const { values: flags } = parseArgs({ options: { seconds: { type: 'string', default: '120' } } });
const here = dirname(fileURLToPath(import.meta.url));

/** Clients at the same time. */
const CLIENTS = 24;
/** Servers may hold so much more in the end. */
const MORE_BYTES = 8e6;
const MORE_DESCRIPTORS = 2;
/** Servers let go of the last clients within this time: one with many unanswered requests is closed after 10 seconds. */
const SETTLING_MS = 12_000;
/** The same at the end, on a busy machine. */
const PATIENCE_MS = 20_000;

type Kind = (port: number) => Promise<unknown>;

function open(port: number): Socket {
  return connect(port, '127.0.0.1').on('error', () => {});
}

const closed = (socket: Socket): Promise<unknown> => (socket.destroyed ? Promise.resolve() : once(socket, 'close'));

/** Sends, and leaves in this way. */
const sends =
  (text: string | Buffer, leave: 'end' | 'destroy' | 'reset' | 'stay', ms = 20): Kind =>
  async (port) => {
    const socket = open(port).resume();
    socket.write(text);
    await wait(ms);
    if (leave === 'end') socket.end();
    if (leave === 'destroy') socket.destroy();
    if (leave === 'reset') socket.resetAndDestroy();
    const timer = setTimeout(() => socket.destroy(), 4000);
    await closed(socket);
    clearTimeout(timer);
  };

const encrypted =
  (text: string, leave: 'end' | 'reset' | 'cut'): Kind =>
  async (port) => {
    const plain = open(port);
    const socket = connectTls({ socket: plain, rejectUnauthorized: false }).on('error', () => {});
    const timer = setTimeout(() => plain.destroy(), 4000);
    socket.once('secureConnect', () => {
      socket.write(text);
      if (leave === 'end') socket.end();
      if (leave === 'reset') plain.resetAndDestroy();
      if (leave === 'cut') plain.end(Buffer.from([0x17, 3, 3, 0, 99, 1, 2]));
      socket.resume();
    });
    await closed(plain);
    clearTimeout(timer);
  };

const trickle: Kind = async (port) => {
  const socket = open(port).resume();
  for (const byte of 'hello\nhe') {
    socket.write(byte);
    await wait(5);
  }
  socket.destroy();
};

const deaf: Kind = async (port) => {
  const socket = open(port).pause();
  socket.write('x'.repeat(1000).concat('\n').repeat(2000));
  await wait(300);
  socket.destroy();
};

const HELLO = Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

/** By the server that they visit: lines, lines in TLS, HTTP, HTTP that is never answered. */
const KINDS: readonly (readonly Kind[])[] = [
  [
    sends('', 'end', 0),
    sends('', 'reset', 0),
    sends('one\ntwo\n', 'end'),
    sends('half a li', 'end'),
    sends('half a li', 'reset'),
    sends('one\n', 'stay'),
    sends('x'.repeat(200_000), 'end'),
    sends('\n'.repeat(20_000), 'destroy'),
    trickle,
    deaf,
  ],
  [
    encrypted('one\n', 'end'),
    encrypted('half', 'reset'),
    encrypted('half', 'cut'),
    sends(HELLO, 'end'),
    sends(HELLO, 'reset'),
    sends(HELLO, 'stay'),
    sends('GET / HTTP/1.1\r\n\r\n', 'end'),
  ],
  [
    sends('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'end'),
    sends('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200), 'destroy'),
    sends('GET / HTTP/1.1\r\nHo', 'end'),
    sends('\0\x01\x02\r\n\r\n', 'end'),
    sends(`${CHUNKED}5\r\nab`, 'reset'),
    sends(`${CHUNKED}zz\r\n`, 'end'),
  ],
  [sends('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'end'), sends('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200), 'destroy')],
];

const child = fork(join(here, 'soak-child.ts'), [], {
  execArgv: ['--import', join(here, '../typescript.mjs'), '--expose-gc'],
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
child.once('exit', (code, signal) => {
  console.log(`the servers ended: ${signal ?? code}`);
  process.exit(1);
});
const [addresses] = (await once(child, 'message')) as [string[]];
const ports = addresses.map((address) => Number(/\d+$/.exec(address)?.[0]));
const visits = KINDS.flatMap((kinds, server) => kinds.map((kind) => () => kind(ports[server] as number))); // one port for each

async function held(): Promise<Held> {
  child.send('held');
  return ((await once(child, 'message')) as [Held])[0];
}

let visited = 0;
/** Visits until that time, each client one kind after the other. */
async function visitUntil(end: number): Promise<void> {
  const client = async (first: number): Promise<void> => {
    for (let i = first; performance.now() < end; i++) {
      await (visits[i % visits.length] as () => Promise<unknown>)(); // in range
      visited++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
}

const durationMs = Number(flags.seconds) * 1000;
await Promise.all(visits.map((visit) => visit()));
await visitUntil(performance.now() + durationMs / 4); // code and caches are as large as they will be
await wait(SETTLING_MS);
const before = await held();
await visitUntil(performance.now() + durationMs);
let after = await held();
const isBack = (): boolean =>
  after.descriptors <= before.descriptors + MORE_DESCRIPTORS && after.bytes <= before.bytes + MORE_BYTES;
for (const end = performance.now() + PATIENCE_MS; !isBack() && performance.now() < end; after = await held()) await wait(500);

const socket = open(ports[0] as number); // there are four
socket.write('still there?\n');
const [answer] = (await Promise.race([once(socket, 'data'), wait(5000, ['nothing'])])) as [Buffer | string];
socket.destroy();
const answers = String(answer).trim() === 'still there?';
const shown = ({ descriptors, bytes }: Held): string => `${descriptors} descriptors, ${(bytes / 1e6).toFixed(1)} MB`;
console.log(
  `${visited} visits of ${visits.length} kinds: ${shown(before)}, then ${shown(after)}${answers ? '' : '; no answer any more'}`,
);
child.removeAllListeners('exit').kill();
process.exit(isBack() && answers ? 0 : 1);
