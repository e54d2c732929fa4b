/**
 * `npm run bench -- cpu|stdlib|sockets|start [row...]`: Magnolia beside programs written by hand for Node, in one run.
 *
 * Runs alternate (Magnolia, Node, Magnolia, Node ...) because machines drift; what counts is the ratio of the medians.
 * For `cpu`, `stdlib` and `start` it is time, so below 1 means that Magnolia is faster; for `sockets` it is the rate, so above 1 does.
 * A row whose answers differ between the two does not count and says so.
 *
 *     -n N         rounds (5)                 --cli FILE   another Magnolia
 *     --peers      also Python, Lua and Go, where installed
 *     --pairs      sockets: client and server in two processes, on one processor, also mixed; --only-pairs without `self:`
 *     --tls        sockets: over TLS, and handshakes           --json       figures for programs
 *
 * A row is a part of a name: `fib`, `lists-push`. The programs lie in scripts/bench, the others in scripts/bench/peers.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../build/build.ts';

type Command = string[];

/** One measured line of a program. */
interface Figure {
  name: string;
  ops: number;
  seconds: number;
  check: string;
}

/** One thing to measure, as each contender does it: its name -> a run. The first contender is Magnolia, the second the mark. */
interface Task {
  name: string;
  suffix: string;
  contenders: Map<string, () => Promise<Figure[]>>;
}

interface Row {
  row: string;
  contender: string;
  runs: number;
  medianSeconds: number;
  medianRate: number;
  ratio: number;
  problem: string;
}

/** CPU programs and the rows they print. */
const cpuPrograms: Record<string, string[]> = {
  fib: ['cpu-fib'],
  loopsum: ['cpu-loopsum'],
  deep: ['cpu-deep'],
  strbuild: ['cpu-strbuild-push', 'cpu-strbuild-plus'],
  bytescan: ['cpu-bytescan-cmp', 'cpu-bytescan-code'],
  lists: ['cpu-lists-push', 'cpu-lists-hof'],
  objects: ['cpu-objects-insert', 'cpu-objects-read', 'cpu-objects-fields'],
  sort: ['cpu-sort'],
  closures: ['cpu-closures-counters', 'cpu-closures-compose'],
  states: ['cpu-states'],
  parse: ['cpu-parse'],
  sieve: ['cpu-sieve'],
  floats: ['cpu-spectral', 'cpu-nbody'],
  hash64: ['cpu-lcg64', 'cpu-fnv64'],
  threads: ['cpu-chan-pingpong', 'cpu-spawn', 'cpu-chan-buffered'],
  chain: ['cpu-chan-chain'],
};

/** Programs about the library and the rows they print. */
const stdlibPrograms: Record<string, string[]> = {
  hof: ['std-map', 'std-filter', 'std-reduce', 'std-each'],
  sort: ['std-sort-ints', 'std-sort-strings', 'std-sort-sorted', 'std-sort-equal', 'std-sort-objects'],
  json: ['std-json-parse', 'std-json-serialize'],
  text: [
    'std-split-lines',
    'std-split-words',
    'std-split-bytes',
    'std-join-lines',
    'std-join-words',
    'std-replace',
    'std-indexOf',
    'std-rindexOf',
  ],
};

/**
 * Socket workloads: row, program and its parameters after the target; CERTIFICATE stands for a file. Some run only when named,
 * some only with --tls.
 */
