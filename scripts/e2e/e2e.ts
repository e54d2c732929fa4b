/**
 * `npm run e2e [-- --short] [FILTER...]`: drives the playground in headless Chromium, as a person would.
 *
 * Each story has its own page. Screenshots go to artifacts/playground, and so do the numbers that were measured.
 * `--short` leaves out the stories of programs that fill the memory. CHROMIUM names the browser, /usr/bin/chromium unless set.
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { buildPlayground, servePlayground } from '../playground.ts';
import { checkBuiltPage, checkDownload } from './built-page.ts';
import { helpStories } from './e2e-help.ts';
import { limitStories } from './e2e-limits.ts';
import { linkStories } from './e2e-links.ts';
import { measured, record } from './e2e-measured.ts';
import { fibInNode, fibProgram, median, runtimesInNode } from './e2e-node.ts';
import { artifacts, type Story, Visitor } from './e2e-visitor.ts';

const LONGEST_STORY_MS = 30_000;
const LARGEST_TRANSFER_BYTES = 350 * 1024;

/** The server's side: all that was transferred until now. */
const sockets: Socket[] = [];

const phone = { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

const stories: readonly Story[] = [
  ...helpStories,
  {
    name: 'first visit: small, ready soon, first output soon',
    measures: true,
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      record('ready ms', Number(await page.evaluate("performance.getEntriesByName('ready')[0].startTime")));
      await page.waitForLoadState('networkidle');
      const transferred = sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
      record('transfer KB', transferred / 1024);
      assert.ok(transferred < LARGEST_TRANSFER_BYTES, `${transferred} bytes were transferred`);
      const ms = await page.evaluate(`new Promise((done) => {
        const started = performance.now();
        new MutationObserver(() => done(performance.now() - started)).observe(document.getElementById('output'), { childList: true });
        document.getElementById('run').click();
      })`);
      record('first output ms', Number(ms));
      await visitor.output(/Hello from Magnolia!/);
      await visitor.status(/Done in \d+ ms/);
      await visitor.accessible();
      await visitor.picture('light');
    },
  },
  { name: 'a page of magnolia build', mayComplain: /asked another host: file:/, tell: ({ page }) => checkBuiltPage(page) },
  { name: 'download the program as one page', mayComplain: /asked another host: (?:file|blob):/, tell: checkDownload },
  {
    name: 'type and run, in the dark',
    options: { colorScheme: 'dark' },
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      await visitor.write('');
      await page.keyboard.type("{ println: println } := import('std')\nfn greet(name) {\nprintln('hello', name)\n}\ngreet(:ann)");
      assert.match(await visitor.program(), /\n\tprintln\('hello', name\)\n\}\ngreet/, 'lines are indented while they are typed');
      await visitor.run();
      await visitor.output(/^hello ann\n$/);
      await visitor.accessible();
      await visitor.picture('dark');
    },
  },
  {
    name: 'calculating is as fast as in Node',
    measures: true,
    async tell(visitor) {
      await visitor.open();
      const inNode = median(await fibInNode());
      await visitor.write(fibProgram);
      await visitor.run();
      await visitor.status(/Done/);
      const inChromium = median((await visitor.output(/\d/)).trim().split('\n').map(Number));
      record('fib(32) in Node ms', inNode);
      record('fib(32) in Chromium ms', inChromium);
      record('fib(32), Chromium / Node', inChromium / inNode);
    },
  },
  {
    name: 'an error is marked in the text, with frame and hint',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      await page.locator('#examples').selectOption('errors');
      await visitor.run();
      const text = await visitor.output(/Runtime Error: Cannot \+ incompatible values/);
      assert.match(text, /~\^~/);
      assert.match(text, /Hint: to join them as text/);
      assert.match(text, /Stack Trace:/);
      await page.waitForSelector('.m-bad');
      assert.match((await page.locator('.m-message').textContent()) ?? '', /Cannot \+ incompatible values 'total: ', 12Hint:/);
      await visitor.status(/Ended with an error/);
      await visitor.accessible();
      await visitor.picture('error');
    },
  },
  {
    name: 'a syntax error is marked while it is typed',
    async tell(visitor) {
      await visitor.open();
      await visitor.write("x := [1, 2\nprint('never')\n");
      await visitor.page.waitForSelector('.m-message');
      await visitor.picture('syntax');
      await visitor.run();
      await visitor.output(/Parse Error/);
    },
  },
  {
    name: 'all examples run',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      const ids = await page.locator('#examples option').evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
      assert.ok(ids.length >= 16);
      for (const id of ids.filter((one) => one !== '')) {
        await page.locator('#examples').selectOption(id);
        await page.locator('#run').click();
        if (id === 'input') {
          await visitor.status(/waits for input/);
          await page.keyboard.type('none\n');
          await visitor.output(/that is no number/);
          await visitor.picture('input');
          await page.locator('#input-end').click();
        }
        await visitor.status(id === 'errors' ? /Ended with an error/ : /Done in/);
        if (id === 'socket-error') {
          await visitor.output(
            /connect gave: \{error: 'socket_connect\(\) unavailable in this runtime', type: :error\}\nThere is nobody to talk to/,
          );
          await visitor.picture('sockets');
        }
        if (id === 'socket-hello') await visitor.output(/the server says: hello, /);
        if (id === 'http-memory') await visitor.output(/GET \/notes\/1 -> 200 \{"text":"buy milk"\}[\s\S]*refused/);
        if (id === 'socket-memory') await visitor.output(/<- you said GOODBYE[\s\S]*code: :refused/);
      }
      await page.locator('#examples').selectOption('text');
      await page.locator('#run').click();
      await visitor.status(/Done/);
      await visitor.picture('colours');
      await page.locator('#next').click();
      assert.match(await visitor.program(), /8 of 10: classes/);
    },
  },
  {
    name: 'the mail modules come when they are asked for',
    async tell(visitor) {
      const asked: string[] = [];
      visitor.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await visitor.open();
      await visitor.run();
      await visitor.status(/Done/);
      assert.ok(!asked.includes('/magnolia-mail.js'));
      await visitor.write("print(import('smtp').connect('mail.example.test:25').error)");
      await visitor.run();
      await visitor.output(/^socket_connect\(\) unavailable in this runtime$/);
    },
  },
  {
    name: 'on a phone',
    options: phone,
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      await page.locator('#examples').selectOption('functions');
      await page.locator('#run').tap();
      await visitor.output(/220/);
      await visitor.status(/Done/);
      assert.equal(
        await page.evaluate('document.documentElement.scrollWidth <= screen.width'),
        true,
        'nothing is wider than the screen',
      );
      await visitor.accessible();
      await visitor.picture('phone');
    },
  },
  {
    name: 'on a phone, in the dark, with an error',
    options: { ...phone, colorScheme: 'dark' },
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      await page.locator('#examples').selectOption('errors');
      await page.locator('#run').tap();
      await visitor.status(/Ended with an error/);
      await visitor.output(/Stack Trace/);
      await visitor.accessible();
      await visitor.picture('phone-dark');
    },
  },
  {
    name: 'the policy holds: no eval in the page, nothing of the page or the network in a program',
    mayComplain: /Content Security Policy|unsafe-eval/,
    async tell({ page, ...visitor }) {
      await page.goto(visitor.url);
      await page.waitForSelector('html[data-ready]');
      const tried = await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.head.append(script);
        const made = document.createElement('div');
        made.innerHTML = '<img src="data:," onerror="window.injected = true">';
        document.body.append(made);
        return fetch('/index.html').then(
          () => 'fetched',
          () => 'refused',
        );
      });
      assert.equal(tried, 'refused');
      assert.equal(await page.evaluate('window.injected'), undefined);
      const worker = page.workers()[0] ?? (await page.waitForEvent('worker')); // it may still be starting
      assert.equal(
        await worker.evaluate('[typeof fetch, typeof WebSocket, typeof XMLHttpRequest, typeof indexedDB, typeof Worker].join()'),
        'undefined,undefined,undefined,undefined,undefined',
      );
    },
  },
  {
    name: 'real requests are sent when the visitor turns them on, for this visit',
    mayComplain: /asked another host/,
    async tell(visitor) {
      const { page } = visitor;
      const server = createServer((_request, response) =>
        response.writeHead(200, { 'access-control-allow-origin': '*' }).end('an answer'),
      );
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const { port } = server.address() as AddressInfo; // it listens on TCP
      const program = `answer := req({url: 'http://127.0.0.1:${port}/'})\nprint(if answer.type { :resp -> answer.resp.body, _ -> answer.error })`;
      await visitor.open();
      await visitor.write(program);
      await visitor.run();
      await visitor.output(/^req\(\) unavailable in this runtime$/);
      assert.match((await page.locator('#fact').textContent()) ?? '', /Nothing is sent anywhere/);
      await page.locator('#requests').check();
      assert.match((await page.locator('#fact').textContent()) ?? '', /may send requests/);
      await visitor.run();
      await visitor.output(/^an answer$/);
      await visitor.accessible();
      await page.reload();
      await page.waitForSelector('html[data-ready]');
      assert.equal(await page.locator('#requests').isChecked(), false);
      await visitor.run();
      await visitor.output(/^req\(\) unavailable in this runtime$/);
      server.closeAllConnections();
      server.close();
    },
  },
  ...linkStories,
  ...limitStories,
];

