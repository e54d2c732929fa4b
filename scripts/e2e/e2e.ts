/**
 * `npm run e2e [-- --short] [FILTER...]`: drives the playground in headless Chromium, as a person would.
 *
 * Each step below is one story on a page of its own. Screenshots go to artifacts/playground, and so do the numbers that were measured.
 * `--short` leaves out the stories of programs that fill the memory. CHROMIUM names the browser, /usr/bin/chromium unless set.
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { buildPlayground, servePlayground } from '../playground.ts';
import { checkBuiltPage } from './built-page.ts';
import { helpStories } from './e2e-help.ts';
import { fibInNode, fibProgram, median, runtimesInNode } from './e2e-node.ts';
import { artifacts, keyTimes, type Story, stop, Visitor } from './e2e-visitor.ts';

const LONGEST_STORY_MS = 30_000;
const LARGEST_TRANSFER_BYTES = 350 * 1024;

/** The server's side: all that was transferred until now. */
const sockets: Socket[] = [];

const measured: { [what: string]: number } = {};

function record(what: string, value: number): void {
  measured[what] = Math.round(value * 100) / 100;
}

/** How long keys take, and of which parts the slowest is made. */
async function recordKeys(what: string, visitor: Visitor, count?: number): Promise<void> {
  const { median, p95, slowest, parts } = await keyTimes(visitor, count);
  record(`key ${what} ms, median`, median);
  record(`key ${what} ms, 95 %`, p95);
  record(`key ${what} ms, slowest`, slowest);
  const [handler = 0, frame = 0, end = 0] = parts.map(Math.round);
  console.log(`  the slowest key ${what}: ${handler} ms to its handler, ${frame} to the frame, ${end} in it`);
}

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
    name: 'an endless loop is stopped, and typing goes on meanwhile',
    measures: true,
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      await visitor.write('fn spin() spin()\nspin()\n// ');
      await visitor.run();
      await visitor.status(/Running/);
      await recordKeys('while spinning', visitor);
      for (const [name, how] of [
        ['Esc', () => page.keyboard.press('Escape')],
        ['Stop', () => page.locator('#stop').click()],
      ] as const) {
        const times: number[] = [];
        for (let i = 0; i < 5; i++) {
          await visitor.run();
          await visitor.status(/Running/);
          times.push(await stop(visitor, how));
        }
        record(`${name} stops in ms, median`, median(times));
        record(`${name} stops in ms, slowest`, Math.max(...times));
      }
      await visitor.write("print('still here')");
      await visitor.run();
      await visitor.output(/still here/);
    },
  },
  {
    name: 'a program that gives no answer is ended the second time',
    async tell(visitor) {
      const { page } = visitor;
      await page.clock.install();
      await visitor.open();
      await visitor.write("fn busy() {\n\tsrand(5000000)\n\tbusy()\n}\nprint('ready'), wait(0.01), busy()");
      await visitor.run();
      await visitor.output(/ready/);
      for (const said of [/No answer/, /Ended: it gave no answer/]) {
        for (let i = 0; i < 5 && !said.test((await page.locator('#status').textContent()) ?? ''); i++)
          await page.clock.runFor(2500); // as long as the page waits for an answer, without waiting
        await visitor.status(said);
      }
      await page.clock.resume();
      await visitor.ending(/twice it gave no answer/);
      await visitor.write("print('alive')");
      await visitor.run();
      await visitor.output(/^alive/);
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
    name: 'a text that is no program is marked while it is typed',
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
    name: 'a link carries the program, and runs nothing',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      const program = "// ünïcode 😀\nprint('shared')\n";
      await visitor.write(program);
      await page.locator('#network').selectOption('memory');
      await page.locator('#share').click();
      await visitor.note(/link/);
      const { hash } = new URL(page.url());
      assert.match(hash, /^#code=[\w-]+&network=memory$/);
      await page.evaluate('localStorage.clear()');
      await page.goto('about:blank');
      await visitor.open(hash);
      await visitor.note(/came with a link. Nothing of it runs before you press Run/);
      assert.equal((await visitor.program()).trim(), program.trim());
      assert.equal(await page.locator('#network').inputValue(), 'memory');
      assert.equal(await page.locator('#output').textContent(), '');
      await visitor.picture('shared');
      await page.locator('#run').click();
      await visitor.output(/^shared/);
    },
  },
  {
    name: 'a link leaves the program that was kept alone, until the other one is changed',
    async tell(visitor) {
      const { page } = visitor;
      const link = `#code=${await packed(Buffer.from("print('theirs')"))}`;
      await visitor.open();
      await visitor.write("print('mine')");
      await page.evaluate((hash) => {
        location.hash = hash; // at once: what was written last is kept before it goes
      }, link);
      await visitor.note(/came with a link/);
      await page.locator('#network').selectOption('memory');
      await page.evaluate('new Promise((done) => setTimeout(done, 500))'); // goes off after the timer by which programs are kept
      await page.goto('about:blank');
      await visitor.open();
      assert.equal(await visitor.program(), "print('mine')");

      await page.goto('about:blank');
      await visitor.open(link);
      await page.locator('.cm-content').click();
      await page.keyboard.type('// changed ');
      await page.goto('about:blank');
      await visitor.open();
      assert.match(await visitor.program(), /\/\/ changed.*theirs|theirs.*\/\/ changed/);
    },
  },
  {
    name: 'broken links get a note',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open('#code=abc');
      await visitor.note(/broken/);
      for (const [fragment, answer] of [
        ['#code=%%%', /broken/],
        ['#code=', /broken/],
        [`#code=${await packed(Buffer.from([0xff, 0xfe, 0x80]))}`, /no text/],
        [`#code=${await packed(Buffer.alloc(50_000_000, 97))}`, /too long/],
        [`#code=${await packed(Buffer.from('\x00\x01ELF'))}`, /binary/],
      ] as const) {
        await page.evaluate((hash) => {
          location.hash = hash;
        }, fragment);
        await visitor.note(answer);
        await page.locator('#note-close').click();
      }
      await visitor.write("print('fine')");
      await visitor.run();
      await visitor.output(/fine/);
      assert.equal(new URL(page.url()).hash, '');
    },
  },
  {
    name: 'the program is there after a reload, and its example can be had again',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      const example = await visitor.program();
      await visitor.write("print('kept')");
      await page.reload();
      await page.waitForSelector('html[data-ready]');
      assert.equal(await visitor.program(), "print('kept')");
      assert.equal(await page.locator('#examples').inputValue(), '');
      assert.equal(await page.locator('#next').isVisible(), true);
      await page.locator('#examples').selectOption('hello');
      assert.equal(await visitor.program(), example);
      assert.equal(await page.locator('#output').textContent(), '');
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
    name: 'endless output is cut',
    measures: true,
    async tell(visitor) {
      await visitor.open();
      await visitor.write("fn flood(n) {\n\tprint('line ' + string(n) + '\\n')\n\tflood(n + 1)\n}\nflood(0)\n// ");
      await visitor.run();
      await visitor.status(/Stopped: too much output/);
      await recordKeys('in a flood', visitor);
      await visitor.ending(/cut here after 1 MB/);
      await visitor.page.waitForFunction(() => {
        const pane = document.getElementById('output') ?? document.body;
        return pane.scrollHeight - pane.scrollTop - pane.clientHeight < 40; // the end is seen
      });
      await visitor.picture('flood');
      await visitor.write("fn flood() {\n\tprint('x')\n\tflood()\n}\nflood()");
      await visitor.run();
      await visitor.status(/Stopped: too much output/);
      await visitor.ending(/cut here after 1 MB/);
      await visitor.write(
        "s := import('str').padStart('', 1000000, 'ab')\nfn more(n) if n > 0 -> {\n\tprint(s)\n\tmore(n - 1)\n}\nmore(100)",
      );
      await visitor.run();
      await visitor.status(/Stopped: too much output/);
      await visitor.ending(/cut here after 1 MB/);
      await visitor.write("print('alive')");
      await visitor.run();
      await visitor.output(/^alive/);
    },
  },
  {
    name: 'a paste of 10 MB is refused, a binary one gets a note',
    measures: true,
    async tell(visitor) {
      await visitor.open();
      const before = await visitor.program();
      await visitor.paste('print(1)\n'.repeat(1_100_000));
      await visitor.note(/too long: \d+\.\d million characters/);
      assert.equal(await visitor.program(), before);
      await visitor.paste('\x00\x01\x02\x7fELF');
      await visitor.note(/characters that are no text/);
      await visitor.paste('y := [1, 2, 3]\n'.repeat(60_000));
      await recordKeys('in 0.9 MB of text', visitor, 20);
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
  {
    name: 'a program that fills the memory is stopped before it takes the page with it',
    long: true,
    async tell(visitor) {
      await visitor.open();
      assert.equal(await visitor.page.evaluate('crossOriginIsolated'), true);
      await visitor.write('l := ?\nfn grow(n) {\n\tl <- { a: l, b: n, c: [n], d: string(n) }\n\tgrow(n + 1)\n}\ngrow(0)');
      await visitor.run();
      visitor.page.setDefaultTimeout(90_000); // the browser takes its time to measure
      await visitor.status(/too much memory|gave no answer/);
      await visitor.write("print('alive')");
      await visitor.run();
      await visitor.output(/^alive/);
    },
  },
  {
    name: 'a million threads',
    measures: true,
    long: true,
    async tell(visitor) {
      await visitor.open();
      await visitor.write(
        "fn start(n) if n > 0 -> {\n\tgo(fn() wait(1000))\n\tstart(n - 1)\n}\nstart(1000000), print('started')\n// ",
      );
      await visitor.run();
      await visitor.status(/Running/);
      await visitor.page.waitForTimeout(2000); // somewhere in the middle
      await recordKeys('with a million threads', visitor);
      if (!/Ended/.test((await visitor.page.locator('#status').textContent()) ?? ''))
        await stop(visitor, () => visitor.page.keyboard.press('Escape'));
    },
  },
  ...[
    ['1 GB in one string', "fn grow(s) grow(s + s)\ngrow('12345678')"],
    ['1 GB in a list of strings', 'l := []\nfn grow(n) {\n\tl << srand(1000000)\n\tgrow(n + 1)\n}\ngrow(0)'],
    ['1 GB in a list', 'l := []\nfn grow(n) {\n\tl << [n, n]\n\tgrow(n + 1)\n}\ngrow(0)'],
  ].map(
    ([name, program]): Story => ({
      name: `${name}: the page lives`,
      long: true,
      async tell(visitor) {
        await visitor.open();
        await visitor.write(program ?? '');
        await visitor.run();
        await visitor.page
          .waitForFunction(() => /memory|Ended/.test(document.getElementById('status')?.textContent ?? ''), null, {
            timeout: 12_000,
          })
          .catch(() => stop(visitor, () => visitor.page.keyboard.press('Escape')));
        console.log(
          `  ${await visitor.page.locator('#status').textContent()}; ${(await visitor.page.locator('#output').textContent())?.slice(0, 200)}`,
        );
        await visitor.write("print('alive')");
        await visitor.run();
        await visitor.output(/^alive/);
      },
    }),
  ),
];

/** As the page packs programs into links. */
async function packed(bytes: Buffer): Promise<string> {
  const { deflateRawSync } = await import('node:zlib');
  return deflateRawSync(bytes).toString('base64url');
}

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