const socketWorkloads: { row: string; program: string; params: string[]; onRequest?: boolean; tlsOnly?: boolean }[] = [
  { row: 'sock-echo', program: 'echo', params: ['100000'] }, // the first few thousand are spent on compiling
  { row: 'sock-lines', program: 'lines', params: [] },
  { row: 'sock-writes', program: 'writes', params: [] },
  { row: 'sock-bulk-down', program: 'bulk', params: ['1024', '65536', 'down'] },
  { row: 'sock-bulk-up', program: 'bulk', params: ['1024', '65536', 'up'] },
  { row: 'sock-conns', program: 'conns', params: [] },
  { row: 'sock-churn', program: 'churn', params: [] },
  { row: 'sock-idle', program: 'idle', params: ['2000', '1'], onRequest: true }, // how fast 2000 connections open
  { row: 'sock-handshakes-full', program: 'handshakes', params: ['3000', 'full', 'CERTIFICATE'], tlsOnly: true },
  { row: 'sock-handshakes-resumed', program: 'handshakes', params: ['3000', 'resumed', 'CERTIFICATE'], tlsOnly: true },
];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = join(root, 'scripts', 'bench');
const peer = (file: string): string => join(folder, 'peers', file);
const limitMs = 300_000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', short: 'n', default: '5' },
    cli: { type: 'string' },
    peers: { type: 'boolean', default: false },
    pairs: { type: 'boolean', default: false },
    'only-pairs': { type: 'boolean', default: false },
    tls: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const magnolia: Command = [process.execPath, resolve(options.cli ?? join(root, 'dist', 'cli.cjs'))];
const pinned: Command = installed('taskset', '--version') ? ['taskset', '-c', '0'] : [];

// --- what to run -----------------------------------------------------------------------------------------------

function cpuTasks(wanted: (row: string) => boolean): Task[] {
  const others: Record<string, Command> = { node: [process.execPath, peer('cpu.cjs')] };
  if (options.peers && installed('python3', '-V')) others.python = ['python3', peer('cpu.py')];
  if (options.peers && installed('lua', '-v')) others.lua = ['lua', peer('cpu.lua')];

  const names = Object.keys(cpuPrograms).filter((name) => wanted(`cpu-${name}`) || cpuPrograms[name]?.some(wanted));
  return names.map((name) => {
    const contenders = new Map([['magnolia', () => figures([...magnolia, join(folder, `cpu-${name}.oak`)])]]);
    for (const [other, command] of Object.entries(others)) contenders.set(other, () => figures([...command, name]));
    return { name, suffix: '', contenders };
  });
}

function stdlibTasks(wanted: (row: string) => boolean): Task[] {
  const names = Object.keys(stdlibPrograms).filter((name) => wanted(`std-${name}`) || stdlibPrograms[name]?.some(wanted));
  return names.map((name) => ({
    name: `std-${name}`,
    suffix: '',
    contenders: new Map([
      ['magnolia', () => figures([...magnolia, join(folder, `std-${name}.oak`)])],
      ['node', () => figures([process.execPath, peer('stdlib.cjs'), name])],
    ]),
  }));
}

function startTasks(): Task[] {
  const wholeProcess = (command: Command) => async (): Promise<Figure[]> => {
    const started = process.hrtime.bigint();
    const { status } = spawnSync(command[0] ?? '', command.slice(1));
    return [{ name: 'start', ops: 1, seconds: Number(process.hrtime.bigint() - started) / 1e9, check: `status ${status}` }];
  };
  const hello = wholeProcess([...magnolia, join(folder, 'hello.oak')]);
  return [
    {
      name: 'start',
      suffix: '',
      contenders: new Map([
        ['magnolia', hello],
        ['node', wholeProcess([process.execPath, '-e', '0'])],
      ]),
    },
  ];
}

