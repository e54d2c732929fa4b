/**
 * `node --import ./scripts/typescript.mjs scripts/spec-chromium.ts [FILTER...]`: the language specs in a real browser.
 *
 * The built bundle is served on the loopback interface to a headless Chromium, whose workers run the programs; what they
 * printed is compared here. CHROMIUM names the browser, /usr/bin/chromium unless set.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { buildIfStale } from './build.ts';
import { expectedOf, findSpecs, specs } from './spec-files.ts';
import { differences } from './spec-verdict.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const workers = 2;

/** What a worker is given, and what it answers; bytes as text of one character each. */
interface Job {
  readonly file: string;
  readonly files: { readonly [path: string]: string };
}
interface Answer {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

const workerScript = `
import { createRuntime, MagnoliaError, MemoryFiles } from '/browser.js';
onmessage = async ({ data: { file, files } }) => {
  let out = '';
  let err = '';
  const runtime = createRuntime({
    files: new MemoryFiles(files, '/scratch'),
    limits: { timeMs: 30000 },
    outputBytes: (bytes) => { for (const byte of bytes) out += String.fromCharCode(byte); },
    onProblem: (error) => { err += error.report; },
  });
  try {
    const { status } = await runtime.run({ file });
    postMessage({ out, err, code: status });
  } catch (error) {
    postMessage({ out, err: err + (error instanceof MagnoliaError ? error.report : error.stack), code: 1 });
  }
};
`;

const pageScript = `<!doctype html><meta charset="utf-8"><script>
const workers = [];
function run(number, job) {
  const worker = workers[number] ??= new Worker('/worker.js', { type: 'module' });
  return new Promise((done, fail) => {
    worker.onmessage = ({ data }) => done(data);
    worker.onerror = (event) => fail(new Error(event.message));
    worker.postMessage(job);
  });
}
</script>`;

const served: { readonly [path: string]: () => { readonly type: string; readonly body: string | Buffer } } = {
  '/': () => ({ type: 'text/html', body: pageScript }),
  '/worker.js': () => ({ type: 'text/javascript', body: workerScript }),
  '/browser.js': () => ({ type: 'text/javascript', body: readFileSync(join(root, 'dist/browser.js')) }),
  '/magnolia-library.js': () => ({ type: 'text/javascript', body: readFileSync(join(root, 'dist/magnolia-library.js')) }),
};

/** The Magnolia files of a folder, by the paths that they have here. */
function sourcesIn(folder: string): { [path: string]: string } {
  const found: { [path: string]: string } = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/\.(oak|ok|mag|mg)$/.test(name)) found[join(folder, name)] = readFileSync(join(folder, name), 'utf8');
  }
  return found;
}

await buildIfStale();
const server = createServer(({ url = '/' }, response) => {
  const found = served[url]?.();
  if (found === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': found.type }).end(found.body);
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const { port } = server.address() as AddressInfo; // it listens on TCP
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${port}/`);

const filters = process.argv.slice(2);
const names = findSpecs(filters.length === 0 ? ['language/'] : filters);
const queue = names.values(); // shared: each worker takes the next name
let failed = 0;

async function work(number: number): Promise<void> {
  for (const name of queue) {
    const file = join(specs, `${name}.oak`);
    const job: Job = { file, files: sourcesIn(dirname(file)) };
    const answer = (await page.evaluate(`run(${number}, ${JSON.stringify(job)})`)) as Answer; // what the worker posts
    const outcome = { out: Buffer.from(answer.out, 'latin1'), err: answer.err, code: answer.code };
    const found = differences(expectedOf(name, 'js'), outcome);
    if (found.length === 0) continue;
    failed += 1;
    console.log(`FAIL ${name}\n${found.join('\n').replace(/^/gm, '  ')}\n`);
  }
}

await Promise.all(Array.from({ length: workers }, (_, number) => work(number)));
await browser.close();
server.close();
console.log(`${names.length - failed} passed, ${failed} failed (Chromium ${browser.version()})`);
process.exitCode = failed > 0 || names.length === 0 ? 1 : 0;
