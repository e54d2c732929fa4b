/**
 * `npm run growth [-- --short] [--seed N] [NAME...]`: passes n, 2n and 4n bytes of costly input to everything that takes input
 * from outside. The time has to grow with the input (at most 2.6 times for twice as much). What a peer sends may take 6 bytes of memory for each
 * byte, and 40 MB more (half of what an answer of mail may have, and the process itself).
 *
 * n is 1 MB; `--short` takes 256 KB and a random part of the inputs, for about half a minute; NAMEs are parts of names of inputs.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Report, Task } from './growth-child.ts';
import { ROWS, type Row } from './inputs.ts';
import { random } from './random.ts';

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
});

const here = dirname(fileURLToPath(import.meta.url));
const SMALLEST = flags.short ? 1 << 18 : 1 << 20;
const SHORT_MS = 30_000;
/** For twice the input. */
const MOST_GROWTH = 2.6;
/** Below it, other things than the input count. */
const LEAST_MS = 100;
const MOST_PER_BYTE = 6;
const MEMORY_BASE = 40e6;
/** A peer that is still connected so long after its last byte leaves. */
const PATIENCE_MS = 1500;
/** An input that has not been taken by then never will be. */
const FROZEN_MS = 180_000;

type Measured = Exclude<Report, 'serving'>;

function bytesOf({ head = '', pattern }: Row, size: number): Buffer {
  return Buffer.from((head + pattern.repeat(Math.ceil(size / pattern.length))).slice(0, size), 'latin1');
}

/** Sends it all, takes what comes, and leaves. */
function play(socket: Socket, data: Buffer): void {
  socket.on('error', () => {}).resume();
  socket.end(data, () => setTimeout(() => socket.destroy(), PATIENCE_MS).unref());
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

class Child {
  readonly #process: ChildProcess = fork(join(here, 'growth-child.ts'), [], {
    execArgv: ['--import', join(here, '../typescript.mjs'), '--expose-gc', '--max-old-space-size=1500'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });

  /** A text is how the child ended. */
  async take(row: Row, size: number, memory: boolean): Promise<Measured | string> {
    const data = bytesOf(row, size);
    const server = createServer((socket) => play(socket, data));
    const address = await listening(server);
    if (row.from === 'client') server.close(); // the program listens there
    const { head = '', pattern, program } = row;
    const input = { head, pattern, bytes: row.from === 'text' ? size : 0 };
    const task: Task = { program, input, address, serves: row.from === 'client', memory };
    try {
      return await this.#run(task, data);
    } finally {
      server.close();
    }
  }

  #run(task: Task, data: Buffer): Promise<Measured | string> {
    const child = this.#process;
    return new Promise((done) => {
      const settle = (result: Measured | string): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        done(result);
      };
      const timer = setTimeout(() => settle(`not ended after ${FROZEN_MS / 1000} s`), FROZEN_MS);
      child.on('message', (report: Report) => {
        if (report !== 'serving') return settle(report);
        const [host, port] = task.address.split(':');
        const socket = connect(Number(port), host, () => play(socket, data));
        socket.on('close', () => child.send('finish'));
      });
      child.once('exit', (code, signal) => settle(`the process ended: ${signal ?? code}`));
      child.send(task);
    });
  }

  end(): void {
    this.#process.kill();
  }
}

interface Verdict {
  readonly isWrong: boolean;
  readonly says: string;
}

function verdict(times: readonly number[], memory: Measured | null): Verdict {
  const [, n = 0, , fourN = 0] = times;
  const slow = fourN > LEAST_MS && fourN > MOST_GROWTH ** 2 * Math.max(n, LEAST_MS / 8);
  const bytes = memory?.bytes ?? 0;
  const large = bytes > MOST_PER_BYTE * 4 * SMALLEST + MEMORY_BASE;
  const ended =
    memory === null ? '' : `, ${(bytes / (4 * SMALLEST)).toFixed(1)} bytes for each byte, ${memory.ended.split('\n')[0]}`;
  return { isWrong: slow || large, says: `${times.map(Math.round).join(' ')} ms${ended}` };
}

async function judge(row: Row): Promise<Verdict> {
  const times = await timesOf(row);
  if (typeof times === 'string') return { isWrong: true, says: times };
  if (row.from === 'text') return verdict(times, null);
  const child = new Child(); // one that holds nothing of earlier inputs: what is alive at its start is subtracted
  try {
    const taken = await child.take(row, 4 * SMALLEST, true);
    if (typeof taken === 'string') return { isWrong: true, says: `memory: ${taken}` };
    return verdict(times, taken);
  } finally {
    child.end();
  }
}

/** The times of growing inputs, or what went wrong. */
async function timesOf(row: Row): Promise<number[] | string> {
  const child = new Child();
  try {
    const times: number[] = [];
    for (const size of [SMALLEST / 4, SMALLEST, 2 * SMALLEST, 4 * SMALLEST]) {
      const taken = await child.take(row, size, false);
      if (typeof taken === 'string') return `${size} bytes: ${taken}`;
      if (/^(?!Magnolia|Stopped)\w*Error/.test(taken.ended)) return `${size} bytes: ${taken.ended}`;
      times.push(taken.ms);
    }
    return times;
  } finally {
    child.end();
  }
}

const began = Date.now();
const dice = random(Number(flags.seed));
const wanted = ROWS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
const order = flags.short
  ? wanted
      .map((row) => ({ row, at: dice() }))
      .sort((a, b) => a.at - b.at)
      .map(({ row }) => row)
  : wanted;
let taken = 0;
const wrong: string[] = [];
for (const row of order) {
  if (flags.short && Date.now() - began > SHORT_MS) break;
  taken++;
  const { isWrong, says } = await judge(row);
  if (isWrong) wrong.push(row.name);
  if (isWrong || !flags.short) console.log(`${isWrong ? 'WRONG ' : ''}${row.from} ${row.name}: ${says}`);
}
console.log(`${taken} of ${ROWS.length} inputs, ${wrong.length} wrong${wrong.length > 0 ? `: ${wrong.join(', ')}` : ''}`);
if (wrong.length > 0) process.exitCode = 1;
