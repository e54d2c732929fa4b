/**
 * `npm run load [-- --short] [check...]`: how much a server in Magnolia carries, and what it costs.
 *
 * The server (scripts/load/server.oak) runs in its own process; this one is the client. Memory, descriptors and processor
 * time are the system's figures for that process, so this needs Linux. Each line shows what was measured beside the target;
 * a target that is missed ends the run with status 1. `--short` does a tenth of the work, for CI.
 *
 * `specs` runs only when it is named: all specs about sockets ten times in a row, with every processor kept busy beside them.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeCertificate } from '../../runtime-native/make-certificate.ts';
import { buildIfStale } from '../build/build.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { values, positionals } = parseArgs({ allowPositionals: true, options: { short: { type: 'boolean', default: false } } });
const scale = values.short ? 0.1 : 1;
const KIB = 1024;
const MIB = 1024 * KIB;

/** Makes a process tell how much of its heap is alive, when it is asked by a signal. */
const COLLECT = `data:text/javascript,import { writeSync } from 'node:fs';
process.on('SIGUSR2', () => (gc(), gc(), writeSync(1, 'heap ' + process.memoryUsage().heapUsed + '\\n')));`;

/** A server under load, with the system's figures for it. */
class Server {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly port: Promise<number>;
  /** Whether it has ended. */
  get isDead(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  constructor({ files = [], descriptors }: { files?: readonly string[]; descriptors?: number } = {}) {
    const program = [
      process.execPath,
      '--expose-gc',
      '--import',
      COLLECT,
      join(root, 'dist/cli.cjs'),
      join(root, 'scripts/load/server.oak'),
      ...files,
    ];
    const command = descriptors === undefined ? program : ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...program];
    this.#child = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }); // it is a pipe
    this.port = new Promise((resolve) => this.#lines.once('line', (line) => resolve(Number(/\d+$/.exec(line)?.[0]))));
  }

  #proc(name: string): string {
    return readFileSync(`/proc/${this.#child.pid}/${name}`, 'latin1');
  }

  get memory(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(this.#proc('status'))?.[1]) * KIB;
  }

  get peakMemory(): number {
    return Number(/VmHWM:\s+(\d+)/.exec(this.#proc('status'))?.[1]) * KIB;
  }

  /** What is alive on its heap, after a collection of garbage. */
  heap(): Promise<number> {
    return new Promise((resolve) => {
      this.#lines.once('line', (line) => resolve(Number(line.replace('heap ', ''))));
      this.#child.kill('SIGUSR2');
    });
  }

  get descriptors(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  /** Processor time so far, in seconds. */
  get cpu(): number {
    const fields = this.#proc('stat').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Waits until it has no more descriptors open than that. */
  async settled(descriptors: number): Promise<void> {
    for (const end = Date.now() + 5000; this.descriptors > descriptors && Date.now() < end; ) await sleep(20);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isDead) {
        resolve();
        return;
      }
      this.#child.once('exit', () => resolve());
      this.#child.kill('SIGKILL');
    });
  }
}

/** A client's connection that asks for lines. */
class Client {
  readonly stream: Socket;
  #text = '';
  #wake: (() => void) | null = null;
  over = false;

  private constructor(stream: Socket) {
    this.stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake?.();
    });
    const end = (): void => {
      this.over = true;
      this.#wake?.();
    };
    stream.on('error', end).on('end', end).on('close', end);
  }

  static open(port: number, tls = false): Promise<Client> {
    return new Promise((resolve, reject) => {
      const to = { host: '127.0.0.1', port, noDelay: true };
      const stream = tls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
      const client = new Client(stream);
      stream.once(tls ? 'secureConnect' : 'connect', () => resolve(client)).once('error', reject);
    });
  }

  /** Sends a line and waits for one; null at the end of the stream. */
  async ask(line: string): Promise<string | null> {
    this.stream.write(`${line}\n`);
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const answer = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return answer;
      }
      if (this.over) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.stream.destroyed) resolve();
      else this.stream.once('close', () => resolve()).destroy();
    });
  }
}

/** Does `count` things, `width` of them at once. */
async function many(count: number, width: number, run: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}

let missed = 0;

/** Prints a figure; `most` is what it may be. */
function report(what: string, value: number, unit: string, most: number | null): void {
  const isTime = unit === 's' || unit === 'ms';
  const isMissed = most !== null && value > most && !(values.short && isTime); // CI machines are as fast as they are
  if (isMissed) missed++;
  const target = most === null ? '' : `   target <= ${most} ${unit}${isMissed ? '   MISSED' : ''}`;
  console.log(`  ${what.padEnd(58)} ${value.toFixed(value < 100 ? 1 : 0).padStart(9)} ${unit.padEnd(4)}${target}`);
}

async function withServer(
  options: ConstructorParameters<typeof Server>[0],
  run: (server: Server, port: number) => Promise<void>,
) {
  const server = new Server(options);
  try {
    await run(server, await server.port);
    if (server.isDead) throw new Error('the server has died');
  } finally {
    await server.stop();
  }
}