function socketTasks(wanted: (row: string) => boolean, certificate: string[]): Task[] {
  const secure = certificate.length > 0;
  const sides: Record<string, { client: (workload: string) => Command; server: Command }> = {
    magnolia: {
      client: (workload) => [...magnolia, join(folder, `sock-${workload}.oak`)],
      server: [...magnolia, join(folder, 'sock-server.oak')],
    },
    node: {
      client: (workload) => [process.execPath, peer('sockets.cjs'), workload],
      server: [process.execPath, peer('sockets.cjs'), 'server'],
    },
  };
  if (options.peers && installed('python3', '-V')) {
    const python = ['python3', peer('sockets.py')];
    sides.python = { client: (workload) => [...python, workload], server: [...python, 'server'] };
  }
  if (options.peers && installed('go', 'version')) {
    const go = [join(scratch, 'sockets-go')];
    spawnSync('go', ['build', '-o', ...go, peer('sockets.go')], { stdio: 'inherit' });
    sides.go = { client: (workload) => [...go, workload], server: [...go, 'server'] };
  }

  const selfRun = (client: Command, params: string[]) => async () =>
    figures([...client, ['self', ...certificate, '127.0.0.1', await freePort()].join(':'), ...params]);

  const pairRun = (client: Command, server: Command, params: string[]) => async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const running = await startServer([...pinned, ...server, address, ...certificate]);
    try {
      return await figures([...pinned, ...client, secure ? `tls:${address}` : address, ...params]);
    } finally {
      running.kill('SIGKILL');
      running.stdout?.destroy();
    }
  };

  const tasks: Task[] = [];
  const chosen = socketWorkloads.filter(
    ({ row, onRequest, tlsOnly }) => wanted(row) && (!onRequest || positionals.length > 1) && (!tlsOnly || secure),
  );
  for (const { program, row, params: written } of chosen) {
    const params = written.map((param) => (param === 'CERTIFICATE' ? (certificate[0] ?? '') : param));
    if (!options['only-pairs']) {
      const contenders: Task['contenders'] = new Map();
      for (const name of ['magnolia', 'node']) contenders.set(name, selfRun(sides[name]?.client(program) ?? [], params));
      tasks.push({ name: row, suffix: secure ? ' tls' : '', contenders });
    }
    if (options.pairs || options['only-pairs']) {
      const contenders: Task['contenders'] = new Map();
      for (const [client, server] of pairsOf(Object.keys(sides))) {
        const [one, other] = [sides[client], sides[server]];
        if (one && other) contenders.set(`${client} to ${server}`, pairRun(one.client(program), other.server, params));
      }
      tasks.push({ name: row, suffix: `${secure ? ' tls' : ''} pair`, contenders });
    }
  }
  return tasks;
}

/** Each with itself, Magnolia and the mark (Node) first, then Magnolia against every other at either end. */
function pairsOf(names: string[]): [string, string][] {
  const others = names.filter((name) => name !== 'magnolia');
  const mixed = others.flatMap((name): [string, string][] => [
    ['magnolia', name],
    [name, 'magnolia'],
  ]);
  return [...names.map((name): [string, string] => [name, name]), ...mixed];
}

// --- running ---------------------------------------------------------------------------------------------------

function figures([file = '', ...args]: Command): Promise<Figure[]> {
  const { promise, done } = later<Figure[]>();
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs, killSignal: 'SIGKILL' });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  child.on('close', (status, signal) => {
    const found = out
      .split('\n')
      .filter((line) => line.startsWith('{"name"'))
      .map((line): Figure => JSON.parse(line));
    if (status !== 0 || found.length === 0) {
      console.error(`bench: ${args.join(' ')}: ${signal ?? `exit status ${status}`}\n${(err + out).slice(0, 600)}`);
    }
    done(status === 0 ? found : []);
  });
  return promise;
}

/** Resolves once the server prints its line, or has ended: its client then reports the trouble. */
async function startServer([file = '', ...args]: Command): Promise<ChildProcess> {
  const { promise, done } = later<void>();
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.once('data', () => done());
  child.once('close', () => done());
  await promise;
  return child;
}

function freePort(): Promise<string> {
  const { promise, done } = later<string>();
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => done(typeof address === 'object' ? String(address?.port) : ''));
  });
  return promise;
}

function later<T>(): { promise: Promise<T>; done: (value: T) => void } {
  let done: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    done = settle;
  });
  return { promise, done };
}

