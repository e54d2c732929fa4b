/**
 * `node --import ./scripts/typescript.mjs scripts/bench/bench-mail.ts`: mail through our clients and servers, beside nodemailer into
 * smtp-server and imapflow with Dovecot (with our own server where there is no Dovecot), in one run on one machine.
 *
 * A message of 25 MB is sent, stored and fetched, in turn with the others, each time by new processes; then 200 sessions at once send
 * 10 messages each. Prints the median times, their ratio, and the most memory that each process of ours had beside the size of the
 * message. Then `mime.parse` beside postal-mime, and a mailbox
 * of 20,000 messages that is opened, searched and read (mailbox.ts). A figure above its limit ends the run with status 1. Needs the software that `npm run interop` installs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../build/build.ts';
import { accounts } from '../interop/configs.ts';
import { peerFolder, provide } from '../interop/packages.ts';
import { type Servers, startServers } from '../interop/servers.ts';
import { COMMANDS, MESSAGES, MOST_WAIT_MS, openAndSearch } from './mailbox.ts';

const here = dirname(fileURLToPath(import.meta.url));
const cli = resolve(here, '../../dist/cli.cjs');
const MEGABYTES = 25;
const ROUNDS = 3;
const SESSIONS = 200;
const EACH = 10;
const MOST_TIME = 3;
const MOST_MEMORY = 6;
/** Times imapflow for the uids and flags of a large mailbox. */
const MOST_FLAGS = 1.5;
/** For `mime.parse`: times postal-mime, and times the message in memory, itself included. */
const MOST_PARSE = 1 / 0.8;
const MOST_PARSE_MEMORY = 4;
const PORTS = { smtp: 24925, imap: 24943, theirs: 24926, mailbox: 24944, dovecot: 24500 };

interface Running {
  /** Waits for a line that begins with this word; its other words. */
  line(word: string): Promise<string[]>;
  /** The most memory that it has had, in MB. */
  peak(): number;
  ended: Promise<unknown>;
  stop(): Promise<unknown>;
}

function start(args: readonly string[], env: { readonly [name: string]: string | number } = {}): Running {
  const child: ChildProcess = spawn(process.execPath, args, {
    env: { ...process.env, ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let arrived = () => {};
  let over = false;
  let peak = 0;
  const look = () => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
    } catch {
      // it has ended, or this is not Linux
    }
  };
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      look();
      lines.push(line);
      arrived();
    });
  }
  const timer = setInterval(look, 10);
  const ended = new Promise((done) => child.once('close', done)).then(() => {
    clearInterval(timer);
    over = true;
    arrived();
  });
  return {
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
    stop() {
      child.kill();
      return ended;
    },
  };
}

/** What was measured of one step, round by round. */
interface Step {
  readonly ours: number[];
  readonly theirs: number[];
  /** The most memory of our client and our server. */
  client: number;
  server: number;
}

const steps: { readonly [name: string]: Step } = Object.fromEntries(
  ['send', 'fetch', 'append'].map((name) => [name, { ours: [], theirs: [], client: 0, server: 0 }]),
);
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const oak = (name: string) => [cli, join(here, name)];
const peer = (...words: (string | number)[]) => [join(here, 'mail-peer.mjs'), peerFolder, ...words.map(String)];

async function ready(server: Running): Promise<Running> {
  await server.line('ready');
  return server;
}

/** A step of one contender to its end. */
async function measure(name: string, whose: 'ours' | 'theirs', client: Running, server?: Running): Promise<void> {
  const step = steps[name];
  if (step === undefined) throw new Error(name);
  const [seconds, size] = await client.line('took');
  if (Math.abs(Number(size) - MEGABYTES * 1024 * 1024) > 100) throw new Error(`${name}, ${whose}: ${size} bytes`);
  await client.ended;
  step[whose].push(Number(seconds));
  if (whose === 'theirs' || server === undefined) return;
  if (name !== 'fetch') await server.line('message');
  step.client = Math.max(step.client, client.peak());
  step.server = Math.max(step.server, server.peak());
}