function percentile(times: number[], part: number): number {
  return times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
}

async function idle(count: number, tls: boolean, files: readonly string[]): Promise<void> {
  await withServer({ files }, async (server, port) => {
    const warm = await Promise.all(Array.from({ length: 100 }, () => Client.open(port, tls)));
    for (const one of warm) await one.ask('warm');
    for (const one of warm) await one.close();
    await sleep(500);
    const bare = server.memory;
    const held: Client[] = [];
    const start = performance.now();
    await many(count, 100, async () => {
      held.push(await Client.open(port, tls));
    });
    report(
      `${tls ? 'TLS' : 'TCP'}: ${count} idle connections are up in`,
      (performance.now() - start) / 1000,
      's',
      tls ? null : 5,
    );
    await sleep(1000);
    report('  memory for each', (server.memory - bare) / count / KIB, 'KiB', tls ? 48 : 16);
    const times: number[] = [];
    for (let i = 0; i < 300; i++) {
      const from = performance.now();
      const client = await Client.open(port, tls);
      await client.ask('hello');
      times.push(performance.now() - from);
      await client.close();
    }
    report('  a new client is answered within, median', percentile(times, 0.5), 'ms', null);
    report('  the same, p99', percentile(times, 0.99), 'ms', tls ? null : 20);
    await Promise.all(held.map((one) => one.close()));
  });
}

/** What it costs the server to read that many bytes at once, that come in segments of a size. */
async function costOf(size: number, segment: number): Promise<{ seconds: number; peak: number }> {
  let cost = { seconds: 0, peak: 0 };
  await withServer({}, async (server, port) => {
    const client = await Client.open(port);
    const bytes = Buffer.alloc(segment, 120);
    const block = async (length: number): Promise<void> => {
      const answer = client.ask(`exact ${length}`);
      await sleep(50);
      // Straight to the system: a stream of Node would gather the bytes.
      const { fd } = (client.stream as Socket & { _handle: { fd: number } })._handle; // it is connected
      for (let sent = 0; sent < length; ) {
        try {
          sent += writeSync(fd, bytes);
          if (sent % 4096 === 0) await new Promise(setImmediate);
        } catch {
          await sleep(1); // full
        }
      }
      if ((await answer) !== String(length)) throw new Error('bytes are missing');
    };
    await block(64 * KIB); // the code is compiled
    const before = server.peakMemory;
    const start = performance.now();
    await block(size);
    cost = { seconds: (performance.now() - start) / 1000, peak: server.peakMemory - before };
    await client.close();
  });
  return cost;
}

