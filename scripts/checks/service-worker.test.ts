import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';

const root = resolve(dirname(__filename), '../..');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** What other entries load only when it is used: mail, digests, the in-memory network; and a place in the library's own text. */
const PROGRAM = `{ println: println } := import('std')
socket := import('socket')
crypto := import('crypto')
server := socket.serve('127.0.0.1:0', fn(e) socket.sendLine(e.socket, 'from the worker'))
println(socket.recvLine(socket.connect(server.local).socket).data)
server.close()
println(import('json').serialize([1, 2]), type(import('smtp').connect), len(crypto.sha1('abc')))
import('str').split(5)`;

const WORKER = `import { createRuntime, memoryNetwork } from './static.js';
onactivate = (event) => event.waitUntil(clients.claim());
onfetch = (event) => {
  if (!event.request.url.endsWith('/answer')) return;
  let text = '';
  const runtime = createRuntime({ network: memoryNetwork(), output: (more) => { text += more; } });
  const said = ({ name, problem, message }) => text + name + ' ' + (problem?.line ?? message);
  event.respondWith(runtime.run(${JSON.stringify(PROGRAM)}).then(() => text, said).then((all) => new Response(all)));
};`;

const ASK = `(async () => {
  await navigator.serviceWorker.register('/worker.js', { type: 'module' });
  if (navigator.serviceWorker.controller === null)
    await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true }));
  return await (await fetch('/answer')).text();
})()`;

(existsSync(executablePath) ? describe : describe.skip)('the package in one file', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    const pages: { readonly [url: string]: readonly [type: string, body: string] } = {
      '/': ['text/html', '<!doctype html><title>a page</title>'],
      '/worker.js': ['text/javascript', WORKER],
      '/static.js': ['text/javascript', readFileSync(join(root, 'dist/static.js'), 'utf8')],
    };
    server = createServer(({ url = '/' }, response) => {
      const [type, body] = pages[url] ?? [];
      if (type === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': type }).end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    server.close();
    server.closeAllConnections();
  });

  it('runs programs in a service worker', async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`); // it listens on TCP
    expect(await page.evaluate(ASK)).toBe('from the worker\n[1,2] function 40\nMagnoliaError 8');
  }, 60_000);
});