const ourServer = (count = 0) => ready(start(oak('mail-server.oak'), { SMTP: PORTS.smtp, IMAP: PORTS.imap, COUNT: count }));

async function ourRound(file: string): Promise<void> {
  const client = (role: string, port: number) =>
    start(oak('mail-client.oak'), { ROLE: role, PORT: port, FILE: file, USER: 'u', PASSWORD: 'p' });
  const server = await ourServer();
  await measure('send', 'ours', client('send', PORTS.smtp), server);
  await measure('fetch', 'ours', client('fetch', PORTS.imap), server);
  await server.stop();
  const other = await ourServer();
  await measure('append', 'ours', client('append', PORTS.imap), other);
  await other.stop();
}

async function theirRound(file: string, dovecot: Servers | null): Promise<void> {
  const sink = await ready(start(peer('server', PORTS.theirs)));
  await measure('send', 'theirs', start(peer('send', PORTS.theirs, file)));
  await sink.stop();
  const ours = dovecot === null ? await ourServer() : null;
  const [port, env] =
    dovecot === null
      ? [PORTS.imap, { USER: 'u', PASSWORD: 'p' }]
      : [dovecot.ports.imap, { USER: 'empty', PASSWORD: accounts.empty }];
  await measure('append', 'theirs', start(peer('append', port, file), env));
  await measure('fetch', 'theirs', start(peer('fetch', port), env));
  await ours?.stop();
}

/** Prints a figure beside its limit. */
function verdict(what: string, value: number, limit: number): string {
  if (value > limit) process.exitCode = 1;
  return `${what} ${value.toFixed(2)} (at most ${limit})${value > limit ? ' MISSED' : ''}`;
}

function report(): void {
  const all = Object.values(steps);
  for (const [name, { ours, theirs, client, server }] of Object.entries(steps)) {
    const [mine, other] = [median(ours), median(theirs)];
    console.log(
      `${name.padEnd(7)} ours ${mine.toFixed(3)} s, theirs ${other.toFixed(3)} s, ${verdict('ratio', mine / other, MOST_TIME)}`,
    );
    for (const [side, peak] of [
      ['client', client],
      ['server', server],
    ] as const) {
      console.log(`        our ${side} ${peak.toFixed(0)} MB, ${verdict('times the message', peak / MEGABYTES, MOST_MEMORY)}`);
    }
  }
  const total = (whose: 'ours' | 'theirs') => all.reduce((sum, step) => sum + median(step[whose]), 0);
  console.log(verdict('all steps: ratio', total('ours') / total('theirs'), MOST_TIME));
}

async function flood(): Promise<void> {
  const server = await ourServer(SESSIONS * EACH);
  const ours = start(oak('mail-client.oak'), { ROLE: 'flood', PORT: PORTS.smtp, SESSIONS, EACH });
  const [came, different] = await server.line('message');
  const [seconds, refused] = await ours.line('took');
  console.log(`${SESSIONS} sessions, ${EACH} messages each: ${came} came, ${different} different, ${refused} refused`);
  if (Number(different) !== SESSIONS * EACH) process.exitCode = 1;
  await ours.ended;
  await server.stop();
  const sink = await ready(start(peer('server', PORTS.theirs)));
  const theirs = start(peer('flood', PORTS.theirs, SESSIONS, EACH));
  const [other] = await theirs.line('took');
  console.log(`  ours ${Number(seconds).toFixed(2)} s, nodemailer into smtp-server ${Number(other).toFixed(2)} s`);
  await theirs.ended;
  await sink.stop();
}

/** Bodies of about that many MB, by their transfer encoding. */
const BODIES: { readonly [encoding: string]: string } = {
  base64: `${'QUJD'.repeat(19)}\r\n`,
  'quoted-printable': `${'Gr=C3=BC=C3=9Fe '.repeat(4)}=\r\n${'words '.repeat(11)}\r\n`,
};

