/**
 * Where programs of specs run: the command in its own process, the bundle for browsers in a worker of Node, and the same
 * bundle in a worker of a real browser. CHROMIUM names that browser, /usr/bin/chromium unless set.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Answer, openChromium, tooLong } from './chromium.ts';
import { rulesFor, sources, specs } from './spec-files.ts';
import type { Outcome } from './spec-verdict.ts';

/** Runs one spec at a time. */
export interface Lane {
  run(name: string): Promise<Outcome>;
}

export interface Place {
  readonly name: string;
  lane(): Lane;
  close(): Promise<unknown>;
}

/** What a worker is asked. */
interface Job {
  readonly file: string;
  readonly fuel: number | undefined;
}

const here = dirname(fileURLToPath(import.meta.url));
const outputLimitBytes = 32 * 1024 * 1024;

// ---- the command ----

/** Each program in its own process, started as `EXEC... CLI FILE`; `exec` is Node with flags, or another runtime. */
export function commandPlace(cli: string, fuel: number | undefined, limitMs: number, exec: readonly string[]): Place {
  const common = fuel === undefined ? process.env : { ...process.env, MAGNOLIA_FUEL: String(fuel) };
  return {
    name: 'the command',
    lane: () => ({
      async run(name) {
        const { scratch, env } = rulesFor(name);
        const program = join(specs, `${name}.oak`);
        const cwd = scratch ? await mkdtemp(join(tmpdir(), 'magnolia-spec-')) : dirname(program);
        try {
          return await start([...exec, cli, program], cwd, { ...common, ...env }, limitMs);
        } finally {
          if (scratch) await rm(cwd, { recursive: true, force: true });
        }
      },
    }),
    close: async () => {},
  };
}

function start([file = '', ...args]: string[], cwd: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let bytes = 0;
    let stopped = '';

    const stop = (why: string): void => {
      stopped = why;
      child.kill('SIGKILL');
    };
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      into.push(chunk);
      bytes += chunk.length;
      if (bytes > outputLimitBytes) stop('none, stopped for printing without end');
    };
    const timer = setTimeout(() => stop(tooLong(limitMs)), limitMs);
    child.stdout.on('data', collect(out));
    child.stderr.on('data', collect(err));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      done({
        out: Buffer.concat(out),
        err: Buffer.concat(err).toString(),
        code: stopped || (status ?? 128 + constants.signals[signal ?? 'SIGKILL']),
      });
    });
  });
}

// ---- the bundle for browsers under Node ----

/** A worker runs one program after the other; one that takes too long ends its worker. */
export function nodePlace(fuel: number | undefined, limitMs: number): Place {
  const all = sources();
  const workers = new Set<Worker>();
  const open = (): Worker => {
    // A small stack, as browsers have it.
    const worker = new Worker(join(here, 'spec-browser.mjs'), { workerData: all, resourceLimits: { stackSizeMb: 1 } });
    workers.add(worker);
    return worker;
  };
  return {
    name: `the bundle for browsers in Node ${process.versions.node}`,
    lane() {
      let worker: Worker | null = null;
      return {
        async run(name) {
          worker ??= open();
          const mine = worker;
          const answer = await new Promise<Answer>((done) => {
            const fail = (code: string, err = ''): void => {
              worker = null;
              workers.delete(mine);
              void mine.terminate();
              settle({ out: '', err, code });
            };
            const timer = setTimeout(() => fail(tooLong(limitMs)), limitMs);
            const failed = (error: Error): void => fail('none, the worker failed', error.stack);
            const settle = (result: Answer): void => {
              clearTimeout(timer);
              mine.off('message', settle).off('error', failed);
              done(result);
            };
            mine.on('message', settle).on('error', failed);
            mine.postMessage(jobOf(name, fuel));
          });
          return outcomeOf(answer);
        },
      };
    },
    close: () => Promise.all([...workers].map((worker) => worker.terminate())),
  };
}

// ---- the same in Chromium ----

/** Null where the browser is missing. */
export async function chromiumPlace(fuel: number | undefined, limitMs: number): Promise<Place | null> {
  const browser = await openChromium<Job>(join(here, 'spec-program.mjs'), sources());
  if (browser === null) return null;
  let lanes = 0;
  return {
    name: `the same bundle in Chromium ${browser.version}`,
    lane() {
      const number = lanes++;
      return { run: async (name) => outcomeOf(await browser.run(number, jobOf(name, fuel), limitMs)) };
    },
    close: browser.close,
  };
}

function jobOf(name: string, fuel: number | undefined): Job {
  return { file: join(specs, `${name}.oak`), fuel };
}

function outcomeOf({ out, err, code }: Answer): Outcome {
  return { out: Buffer.from(out, 'latin1'), err, code };
}
