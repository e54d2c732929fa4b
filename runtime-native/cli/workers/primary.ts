/**
 * `magnolia run --workers N FILE`: the primary process. It starts a process for each worker, replaces those that die, restarts all of them
 * one by one on SIGHUP, and ends them on SIGTERM or SIGINT.
 */
import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { ToPrimary, ToWorker } from '../../sockets/shared-server.ts';
import { WORKER_VARIABLE } from '../../worker.ts';
import { metricsText, type Snapshot, serveMetrics } from '../metrics.ts';
import { complain } from '../screen.ts';
import { forwardLines } from './lines.ts';
import type { WorkerOptions } from './options.ts';
import { type Member, SharedListeners } from './shared-listeners.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 30_000;
/** A worker that has lived this long is replaced without a longer delay. */
const SETTLED_MS = 5000;
/** The first worker starts alone, so that what keeps all of them from starting is said once. */
const HEAD_START_MS = 1000;
/** How long a worker may take to tell its figures. */
const ANSWER_MS = 1000;
/** How long output of a worker that has ended may take to arrive. */
const OUTPUT_MS = 500;

/** Runs the program of this command line in workers; resolves with the exit status when all have ended. */
export async function runWorkers(options: WorkerOptions, metrics: string | null): Promise<number> {
  let end = (_status: number): void => {};
  const ended = new Promise<number>((done) => {
    end = done;
  });
  const primary = new Primary(options, end);
  if (metrics !== null && !(await serveMetrics(metrics, () => primary.metrics()))) return 1;
  primary.start();
  return await ended;
}

/** One process of a worker. */
class Process implements Member {
  readonly startedAt = Date.now();
  /** Ends in order: on our signal, or because a newer process has its place. */
  isLeaving = false;
  hasListened = false;
  hasEnded = false;
  readonly ended: Promise<unknown>;
  readonly #worker: ClusterWorker;

  constructor(
    readonly id: number,
    worker: ClusterWorker,
    readonly output: Promise<unknown>,
  ) {
    this.#worker = worker;
    this.ended = new Promise((done) => worker.process.once('exit', done));
    worker.process.on('error', () => {}); // a message to one that has just ended
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0;
  }

  send(message: ToWorker, handle?: unknown): boolean {
    if (!this.#worker.process.connected) return false;
    this.#worker.process.send(message, handle as never, () => {}); // null or a handle of Node
    return true;
  }

  kill(signal: NodeJS.Signals): void {
    this.#worker.process.kill(signal);
  }
}

export class Primary {
  readonly #options: WorkerOptions;
  readonly #done: (status: number) => void;
  readonly #listeners = new SharedListeners((member) => this.#listening(member as Process));
  readonly #processes = new Set<Process>();
  readonly #delays = new Map<number, number>();
  readonly #replacements = new Map<number, NodeJS.Timeout>();
  #hasAnyListened = false;
  #isStopping = false;
  #status = 0;
  #restart: Promise<void> | null = null;
  #restartAgain = false;
  #onListening: ((one: Process) => void)[] = [];
  /** Whoever waits for the figures of a worker. */
  readonly #asked = new Map<number, (snapshot: Snapshot | null) => void>();
  #questions = 0;

  constructor(options: WorkerOptions, done: (status: number) => void) {
    this.#options = options;
    this.#done = done;
  }

