/**
 * `npm run bench-http [-- NAME...]`: HTTP in Magnolia beside the same thing in hand-written Node, as ratios.
 *
 *     hello, json      a server, under requests of one generator over 64 kept connections
 *     req              a client in a loop, beside `fetch`
 *     websocket        an echo server, under messages over 16 connections
 *     idle             10,000 kept connections: memory of each
 *     upload, download 1 GB through a server whose handler streams: growth of its memory; `--short` is 64 MB
 *
 * Both sides run at the same time and take turns, so that other work on the machine hits both. What counts is requests per second of
 * processor time that the measured process took; the median of the rounds is shown.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const programs = join(root, 'scripts/bench/http');
/** Both sides are warm after this many operations. */
const WARM = 30_000;
const ROUNDS = 5;
const ROUND = 10_000;
const TICKS_PER_SECOND = 100;

interface Subject {
  readonly name: string;
  readonly process: ChildProcess;
  readonly port: number;
}

/** Starts a program that prints its port on its first line. */
async function start(name: string, command: readonly string[]): Promise<Subject> {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((done) => child.stdout?.once('data', (line) => done(Number(line))));
  return { name, process: child, port };
}

const magnolia = (file: string, ...args: string[]) =>
  start('magnolia', [join(root, 'dist/cli.cjs'), join(programs, file), ...args]);
const node = (...args: string[]) => start('node', [join(programs, 'peer.mjs'), ...args]);

/** Processor time of a process in seconds, its own and the system's for it. */
function processorTime({ process: { pid } }: Subject): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentBytes({ process: { pid } }: Subject): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Sends some requests over kept connections. */
async function load({ port }: Subject, total: number, options: { method: string; body: string }): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let left = total;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      await new Promise<void>((done, fail) => {
        const headers = options.body === '' ? {} : { 'Content-Type': 'application/json', 'Content-Length': options.body.length };
        const sent = request({ port, agent, method: options.method, path: '/', headers }, (answer) => {
          answer.resume().on('end', done);
        });
        sent.on('error', fail).end(options.body);
      });
    }
  };
  await Promise.all(Array.from({ length: 64 }, one));
  agent.destroy();
}

/** Sends some messages and waits for each to come back. */
async function echo({ port }: Subject, total: number): Promise<void> {
  let left = total;
  await Promise.all(
    Array.from(
      { length: 16 },
      () =>
        new Promise<void>((done, fail) => {
          const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
          socket.on('open', () => socket.send('x'.repeat(100)));
          socket.on('message', () => {
            if (left-- > 0) socket.send('x'.repeat(100));
            else socket.close();
          });
          socket.on('close', () => done()).on('error', fail);
        }),
    ),
  );
}

/** Measures both in turns; prints operations per second of processor time. */
async function compare(
  what: string,
  both: readonly [Subject, Subject],
  run: (subject: Subject, total: number) => Promise<void>,
  goal: number,
) {
  const rates = both.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, subject] of both.entries()) {
      const before = processorTime(subject);
      await run(subject, round === 0 ? WARM : ROUND);
      if (round > 0) rates[i]?.push(ROUND / (processorTime(subject) - before));
    }
  }
  const [ours = 0, theirs = 0] = rates.map(median);
  console.log(
    `${what.padEnd(10)} ${(ours / theirs).toFixed(2)} of Node (goal ${goal}): ${Math.round(ours)} to ${Math.round(theirs)} a second of processor time`,
  );
  for (const { process: child } of both) child.kill();
}

async function idle(): Promise<void> {
  const server = await magnolia('hello.oak');
  const open = (): Promise<Socket> =>
    new Promise((done, fail) => {
      const stream = connect(server.port, '127.0.0.1', () => stream.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
      stream.once('data', () => done(stream)).on('error', fail);
    });
  const first = await Promise.all(Array.from({ length: 100 }, open));
  const before = residentBytes(server);
  const all: Socket[] = [];
  for (let i = 0; i < 100; i++) all.push(...(await Promise.all(Array.from({ length: 100 }, open))));
  const each = (residentBytes(server) - before) / all.length / 1024;
  console.log(`idle       ${each.toFixed(1)} KiB for each of ${all.length} kept connections (goal 12)`);
  for (const stream of [...first, ...all]) stream.destroy();
  server.process.kill();
}

/** Streams bytes through a server one way; how much its memory grew above what it was after the first tenth. */
async function transfer(way: 'upload' | 'download', bytes: number): Promise<void> {
  const server = await magnolia('stream.oak', String(bytes));
  const piece = Buffer.alloc(64 * 1024, 'x');
  let first = 0;
  let most = 0;
  let moved = 0;
  const note = (count: number): void => {
    moved += count;
    const now = residentBytes(server);
    if (moved < bytes / 10) first = Math.max(first, now);
    most = Math.max(most, now);
  };
  await new Promise<void>((done, fail) => {
    const sent = request({ port: server.port, method: way === 'upload' ? 'POST' : 'GET', path: '/' }, (answer) => {
      answer.on('data', (chunk: Buffer) => {
        if (way === 'download') note(chunk.length);
      });
      answer.on('end', done);
    });
    sent.on('error', fail);
    if (way === 'download') {
      sent.end();
      return;
    }
    const more = (): void => {
      while (moved < bytes) {
        note(piece.length);
        if (!sent.write(piece)) {
          sent.once('drain', more);
          return;
        }
      }
      sent.end();
    };
    more();
  });
  const growth = (most - first) / 1024 / 1024;
  console.log(`${way.padEnd(10)} ${Math.round(moved / 1e6)} MB, memory grew by ${growth.toFixed(1)} MiB (goal 64)`);
  server.process.kill();
  if (moved < bytes || growth > 64) process.exitCode = 1;
}

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const large = process.argv.includes('--short') ? 64e6 : 1e9;
const json = JSON.stringify({ text: 'x'.repeat(1000), list: [1, 2, 3] });

if (isWanted('hello')) {
  await compare(
    'hello',
    [await magnolia('hello.oak'), await node('hello')],
    (one, total) => load(one, total, { method: 'GET', body: '' }),
    0.75,
  );
}
if (isWanted('json')) {
  await compare(
    'json',
    [await magnolia('json.oak'), await node('json')],
    (one, total) => load(one, total, { method: 'POST', body: json }),
    0.7,
  );
}
if (isWanted('websocket')) {
  await compare('websocket', [await magnolia('websocket.oak'), await node('websocket')], echo, 0.7);
}
if (isWanted('req')) {
  const server = await node('hello');
  const clients: [Subject, Subject] = [await magnolia('req.oak', String(server.port)), await node('fetch', String(server.port))];
  await compare('req', clients, ask, 0.7);
  server.process.kill();
}
if (isWanted('idle')) await idle();
if (isWanted('upload')) await transfer('upload', large);
if (isWanted('download')) await transfer('download', large);

/** Asks a client, which listens on its port for a line, to send some requests one after the other. */
function ask({ port }: Subject, total: number): Promise<void> {
  return new Promise((done, fail) => {
    const stream = connect(port, '127.0.0.1', () => stream.write(`${total}\n`));
    stream.on('data', () => {
      done();
      stream.destroy();
    });
    stream.on('error', fail);
  });
}