async function parsing(dir: string): Promise<void> {
  console.log(`mime.parse of ${MEGABYTES} MB:`);
  for (const [encoding, unit] of Object.entries(BODIES)) {
    const file = join(dir, `${encoding}.eml`);
    const head = `Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
    writeFileSync(file, head + unit.repeat(Math.floor((MEGABYTES * 1024 * 1024) / unit.length)));
    const times: { readonly [whose: string]: number[] } = { ours: [], theirs: [] };
    let most = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const [whose, seconds] of Object.entries(times)) {
        const running = start(whose === 'ours' ? oak('mime-parse.oak') : [join(here, 'postal-peer.mjs'), file], { FILE: file });
        await running.line('ready');
        const before = running.peak();
        const [time] = await running.line('took');
        seconds.push(Number(time));
        if (whose === 'ours') most = Math.max(most, (running.peak() - before) / MEGABYTES + 1);
        await running.ended;
      }
    }
    const [ours, theirs] = [median(times.ours ?? []), median(times.theirs ?? [])];
    const ratio = verdict('ratio', ours / theirs, MOST_PARSE);
    const memory = verdict('times the message', most, MOST_PARSE_MEMORY);
    console.log(`${encoding.padEnd(16)} ours ${ours.toFixed(3)} s, postal-mime ${theirs.toFixed(3)} s, ${ratio}, ${memory}`);
  }
}

async function mailbox(): Promise<void> {
  const server = await ready(start(oak('mailbox-server.oak'), { PORT: PORTS.mailbox, COUNT: MESSAGES }));
  const took = await openAndSearch(PORTS.mailbox);
  const flags: { readonly [whose: string]: number[] } = { ours: [], theirs: [] };
  const env = { ROLE: 'flags', PORT: PORTS.mailbox, USER: 'u', PASSWORD: 'p' };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [whose, seconds] of Object.entries(flags)) {
      const client = start(whose === 'ours' ? oak('mail-client.oak') : peer('flags', PORTS.mailbox), env);
      const [time, count] = await client.line('took');
      if (Number(count) !== MESSAGES) throw new Error(`flags, ${whose}: ${count} messages`);
      seconds.push(Number(time));
      await client.ended;
    }
  }
  await server.stop();
  console.log(`A mailbox of ${MESSAGES} messages in our server, and another session that says NOOP, in milliseconds:`);
  for (const [i, { line, found, mostMs }] of COMMANDS.entries()) {
    const one = took[i];
    if (one === undefined || one.found !== found) throw new Error(`${line}: found ${one?.found}, not ${found}`);
    console.log(
      `${line.padEnd(40)} ${verdict('took', one.ms, mostMs)}, ${verdict('the other waited', one.otherMs, MOST_WAIT_MS)}`,
    );
  }
  const [ours, theirs] = [median(flags.ours ?? []), median(flags.theirs ?? [])];
  console.log(
    `uids and flags of all: ours ${ours.toFixed(3)} s, imapflow ${theirs.toFixed(3)} s, ${verdict('ratio', ours / theirs, MOST_FLAGS)}`,
  );
}

const missing = provide();
const lacking = ['nodemailer', 'smtp-server', 'imapflow'].filter((name) => missing.has(name));
if (lacking.length > 0) throw new Error(`${lacking.join(', ')} cannot be installed`);
await buildIfStale();
const dir = mkdtempSync(join(tmpdir(), 'bench-mail-'));
const file = join(dir, 'message.eml');
const line = `${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx'.padEnd(76, 'x')}\r\n`;
writeFileSync(file, `Subject: large\r\n\r\n${line.repeat(Math.floor((MEGABYTES * 1024 * 1024) / line.length))}`);
const dovecot = missing.has('dovecot') || missing.has('aiosmtpd') ? null : await startServers(PORTS.dovecot);
try {
  for (let round = 0; round < ROUNDS; round++) {
    await ourRound(file);
    await theirRound(file, dovecot);
  }
  console.log(
    `A message of ${MEGABYTES} MB, median of ${ROUNDS} rounds; imapflow with ${dovecot === null ? 'our server' : 'Dovecot'}:`,
  );
  report();
  await flood();
  await parsing(dir);
  await mailbox();
} finally {
  rmSync(dir, { recursive: true });
  await dovecot?.stop();
}