async function tellStory(browser: Browser, url: string, { name, options = {}, mayComplain, tell }: Story): Promise<boolean> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(LONGEST_STORY_MS / 2);
  const visitor = new Visitor(await context.newPage(), url);
  const started = performance.now();
  try {
    await tell(visitor);
    assert.deepEqual(
      visitor.complaints.filter((text) => mayComplain?.test(text) !== true),
      [],
      'the console is silent',
    );
    console.log(`ok    ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    console.log(`FAIL  ${name}\n${String(error instanceof Error ? error.stack : error).replace(/^/gm, '      ')}`);
    if (visitor.complaints.length > 0) console.log(`      console: ${visitor.complaints.join('\n      ')}`);
    await visitor.picture(`failed-${name.replaceAll(/\W+/g, '-')}`).catch(() => {});
    return false;
  } finally {
    await context.close();
  }
}

await mkdir(artifacts, { recursive: true });
await buildPlayground();
const { server, url } = await servePlayground(0);
server.on('connection', (socket) => sockets.push(socket));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const short = process.argv.includes('--short');
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const chosen = stories.filter(
  ({ name, long }) => !(short && long === true) && (filters.length === 0 || filters.some((one) => name.includes(one))),
);
let failed = 0;
for (const story of chosen.filter(({ measures }) => measures === true)) if (!(await tellStory(browser, url, story))) failed += 1;
const others = chosen.filter(({ measures }) => measures !== true).values(); // shared: each teller takes the next story
async function tellOthers(): Promise<void> {
  for (const story of others) if (!(await tellStory(browser, url, story))) failed += 1;
}
await Promise.all([tellOthers(), tellOthers()]);
await browser.close();
server.close();
if (filters.length === 0) for (const [what, value] of Object.entries(await runtimesInNode())) record(what, value);
console.log(measured);
await writeFile(join(artifacts, 'measured.json'), `${JSON.stringify(measured, null, 2)}\n`);
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0;
