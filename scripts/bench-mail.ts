/**
 * `node --import ./scripts/typescript.mjs scripts/bench-mail.ts`: mail through our client into our server, beside nodemailer into smtp-server,
 * in one run on one machine: a message of 25 MB several times, in turn, and 200 sessions at once with 10 messages each. Prints the median
 * times, their ratio, and the most memory that each process had. Needs the npm packages that `npm run interop` installs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from './build.ts';
import { peerFolder, provide } from './interop/packages.ts';

const here = dirname(fileURLToPath(import.meta.url));
const cli = resolve(here, '../dist/cli.cjs');
const peer = join(here, 'bench/mail-peer.mjs');
const MEGABYTES = 25;
const ROUNDS = 3;
const SESSIONS = 200;
const EACH = 10;
const PORTS = { ours: 25325, theirs: 25326 };

interface Running {
  readonly lines: string[];
  /** Waits for a line that begins with this word; its other words. */
  line(word: string): Promise<string[]>;
  /** The most memory that it has had, in MB. */
  peak(): number;
  ended: Promise<unknown>;
  stop(): void;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child: ChildProcess = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let arrived = () => {};
  let over = false;
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      arrived();
    });
  }
  const ended = new Promise((done) => child.once('close', done)).then(() => {
    over = true;
    arrived();
  });
  let peak = 0;
  const look = () => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
    } catch {
      // it has ended, or this is no Linux
    }
  };
  const timer = setInterval(look, 20);
  timer.unref();
  return {
    lines,
    async line(word) {
      for (;;) {
        const at = lines.findIndex((line) => line.split(' ')[0] === word);
        if (at >= 0) return (lines.splice(at, 1)[0] ?? '').split(' ').slice(1);
        if (over) throw new Error(`It ended without "${word}": ${lines.join('\n')}`);
        await new Promise<void>((done) => {
          arrived = done;
        });
      }
    },
    peak: () => {
      look();
      return peak;
    },
    ended,
    stop: () => child.kill(),
  };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const missing = provide();
if (missing.has('nodemailer') || missing.has('smtp-server')) throw new Error('nodemailer and smtp-server cannot be installed');
await buildIfStale();
const dir = mkdtempSync(join(tmpdir(), 'bench-mail-'));
const file = join(dir, 'message.eml');
const line = `${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx'.padEnd(76, 'x')}\r\n`;
writeFileSync(file, `Subject: large\r\n\r\n${line.repeat(Math.floor((MEGABYTES * 1024 * 1024) / line.length))}`);

try {
  const ours = start([cli, join(here, 'bench/mail-server.oak')], { PORT: String(PORTS.ours) });
  const theirs = start([peer, peerFolder, 'server', String(PORTS.theirs)]);
  await Promise.all([ours.line('ready'), theirs.line('ready')]);
  const empty = ours.peak();
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  const peaks = { ours: 0, theirs: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const client = start([cli, join(here, 'bench/mail-client.oak')], { PORT: String(PORTS.ours), FILE: file, TIMES: '1' });
    times.ours.push(Number((await client.line('sent'))[0]));
    peaks.ours = Math.max(peaks.ours, client.peak());
    await client.ended;
    const other = start([peer, peerFolder, 'client', String(PORTS.theirs), file, '1']);
    times.theirs.push(Number((await other.line('sent'))[0]));
    peaks.theirs = Math.max(peaks.theirs, other.peak());
    await other.ended;
  }
  const sizes = [(await ours.line('message'))[0], (await theirs.line('message'))[0]];
  console.log(`${MEGABYTES} MB, median of ${ROUNDS} (sizes ${sizes.join(', ')}):`);
  console.log(`  ours   ${median(times.ours).toFixed(3)} s  (${times.ours.map((t) => t.toFixed(3)).join(' ')})`);
  console.log(`  theirs ${median(times.theirs).toFixed(3)} s  (${times.theirs.map((t) => t.toFixed(3)).join(' ')})`);
  console.log(`  ratio  ${(median(times.ours) / median(times.theirs)).toFixed(2)}`);
  console.log(
    `  peak memory: our client ${peaks.ours.toFixed(0)} MB, server ${ours.peak().toFixed(0)} MB (${empty.toFixed(0)} MB before the first message);`,
  );
  console.log(`               their client ${peaks.theirs.toFixed(0)} MB, server ${theirs.peak().toFixed(0)} MB`);
  ours.stop();
  await ours.ended;

  const total = String(SESSIONS * EACH);
  const server = start([cli, join(here, 'bench/mail-server.oak')], { PORT: String(PORTS.ours), COUNT: total });
  await server.line('ready');
  const flood = start([cli, join(here, 'bench/mail-client.oak')], {
    PORT: String(PORTS.ours),
    SESSIONS: String(SESSIONS),
    EACH: String(EACH),
  });
  const [came, different] = await server.line('message');
  const [seconds] = await flood.line('sent');
  console.log(
    `${SESSIONS} sessions, ${EACH} messages each: ${came} came, ${different} different, ${Number(seconds).toFixed(2)} s`,
  );
  const many = start([peer, peerFolder, 'flood', String(PORTS.theirs), String(SESSIONS), String(EACH)]);
  console.log(`  nodemailer into smtp-server: ${Number((await many.line('sent'))[0]).toFixed(2)} s`);
  await Promise.all([flood.ended, many.ended]);
  server.stop();
  theirs.stop();
} finally {
  rmSync(dir, { recursive: true });
}
