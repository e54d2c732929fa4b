/**
 * Where programs of specs run: the command in a process of its own, the bundle for browsers in a worker of Node, and the same
 * bundle in a worker of a real browser. CHROMIUM names that browser, /usr/bin/chromium unless set.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { chromium } from 'playwright-core';
import { browserLibraryFiles } from '../build/browser-library.ts';
import { webParts } from '../build/build.ts';
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

/** What a worker is asked, and what it answers: bytes as text of one character each. */
interface Job {
  readonly file: string;
  readonly fuel: number | undefined;
}
interface Answer {
  readonly out: string;
  readonly err: string;
  readonly code: number | string;
}

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const outputLimitBytes = 32 * 1024 * 1024;
const tooLong = (limitMs: number): string => `none, stopped after ${limitMs / 1000} s`;

// ---- the command ----

/** Each program in a process of its own, started as `node FLAG... CLI FILE`. */
export function commandPlace(cli: string, fuel: number | undefined, limitMs: number, flags: readonly string[]): Place {
  const common = fuel === undefined ? process.env : { ...process.env, MAGNOLIA_FUEL: String(fuel) };
  return {
    name: 'the command',
    lane: () => ({
      async run(name) {
        const { scratch, env } = rulesFor(name);
        const program = join(specs, `${name}.oak`);
        const cwd = scratch ? await mkdtemp(join(tmpdir(), 'magnolia-spec-')) : dirname(program);
        try {
          return await start([...flags, cli, program], cwd, { ...common, ...env }, limitMs);
        } finally {
          if (scratch) await rm(cwd, { recursive: true, force: true });
        }
      },
    }),
    close: async () => {},
  };
}

function start(args: string[], cwd: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
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

const workerScript = `
import * as bundle from '/browser.js';
import { runProgram } from '/spec-program.mjs';
const sources = await (await fetch('/sources.json')).json();
onmessage = async ({ data }) => postMessage(await runProgram(bundle, sources, data));
postMessage('ready');
`;

const pageScript = `<!doctype html><meta charset="utf-8"><script>
const workers = [];
function open() {
  const worker = new Worker('/worker.js', { type: 'module' });
  return new Promise((done, fail) => {
    worker.onmessage = () => done(worker);
    worker.onerror = (event) => fail(new Error(event.message));
  });
}
async function run(number, job, limitMs) {
  workers[number] ??= await open();
  return await new Promise((done) => {
    const worker = workers[number];
    const fail = (code, err) => {
      workers[number] = undefined;
      worker.terminate();
      clearTimeout(timer);
      done({ out: '', err, code });
    };
    const timer = setTimeout(() => fail('none, stopped after ' + limitMs / 1000 + ' s', ''), limitMs);
    worker.onerror = (event) => fail('none, the worker failed', event.message);
    worker.onmessage = ({ data }) => {
      clearTimeout(timer);
      done(data);
    };
    worker.postMessage(job);
  });
}
</script>`;

/** Null where there is no such browser. */
export async function chromiumPlace(fuel: number | undefined, limitMs: number): Promise<Place | null> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) return null;
  const { close, url } = await serve();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage();
  await page.goto(url);
  let lanes = 0;
  return {
    name: `the same bundle in Chromium ${browser.version()}`,
    lane() {
      const number = lanes++;
      return {
        async run(name) {
          const call = `run(${number}, ${JSON.stringify(jobOf(name, fuel))}, ${limitMs})`;
          return outcomeOf((await page.evaluate(call)) as Answer); // what the worker posts
        },
      };
    },
    async close() {
      await browser.close();
      close();
    },
  };
}

/** The page, its worker and the built bundle, on the loopback interface. */
async function serve(): Promise<{ close: () => void; url: string }> {
  const script = 'text/javascript';
  const pages: { readonly [url: string]: readonly [type: string, body: string | Buffer] } = {
    '/': ['text/html', pageScript],
    '/worker.js': [script, workerScript],
    '/spec-program.mjs': [script, readFileSync(join(here, 'spec-program.mjs'))],
    '/sources.json': ['application/json', JSON.stringify(sources())],
    ...Object.fromEntries(
      ['browser.js', 'web.js', 'policy.js', ...(await webParts()), ...browserLibraryFiles(join(root, 'lib'))].map((name) => [
        `/${name}`,
        [script, readFileSync(join(root, 'dist', name))],
      ]),
    ),
  };
  const server = createServer(({ url = '/' }, response) => {
    const [type, body] = pages[url] ?? [];
    if (type === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { close: () => server.close(), url: `http://127.0.0.1:${port}/` };
}

function jobOf(name: string, fuel: number | undefined): Job {
  return { file: join(specs, `${name}.oak`), fuel };
}

function outcomeOf({ out, err, code }: Answer): Outcome {
  return { out: Buffer.from(out, 'latin1'), err, code };
}
