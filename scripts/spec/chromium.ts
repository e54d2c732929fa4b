/**
 * Programs in workers of a real browser, headless Chromium, with the built bundle. CHROMIUM names the browser, /usr/bin/chromium
 * unless set.
 *
 * The page asks the server for its jobs. Nobody watches it through DevTools: with them a browser copies every message of a WebSocket
 * to whoever watches, which takes four times as long as the message itself (measured).
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { browserLibraryFiles } from '../build/browser-library.ts';
import { webParts } from '../build/build.ts';

/** What a program did: bytes as text of one character each. */
export interface Answer {
  readonly out: string;
  readonly err: string;
  readonly code: number | string;
}

export interface Chromium<J> {
  readonly version: string;
  /** Runs a job in the worker of a lane, which is ended if it takes too long. */
  run(lane: number, job: J, limitMs: number): Promise<Answer>;
  close(): Promise<void>;
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The exit status of a program that was stopped. */
export const tooLong = (limitMs: number): string => `none, stopped after ${limitMs / 1000} s`;

/** What the worker runs: `runProgram` of the script, with the bundle, all files, and a job. */
const workerScript = `
import * as bundle from '/browser.js';
import { runProgram } from '/program.mjs';
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
async function run({ lane, job, limitMs }) {
  workers[lane] ??= await open();
  return await new Promise((done) => {
    const worker = workers[lane];
    const fail = (code, err) => {
      workers[lane] = undefined;
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
async function answer(task) {
  const answer = await run(task).catch((error) => ({ out: '', err: String(error), code: 'none, there is no worker' }));
  await fetch('/answer/' + task.number, { method: 'POST', body: JSON.stringify(answer) });
}
(async () => {
  for (;;) answer(await (await fetch('/task')).json());
})();
</script>`;

/** A browser whose workers call `runProgram(bundle, sources, job)` of a script. Null where the browser is missing. */
export async function openChromium<J>(script: string, sources: { [path: string]: string }): Promise<Chromium<J> | null> {
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(path)) return null;
  const tasks = new Tasks<J>();
  const server = await serve(script, sources, tasks);
  const folder = mkdtempSync(join(tmpdir(), 'magnolia-chromium-'));
  const flags = ['--headless', '--no-sandbox', '--no-first-run', '--disable-gpu', `--user-data-dir=${folder}`];
  // In a group of its own, so that all of its processes can be ended; each holds standard output, so `close` comes after the last one.
  const browser = spawn(path, [...flags, server.url], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  browser.stdout.resume();
  const end = (): void => {
    if (browser.pid !== undefined && browser.exitCode === null && browser.signalCode === null)
      process.kill(-browser.pid, 'SIGKILL');
  };
  const closed = new Promise((done) => browser.once('close', done));
  process.once('exit', end);
  browser.once('error', (error) => tasks.fail(error)).once('exit', () => tasks.fail(new Error('the browser has ended')));
  return {
    version: execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).replace(
      /[^\d]*([\d.]*).*\s*/,
      '$1',
    ),
    run: (lane, job, limitMs) => tasks.add(lane, job, limitMs),
    async close() {
      process.off('exit', end);
      end();
      await closed;
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the page is to do: it asks for one task after the other, and answers each by its number. */
class Tasks<J> {
  #count = 0;
  #failure: Error | null = null;
  readonly #waiting: string[] = [];
  #asking: ServerResponse | null = null;
  readonly #running = new Map<number, { done(answer: Answer): void; failed(error: Error): void }>();

  add(lane: number, job: J, limitMs: number): Promise<Answer> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const number = ++this.#count;
    this.#waiting.push(JSON.stringify({ number, lane, job, limitMs }));
    this.#serve();
    return new Promise((done, failed) => this.#running.set(number, { done, failed }));
  }

  /** The page asks for a task. */
  ask(response: ServerResponse): void {
    this.#asking = response;
    this.#serve();
  }

  answer(number: number, answer: Answer): void {
    this.#running.get(number)?.done(answer);
    this.#running.delete(number);
  }

  /** There is no page any more. */
  fail(error: Error): void {
    this.#failure = error;
    for (const { failed } of this.#running.values()) failed(error);
    this.#running.clear();
  }

  #serve(): void {
    if (this.#asking === null) return;
    const task = this.#waiting.shift();
    if (task === undefined) return;
    this.#asking.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(task);
    this.#asking = null;
  }
}

/** The page, its worker, its tasks and the built bundle, on the loopback interface. */
async function serve<J>(
  program: string,
  files: { [path: string]: string },
  tasks: Tasks<J>,
): Promise<{ close: () => void; url: string }> {
  const script = 'text/javascript';
  const pages: { readonly [url: string]: readonly [type: string, body: string | Buffer] } = {
    '/': ['text/html', pageScript],
    '/worker.js': [script, workerScript],
    '/program.mjs': [script, readFileSync(program)],
    '/sources.json': ['application/json', JSON.stringify(files)],
    ...Object.fromEntries(
      ['browser.js', 'web.js', 'policy.js', ...(await webParts()), ...browserLibraryFiles(join(root, 'lib'))].map((name) => [
        `/${name}`,
        [script, readFileSync(join(root, 'dist', name))],
      ]),
    ),
  };
  const server = createServer(async (request, response) => {
    const { url = '/' } = request;
    const [type, body] = pages[url] ?? [];
    if (url === '/task') tasks.ask(response);
    else if (url.startsWith('/answer/')) {
      tasks.answer(Number(url.slice('/answer/'.length)), JSON.parse(await text(request)) as Answer); // of our page
      response.writeHead(204).end();
    } else if (type === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { close, url: `http://127.0.0.1:${port}/` };
}
