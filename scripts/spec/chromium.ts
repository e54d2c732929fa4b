/**
 * Programs in workers of a real browser, headless Chromium, with the built bundle. CHROMIUM names the browser, /usr/bin/chromium
 * unless set.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
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

/** A browser whose workers call `runProgram(bundle, sources, job)` of a script. Null where the browser is missing. */
export async function openChromium<J>(script: string, sources: { [path: string]: string }): Promise<Chromium<J> | null> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) return null;
  const { close, url } = await serve(script, sources);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage();
  await page.goto(url);
  return {
    version: browser.version(),
    run: (lane, job, limitMs) => page.evaluate(`run(${lane}, ${JSON.stringify(job)}, ${limitMs})`) as Promise<Answer>, // what the worker posts
    async close() {
      await browser.close();
      close();
    },
  };
}

/** The page, its worker and the built bundle, on the loopback interface. */
async function serve(program: string, files: { [path: string]: string }): Promise<{ close: () => void; url: string }> {
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
  const server = createServer(({ url = '/' }, response) => {
    const [type, body] = pages[url] ?? [];
    if (type === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { close: () => server.close(), url: `http://127.0.0.1:${port}/` };
}
