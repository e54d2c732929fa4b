/** Other people's clients against a server in Magnolia: curl, and Chromium, whose `fetch` and `WebSocket` serve a program in a page. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';

const root = resolve(dirname(__filename), '../..');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const hasChromium = existsSync(executablePath);
const hasCurl = spawnSync('curl', ['--version']).status === 0;

const SERVER = `
http := import('http')
websocket := import('websocket')
server := http.Server()
server.get('/', fn(_) http.html(200, '<!doctype html><title>a page</title>'))
server.get('/hello', fn(_) http.text(200, 'hello'))
server.post('/echo', fn(_) fn(req, end) end({status: 201, headers: {'X-Type': import('std').default(req.headers.'Content-Type', ''), 'Content-Type': 'text/plain'}, body: req.body}))
server.get('/moved', fn(_) http.redirect('/hello'))
server.get('/headers', fn(_) fn(req, end) end(http.json(200, req.headers)))
server.get('/pieces', fn(_) fn(_req, end) end({status: 200, headers: {}, body: fn(write) { write('one '), write('two') }}))
server.get('/cut', fn(_) fn(_req, end) end({status: 200, headers: {'Content-Length': '10'}, body: fn(write) write('half')}))
server.get('/ws', fn(_) fn(_req, end) {
	socket := end({upgrade: true}).socket
	fn again() if msg := websocket.recv(socket) {
		{type: :message, opcode: _, data: 'end'} -> websocket.close(socket, 4001, 'bye')
		{type: :message, opcode: _, data: _} -> {
			websocket.send(socket, msg.data, msg.opcode)
			again()
		}
		_ -> ?
	}
	again()
})
server.get('/dist/*path', http.static('${join(root, 'dist')}'))
running := server.serve('127.0.0.1:0', {log: fn(_) ?, protocols: ['chat']})
print(running.local + '\\n')`;

let child: ChildProcess;
let base: string;
let browser: Browser | null = null;

describe('a server in Magnolia', () => {
  beforeAll(async () => {
    child = spawn(process.execPath, [join(root, 'dist/cli.cjs'), 'eval', SERVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((done) => child.stdout?.once('data', (text) => done(String(text))));
    base = `http://${line.trim()}`;
    if (hasChromium) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    child.kill();
    await once(child, 'close');
  });

  (hasCurl ? describe : describe.skip)('and curl', () => {
    const curl = (...args: string[]) => spawnSync('curl', ['-sS', ...args], { encoding: 'utf8' });

    it('gets answers, two over one connection', () => {
      const { stdout } = curl('-w', '%{http_code} %{num_connects}\n', `${base}/hello`, `${base}/pieces`);
      expect(stdout).toBe('hello200 1\none two200 0\n');
    });

    it('sends bodies, those with Expect and in chunks too', () => {
      const large = 'x'.repeat(100_000);
      for (const extra of [[], ['-H', 'Expect: 100-continue'], ['-H', 'Transfer-Encoding: chunked']]) {
        const { stdout } = spawnSync('curl', ['-sS', ...extra, '--data-binary', '@-', `${base}/echo`], {
          input: large,
          encoding: 'utf8',
        });
        expect(stdout).toBe(large);
      }
    });

    it('follows redirects, asks for heads and ranges, and sees that an answer is cut', () => {
      expect(curl('-L', `${base}/moved`).stdout).toBe('hello');
      expect(curl('-I', `${base}/hello`).stdout).toMatch(/^HTTP\/1.1 200 OK\r\n(?:.*\r\n)*Content-Length: 5\r\n/);
      expect(curl('-r', '2-4', `${base}/dist/library.cjs`).stdout).toHaveLength(3);
      expect(curl(`${base}/cut`).status).toBe(18); // a partial file
    });

    it('is turned away with a reason', () => {
      const { stdout } = curl('-o', '/dev/null', '-w', '%{http_code}', '-H', `X: ${'x'.repeat(70_000)}`, `${base}/hello`);
      expect(stdout).toBe('431');
    });
  });

  const PAGE = `
std := import('std')
websocket := import('websocket')
{ fetch: fetch } := import('web-fetch')
fn code(result) [result.type, result.code, result.error]
socket := websocket.connect('ws://' + host + '/ws').socket
websocket.send(socket, 'hi ä')
websocket.send(socket, '\\x00\\xff', websocket.Opcode.binary)
text := websocket.recv(socket)
binary := websocket.recv(socket)
ping := code(ws_send(socket, 'ping', 9))
websocket.send(socket, 'end')
stream := req({url: base + '/pieces', stream: true}).resp
read := ''
fn rest() if got := stream.read() {
	{type: :data, data: _} -> {
		read << got.data
		rest()
	}
	_ -> got.type
}
echo := req({url: base + '/echo', method: 'POST', headers: {'content-type': 'a/b'}, body: '\\x00\\xff'}).resp
head := req({url: base + '/hello', method: 'HEAD'}).resp
followed := req({url: base + '/moved', redirects: 1}).resp
{
	hello: req({url: base + '/hello'}).resp.body
	echo: [echo.status, echo.headers.'X-Type', echo.headers.'Content-Length', echo.body = '\\x00\\xff']
	written: req({url: base + '/echo', method: 'POST', body: fn(write) { write('one '), write('two') }}).resp.body
	missing: req({url: base + '/missing'}).resp.status
	head: [head.headers.'Content-Length', head.body]
	redirect: code(req({url: base + '/moved'}))
	followed: [followed.body, followed.url = base + '/hello']
	streamed: [rest(), read]
	cut: code(req({url: base + '/cut'}))
	hidden: req({url: other + '/hello'}).code
	nobody: req({url: 'http://127.0.0.1:1/'}).code
	method: req({url: base + '/', method: 'CONNECT'}).code
	limit: code(req({url: base + '/echo', method: 'POST', body: 'long', maxBody: 3}))
	fetched: fetch({url: base + '/hello'}).value.resp.status
	cookie: import('json').parse(req({url: base + '/headers'}).resp.body).Cookie
	messages: [text.opcode, text.data, binary.opcode, binary.data = '\\x00\\xff']
	ping: ping
	closed: websocket.recv(socket)
	agreed: ws_dial('ws://' + host + '/ws', {}, {protocols: ['chat']}).protocol
	headers: code(ws_dial('ws://' + host + '/ws', {'X-A': 'b'}))
	refused: code(ws_dial('ws://' + host + '/hello'))
	listen: code(listen(':80', fn(_) ?))
}`;

  (hasChromium ? describe : describe.skip)('and a program in a page of Chromium', () => {
    /** Runs a program in a page of the server, with options for its runtime. */
    async function run(program: string, options: string): Promise<{ value: unknown; files: string[] }> {
      const page = await (browser as Browser).newPage(); // there is one in these tests
      const files: string[] = [];
      page.on('request', (request) => files.push(new URL(request.url()).pathname));
      await page.goto(`${base}/`);
      await page.evaluate("document.cookie = 'secret=1'");
      const value = await page.evaluate(`(async () => {
      const { createRuntime } = await import('/dist/browser.js');
      const { host, origin } = location;
      const runtime = createRuntime({ ${options} });
      const other = origin.replace('127.0.0.1', 'localhost');
      const head = "host := '" + host + "', base := '" + origin + "', other := '" + other + "'\\n";
      return (await runtime.run(head + ${JSON.stringify(program)})).value;
    })()`);
      await page.close();
      return { value, files };
    }

    it("has the browser's fetch and WebSocket where its embedder allows it", async () => {
      const { value } = await run(PAGE, "http: 'fetch', values: { atoms: 'text' }");
      expect(value).toEqual({
        hello: 'hello',
        echo: [201, 'a/b', '2', true],
        written: 'one two',
        missing: 404,
        head: ['5', ''],
        redirect: ['error', 'http', expect.stringMatching(/\/moved": the answer is a redirect, which browsers do not show/)],
        followed: ['hello', true],
        streamed: ['closed', 'one two'],
        cut: ['error', 'eof', 'Could not read response: unexpected EOF'],
        hidden: 'other',
        nobody: 'other',
        method: 'protocol',
        limit: ['error', 'limit', 'Could not read response: body longer than 3 bytes'],
        fetched: 200,
        cookie: null,
        messages: [1, 'hi ä', 2, true],
        ping: ['error', 'unavailable', 'Could not write websocket message: pings and pongs are unavailable in this runtime'],
        closed: { type: 'closed', code: 4001, reason: 'bye' },
        agreed: 'chat',
        headers: ['error', 'unavailable', 'a browser sends no headers of programs'],
        refused: ['error', 'other', 'websocket: bad handshake'],
        listen: ['error', null, 'listen() unavailable in this runtime'],
      });
    });

    it('loads HTTP when it is used, and has none unless it is allowed', async () => {
      const asks = "result := req({url: base + '/hello'}), [result.type, result.error]";
      const { value, files } = await run(asks, "values: { atoms: 'text' }");
      expect(value).toEqual(['error', 'req() unavailable in this runtime']);
      const unused = await run('1', "http: 'fetch'");
      expect([...files, ...unused.files].filter((file) => file.endsWith('http.js'))).toEqual([]);
    });

    it('asks the rules of its network', async () => {
      const asks = "[req({url: base + '/hello'}).code, ws_dial('ws://' + host + '/ws').code, req({url: other + '/hello'}).code]";
      const rules = "network: { mayConnect: ({ host }) => host === 'localhost' }";
      const { value } = await run(asks, `http: 'fetch', values: { atoms: 'text' }, ${rules}`);
      expect(value).toEqual(['permission', 'permission', 'other']);
    });
  });
});