  start(): void {
    cluster.setupPrimary({ exec: process.argv[1] ?? '', args: process.argv.slice(2), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.#stop(signal));
    for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => this.#killAll(signal));
    process.on('SIGHUP', () => this.#restartAll());
    process.stdout.on('error', () => void this.#stop('SIGTERM')); // its reader is gone
    void this.#startAll();
  }

  async #startAll(): Promise<void> {
    const first = this.#fork(1);
    await this.#listensOrEnds(first, HEAD_START_MS);
    if (first.hasEnded && this.#status !== 0) return;
    for (let id = 2; id <= this.#options.count && !this.#isStopping; id++) this.#fork(id);
    this.#endIfEmpty();
  }

  #fork(id: number): Process {
    const worker = cluster.fork({ [WORKER_VARIABLE]: `${id}/${this.#options.count}` });
    const { stdout, stderr } = worker.process;
    const output = Promise.all([pass(stdout, process.stdout), pass(stderr, process.stderr)]);
    const one = new Process(id, worker, output);
    this.#processes.add(one);
    worker.process.on('message', (message: ToPrimary) => {
      if (message.kind === 'metrics')
        this.#asked.get(message.number)?.(message.snapshot as Snapshot); // from program-metrics.ts
      else this.#listeners.receive(one, message);
    });
    worker.process.once('exit', (status, signal) => void this.#exited(one, status, signal));
    return one;
  }

  #listening(one: Process): void {
    this.#hasAnyListened = one.hasListened = true;
    for (const tell of this.#onListening) tell(one);
  }

  /** Resolves when a process listens (where `everywhere` says so), has ended, or the time is over. */
  #listensOrEnds(one: Process, limitMs: number, isThere = () => one.hasListened): Promise<void> {
    return new Promise((done) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#onListening = this.#onListening.filter((other) => other !== look);
        done();
      };
      const look = (): void => {
        if (isThere()) settle();
      };
      const timer = setTimeout(settle, limitMs);
      this.#onListening.push(look);
      void one.ended.then(settle);
      look();
    });
  }

  async #exited(one: Process, status: number | null, signal: NodeJS.Signals | null): Promise<void> {
    one.hasEnded = true;
    this.#listeners.gone(one);
    await Promise.race([one.output, new Promise((done) => setTimeout(done, OUTPUT_MS))]);
    this.#processes.delete(one);
    const code = status ?? 128 + constants.signals[signal ?? 'SIGKILL'];
    const how = signal === null ? `ended with status ${status}` : `was ended by ${signal}`;
    const isOrderly = code === 0 || (one.isLeaving && (signal === 'SIGTERM' || signal === 'SIGINT'));
    if (one.isLeaving || this.#isStopping || isOrderly) {
      if (!isOrderly) {
        complain(`worker ${one.id} (pid ${one.pid}) ${how}`);
        if (this.#status === 0) this.#status = signal === null ? code : 1;
      }
    } else if (!this.#hasAnyListened) {
      complain(`worker ${one.id} (pid ${one.pid}) ${how} before any worker listened; the others are ended`);
      this.#status = code;
      void this.#stop('SIGTERM');
    } else {
      this.#replace(one, how);
    }
    this.#endIfEmpty();
  }

  #replace({ id, pid, startedAt }: Process, how: string): void {
    const isSettled = Date.now() - startedAt >= SETTLED_MS;
    const delayMs = isSettled ? FIRST_DELAY_MS : Math.min((this.#delays.get(id) ?? FIRST_DELAY_MS / 2) * 2, LONGEST_DELAY_MS);
    this.#delays.set(id, delayMs);
    complain(`worker ${id} (pid ${pid}) ${how}; a new one starts in ${delayMs / 1000} s`);
    const start = (): void => {
      this.#replacements.delete(id);
      this.#fork(id);
    };
    this.#replacements.set(id, setTimeout(start, delayMs));
  }

  #endIfEmpty(): void {
    if (this.#processes.size === 0 && this.#replacements.size === 0) this.#done(this.#status);
  }

  /** The figures of all workers that answer within a second. */
  async metrics(): Promise<{ text: string; isDraining: boolean }> {
    const current = new Map(
      [...this.#processes].sort((a, b) => Number(b.isLeaving) - Number(a.isLeaving)).map((one) => [one.id, one]),
    );
    const found = await Promise.all(
      [...current.values()].map(async (one) => ({ worker: one.id, snapshot: await this.#ask(one) })),
    );
    const snapshots = found.flatMap(({ worker, snapshot }) => (snapshot === null ? [] : [{ worker, snapshot }]));
    const isDraining = this.#isStopping || (snapshots.length > 0 && snapshots.every(({ snapshot }) => snapshot.isDraining));
    return { text: metricsText(snapshots), isDraining };
  }

  #ask(one: Process): Promise<Snapshot | null> {
    return new Promise((done) => {
      const number = this.#questions++;
      const settle = (snapshot: Snapshot | null): void => {
        clearTimeout(timer);
        this.#asked.delete(number);
        done(snapshot);
      };
      const timer = setTimeout(settle, ANSWER_MS, null);
      this.#asked.set(number, settle);
      if (!one.send({ kind: 'metrics', number })) settle(null);
    });
  }

  // ---- the end ----

  /** The first time all workers are asked to end, and have some time for it; the second time they are killed. */
  async #stop(signal: 'SIGTERM' | 'SIGINT'): Promise<void> {
    if (this.#isStopping) {
      if (this.#processes.size > 0) this.#kill();
      return;
    }
    this.#isStopping = true;
    for (const timer of this.#replacements.values()) clearTimeout(timer);
    this.#replacements.clear();
    const killer = setTimeout(() => this.#kill(), this.#options.graceMs);
    killer.unref();
    await this.#listeners.stop();
    for (const one of this.#processes) {
      if (!one.isLeaving) one.kill(signal);
      one.isLeaving = true;
    }
    this.#endIfEmpty();
  }

  #kill(): void {
    for (const { id, pid } of this.#processes) complain(`worker ${id} (pid ${pid}) is killed: it did not end in time`);
    this.#killAll('SIGKILL');
    this.#status = 1;
  }

  #killAll(signal: NodeJS.Signals): void {
    for (const one of this.#processes) one.kill(signal);
  }

  // ---- rolling restart ----

  #restartAll(): void {
    if (this.#isStopping) return;
    if (this.#restart !== null) {
      this.#restartAgain = true;
      return;
    }
    this.#restart = this.#renewAll().finally(() => {
      this.#restart = null;
      if (!this.#restartAgain) return;
      this.#restartAgain = false;
      this.#restartAll();
    });
  }

  async #renewAll(): Promise<void> {
    for (const old of [...this.#processes].filter(({ isLeaving }) => !isLeaving).sort((a, b) => a.id - b.id)) {
      if (this.#isStopping) return;
      if (old.hasEnded) continue; // its replacement reads the program anew
      if (!(await this.#renew(old))) return;
    }
  }

  /** Starts a new process, and ends the old one once the new one listens wherever the old one does. False when it does not come to that. */
  async #renew(old: Process): Promise<boolean> {
    const fresh = this.#fork(old.id);
    fresh.isLeaving = true; // until it is in place: a failure is not replaced
    const wanted = this.#listeners.keysOf(old);
    const isThere = (): boolean => {
      const keys = this.#listeners.keysOf(fresh);
      return wanted.every((key) => keys.includes(key));
    };
    await this.#listensOrEnds(fresh, this.#options.graceMs, isThere);
    if (this.#isStopping) {
      fresh.kill('SIGTERM');
      return false;
    }
    if (fresh.hasEnded || !isThere()) {
      const why = fresh.hasEnded ? 'ended before it listened' : `did not listen within ${this.#options.graceMs / 1000} s`;
      complain(`the new worker ${fresh.id} (pid ${fresh.pid}) ${why}; the old workers stay`);
      if (!fresh.hasEnded) fresh.kill('SIGKILL');
      await fresh.ended;
      return false;
    }
    fresh.isLeaving = false;
    old.isLeaving = true;
    await this.#listeners.retire(old);
    old.kill('SIGTERM');
    const killer = setTimeout(() => {
      complain(`worker ${old.id} (pid ${old.pid}) is killed: it did not end in time`);
      old.kill('SIGKILL');
    }, this.#options.graceMs);
    await old.ended;
    clearTimeout(killer);
    return true;
  }
}

/** Passes on the output of a worker; resolves at its end. */
function pass(from: Readable | null, to: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    if (from === null) {
      done();
      return;
    }
    forwardLines(from, (bytes) => to.write(bytes));
    from.once('close', done);
  });
}
