/** Runs programs in turn and makes rows of what they print. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Command = readonly string[];

/** One measured line of a program. */
export interface Figure {
  readonly name: string;
  readonly ops: number;
  readonly seconds: number;
  readonly check: string;
}

/** One thing to measure, as each contender does it. Magnolia and the mark that it is compared with, Node, are always among them. */
export interface Task {
  readonly name: string;
  /** Ratios are rates, more is better; else times, less is better. */
  readonly byRate: boolean;
  readonly contenders: ReadonlyMap<string, () => Promise<Figure[]>>;
  readonly rounds: number;
}

/** One figure of one contender; `ratio` is to the mark. */
export interface Row {
  readonly row: string;
  readonly contender: string;
  readonly runs: number;
  readonly medianSeconds: number;
  readonly medianRate: number;
  readonly ratio: number;
  readonly byRate: boolean;
  readonly problem: string;
}

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const folder = join(root, 'scripts', 'bench');
const limitMs = 300_000;

export function installed(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** What a program prints about itself; nothing if it failed, which is reported. */
export async function figures([file = '', ...args]: Command): Promise<Figure[]> {
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs, killSignal: 'SIGKILL' });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const [status, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.once('error', () => done([null, 'cannot be started']));
    child.once('close', (...end) => done(end));
  });
  const found = out
    .split('\n')
    .filter((line) => line.startsWith('{"name"'))
    .map((line): Figure => JSON.parse(line));
  if (status === 0 && found.length > 0) return found;
  console.error(`bench: ${file} ${args.join(' ')}: ${signal ?? `exit status ${status}`}\n${(err + out).slice(0, 600)}`);
  return [];
}

/** The time of a whole process. */
export function wholeProcess([file = '', ...args]: Command): Figure[] {
  const started = process.hrtime.bigint();
  const { status } = spawnSync(file, args);
  return [{ name: 'start', ops: 1, seconds: Number(process.hrtime.bigint() - started) / 1e9, check: `status ${status}` }];
}

/** What a client prints about its work with a server that runs for that time. */
export async function withServer(server: Command, client: Command): Promise<Figure[]> {
  const running = await startServer(server);
  try {
    return await figures(client);
  } finally {
    running.kill('SIGKILL');
    running.stdout?.destroy();
  }
}

/** Resolves once the server prints its line, or has ended: its client then reports the trouble. */
async function startServer([file = '', ...args]: Command): Promise<ChildProcess> {
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((done) => {
    child.stdout.once('data', () => done());
    child.once('close', () => done());
  });
  return child;
}

/** Runs a task's contenders in turn, because machines drift, and lines up what they printed: one row for each name and contender. */
export async function measure(task: Task, wanted: (row: string) => boolean): Promise<Row[]> {
  const found = new Map<string, Map<string, Figure[]>>(); // row -> contender -> its figures
  for (let round = 0; round < task.rounds; round++) {
    for (const [contender, run] of task.contenders) {
      for (const figure of await run()) {
        if (!wanted(figure.name) && !wanted(task.name)) continue;
        const name = task.byRate ? task.name : figure.name; // a workload has one figure
        const row = getOrAdd(found, name, () => new Map<string, Figure[]>());
        getOrAdd(row, contender, (): Figure[] => []).push(figure);
      }
    }
  }
  if (found.size === 0) found.set(task.name, new Map());
  return [...found].flatMap(([row, by]) => rowsOf(row, by, task));
}

function rowsOf(row: string, by: ReadonlyMap<string, readonly Figure[]>, { contenders, rounds, byRate }: Task): Row[] {
  const [first, mark = ''] = contenders.keys();
  const checks = new Set([...by.values()].flat().map((figure) => figure.check));
  const secondsOf = (contender: string): number => median((by.get(contender) ?? []).map(({ seconds }) => seconds));
  return [...contenders.keys()].flatMap((contender): Row[] => {
    const all = by.get(contender) ?? [];
    if (all.length === 0 && contender !== first && contender !== mark) return []; // a peer need not have every workload
    const medianSeconds = secondsOf(contender);
    const ratio = byRate ? secondsOf(mark) / medianSeconds : medianSeconds / secondsOf(mark);
    const wrong = checks.size > 1 && contender === first ? `CHECKS DIFFER: ${[...checks].join(', ')}` : '';
    const problem = all.length < rounds ? `${rounds - all.length} of ${rounds} runs failed` : wrong;
    const medianRate = (all[0]?.ops ?? 0) / medianSeconds;
    return [{ row, contender, runs: all.length, medianSeconds, medianRate, ratio, byRate, problem }];
  });
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