function installed(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

// --- figures ---------------------------------------------------------------------------------------------------

/** Runs a task's contenders in turn and lines up what they printed, one row for each name and contender. */
async function measure(task: Task, rounds: number, byRate: boolean, wanted: (row: string) => boolean): Promise<Row[]> {
  const found = new Map<string, Map<string, Figure[]>>(); // row -> contender -> its figures
  for (let round = 0; round < rounds; round++) {
    for (const [contender, run] of task.contenders) {
      for (const figure of await run()) {
        if (!wanted(figure.name) && !wanted(task.name) && !wanted(`cpu-${task.name}`)) continue;
        const row = getOrAdd(found, figure.name + task.suffix, () => new Map<string, Figure[]>());
        getOrAdd(row, contender, (): Figure[] => []).push(figure);
      }
    }
  }
  const [first = '', mark = ''] = task.contenders.keys();
  if (found.size === 0) found.set(`${task.name}${task.suffix}`, new Map());
  return [...found].flatMap(([row, by]) => {
    const checks = new Set([...by.values()].flat().map((figure) => figure.check));
    const markSeconds = median((by.get(mark) ?? []).map((figure) => figure.seconds));
    return [...task.contenders.keys()].map((contender): Row => {
      const all = by.get(contender) ?? [];
      const medianSeconds = median(all.map((figure) => figure.seconds));
      const ratio = byRate ? markSeconds / medianSeconds : medianSeconds / markSeconds;
      const wrong = checks.size > 1 && contender === first ? `CHECKS DIFFER: ${[...checks].join(', ')}` : '';
      const problem = all.length < rounds ? `${rounds - all.length} of ${rounds} runs failed` : wrong;
      return { row, contender, runs: all.length, medianSeconds, medianRate: (all[0]?.ops ?? 0) / medianSeconds, ratio, problem };
    });
  });
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function print({ row, contender, medianSeconds, medianRate, ratio, problem }: Row): void {
  const cells = [
    row.padEnd(24),
    contender.padEnd(20),
    medianSeconds.toFixed(4).padStart(9),
    Math.round(medianRate).toLocaleString('en').padStart(14),
    ratio.toFixed(2).padStart(7),
  ];
  console.log(`${cells.join(' ')}  ${problem}`.trimEnd());
}

// --- main ------------------------------------------------------------------------------------------------------

const [suite = '', ...filters] = positionals;
const wanted = (row: string): boolean => filters.length === 0 || filters.some((filter) => row.includes(filter));
const scratch = mkdtempSync(join(tmpdir(), 'magnolia-bench-'));

function certificate(): string[] {
  if (!options.tls) return [];
  const [cert, key] = [join(scratch, 'cert.pem'), join(scratch, 'key.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '2',
    '-subj',
    '/CN=bench.test',
    '-addext',
    'subjectAltName=DNS:*.bench.test',
  ];
  spawnSync('openssl', request, { stdio: 'ignore' });
  if (!existsSync(cert)) throw new Error('--tls needs the program openssl');
  return [cert, key];
}

const suites: Record<string, () => Task[]> = {
  cpu: () => [...(wanted('start') ? startTasks() : []), ...cpuTasks(wanted)],
  stdlib: () => stdlibTasks(wanted),
  sockets: () => socketTasks(wanted, certificate()),
  start: startTasks,
};
const makeTasks = suites[suite];

if (makeTasks === undefined) {
  console.error('Say what to measure: npm run bench -- cpu|stdlib|sockets|start [row...]');
  process.exitCode = 1;
} else {
  if (options.cli === undefined) await buildIfStale();
  const rows: Row[] = [];
  if (!options.json) console.log(`${'row'.padEnd(24)} ${'program'.padEnd(20)}   seconds   per second   ratio`);
  for (const task of makeTasks()) {
    const rounds = Number(options.rounds) * (task.name === 'start' ? 4 : 1);
    const measured = await measure(task, rounds, suite === 'sockets', wanted);
    rows.push(...measured);
    if (!options.json) measured.forEach(print);
  }
  if (options.json) console.log(JSON.stringify(rows, null, 2));
  process.exitCode = rows.some((row) => row.problem !== '') ? 1 : 0;
}
rmSync(scratch, { recursive: true, force: true });