const checks: { readonly [name: string]: (files: readonly string[]) => Promise<void> } = {
  idle: () => idle(10_000 * scale, false, []),
  'idle-tls': (files) => idle(5000 * scale, true, files),

  churn: () =>
    withServer({}, async (server, port) => {
      const cycle = async (): Promise<void> => {
        const client = await Client.open(port);
        if ((await client.ask('hello')) !== 'hello') throw new Error('a cycle was not answered');
        await client.close();
      };
      await many(4000, 20, cycle); // the heap has found its size
      const descriptors = server.descriptors;
      await server.settled(descriptors);
      const heap = await server.heap();
      const memory = server.memory;
      const count = 20_000 * scale;
      for (const round of [1, 2, 3]) {
        const start = performance.now();
        await many(count, 20, cycle);
        report(`${count} connect/close cycles, round ${round}, take`, (performance.now() - start) / 1000, 's', null);
        await server.settled(descriptors);
        report('  descriptors more than before the first', server.descriptors - descriptors, '', 5);
        report('  resident memory more than before the first', (server.memory - memory) / MIB, 'MiB', null);
        report('  live heap more than before the first', ((await server.heap()) - heap) / MIB, 'MiB', 2);
        report('  resident memory after a collection', (server.memory - memory) / MIB, 'MiB', null);
      }
    }),

  unread: () =>
    withServer({}, async (server, port) => {
      const warm = await Client.open(port);
      await warm.ask('hello');
      const before = server.memory;
      const deaf = connect({ port, host: '127.0.0.1' }).on('error', () => {});
      deaf.pause().write('flood\n'); // 64 MiB
      await sleep(1500);
      report('64 MiB for a peer that does not read cost', (server.memory - before) / MIB, 'MiB', 8);
      let received = 0;
      deaf.on('data', (chunk) => {
        received += chunk.length;
      });
      await new Promise((resolve) => deaf.once('end', resolve).resume());
      if (received !== 64 * MIB) throw new Error(`${received} bytes of the flood have come`);
      deaf.destroy();
      const middle = server.memory;
      const talker = await Client.open(port);
      await talker.ask('ignore');
      const block = Buffer.alloc(MIB, 120);
      for (let i = 0; i < 64; i++) talker.stream.write(block);
      await sleep(1500);
      report('64 MiB for a program that does not read cost', (server.memory - middle) / MIB, 'MiB', 8);
      await talker.close();
      if ((await warm.ask('still there')) !== 'still there') throw new Error('others are not served');
      await warm.close();
    }),

  bytes: async () => {
    const size = (values.short ? 0.25 : 10) * MIB;
    const whole = await costOf(size, 64 * KIB);
    const single = await costOf(size, 1);
    report(`${size / MIB} MiB read as one block, in single bytes: takes`, single.seconds, 's', null);
    report('  memory at its peak', single.peak / MIB, 'MiB', 16);
    report('  the same in segments of 64 KiB', whole.peak / MIB, 'MiB', null);
  },

  line: () =>
    withServer({}, async (server, port) => {
      const before = server.memory;
      const client = await Client.open(port);
      const block = Buffer.alloc(256 * KIB, 120);
      const closed = new Promise((resolve) => client.stream.once('close', resolve));
      let sent = 0;
      const start = performance.now();
      while (sent < 1024 * MIB && !client.over) {
        sent += block.length;
        const isFull = !client.stream.write(block);
        if (isFull) await Promise.race([closed, new Promise((resolve) => client.stream.once('drain', resolve))]);
      }
      report('1 GiB without a line end: given up after', sent / MIB, 'MiB', 64);
      report('  within', (performance.now() - start) / 1000, 's', 5);
      report('  memory at its peak', (server.peakMemory - before) / MIB, 'MiB', 64);
      await client.close();
    }),

  descriptors: () =>
    withServer({ descriptors: 64 }, async (server, port) => {
      const clients: Socket[] = [];
      for (let i = 0; i < 200; i++)
        clients.push(
          connect({ port, host: '127.0.0.1' })
            .on('error', () => {})
            .resume(),
        );
      await sleep(500);
      const cpu = server.cpu;
      const seconds = values.short ? 2 : 5;
      await sleep(seconds * 1000);
      if (server.isDead) throw new Error('the server has died');
      report('64 descriptors, 200 clients: processor', ((server.cpu - cpu) / seconds) * 100, '%', 20);
      for (const client of clients) client.destroy();
      const start = performance.now();
      for (;;) {
        const client = await Client.open(port).catch(() => null);
        const answer = await Promise.race([client?.ask('hello') ?? null, sleep(300).then(() => null)]);
        await client?.close();
        if (answer === 'hello') break;
        if (performance.now() - start > 5000) throw new Error('it does not serve again');
        await sleep(20);
      }
      report('  serves again, when there is room, after', performance.now() - start, 'ms', 1000);
    }),

  echo: () =>
    withServer({}, async (server, port) => {
      const count = 2000;
      const lines = 100 * scale;
      const warm = await Client.open(port);
      await warm.ask('hello');
      await warm.close();
      await sleep(100);
      const descriptors = server.descriptors;
      const times: number[] = [];
      let wrong = 0;
      const start = performance.now();
      await Promise.all(
        Array.from({ length: count }, async (_, i) => {
          const client = await Client.open(port);
          for (let line = 0; line < lines; line++) {
            const from = performance.now();
            if ((await client.ask(`${i} ${line}`)) !== `${i} ${line}`) wrong++;
            times.push(performance.now() - from);
          }
          await client.close();
        }),
      );
      const seconds = (performance.now() - start) / 1000;
      report(`${count} connections at once, ${lines} lines each: a thousand a second`, times.length / seconds / 1000, '', null);
      report('  answers that are wrong, missing or out of order', wrong, '', 0);
      report('  p99', percentile(times, 0.99), 'ms', null);
      await server.settled(descriptors);
      report('  descriptors more than before', server.descriptors - descriptors, '', 0);
    }),
};

/** Whether what the specs say depends on chance, or on how fast the machine is. */
function repeatSpecs(): void {
  const rounds = values.short ? 1 : 10;
  const busy = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', 'for (;;);']));
  try {
    for (let round = 1; round <= rounds; round++) {
      const loader = ['--import', join(root, 'scripts/typescript.mjs')];
      const args = [...loader, join(root, 'scripts/spec/spec.ts'), 'socket/', '--limit', '60'];
      const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      const [, passed, failed] = /(\d+) passed, (\d+) failed\n$/.exec(stdout) ?? [];
      if (failed !== '0') console.log(stdout);
      report(`round ${round}: ${passed} specs pass; those that do not`, Number(failed), '', 0);
    }
  } finally {
    for (const child of busy) child.kill('SIGKILL');
  }
}

await buildIfStale();
const folder = mkdtempSync(join(tmpdir(), 'magnolia-load-'));
try {
  const { cert, key } = makeCertificate({ commonName: 'localhost', names: ['dns:localhost'] });
  const files = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(files[0] as string, cert);
  writeFileSync(files[1] as string, key);
  for (const [name, run] of Object.entries(checks)) {
    if (positionals.length === 0 || positionals.includes(name)) await run(files);
  }
  if (positionals.includes('specs')) repeatSpecs();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (missed > 0) {
  console.error(`${missed} target(s) missed`);
  process.exitCode = 1;
}
