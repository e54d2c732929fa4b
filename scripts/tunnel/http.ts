/** HTTP and WebSocket of a program in a page: asked by programs of this machine, and asking servers of it. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { WebSocket, WebSocketServer } from 'ws';
import { type Browser, expect, here, startGateway } from './kit.ts';

const LIMIT_MS = 60_000;
/** Below 32,768, where Linux begins to assign ports to outgoing connections. */
const ADDRESS = '127.0.0.1:26190';
const LONG = 'x'.repeat(1_000_000);
const LONG_BYTES = 5_000_000;

export async function httpInPages(browser: Browser): Promise<string> {
  const gateway = await startGateway();
  const run = async (name: string, env: { readonly [name: string]: string }): Promise<string> => {
    const file = join(here, name);
    const job = { gateway: gateway.access, file, env, text: readFileSync(file, 'utf8') };
    const { out, err, code } = await browser.run(0, job, LIMIT_MS);
    if (code !== 0) throw new Error(`${name}: ${code}\n${out}${err}`);
    return out;
  };
  try {
    const served = run('http-server.oak', { ADDRESS });
    const asked = await Promise.race([asking(), new Promise<never>((_, failed) => served.catch(failed))]);
    same('the server', await served, `served ${asked}\n`);
    const peers = await startPeers();
    try {
      same('the client', await run('http-client.oak', peers.env), EXPECTED);
    } finally {
      peers.close();
    }
    return `a page serves curl and ws (${asked} requests), and asks Node and ws`;
  } finally {
    await gateway.stop();
  }
}

function same(what: string, got: string, expected: string): void {
  expect(got === expected, `${what}:\n${got}instead of\n${expected}`);
}

/** curl and `ws` ask the server of the page. Returns the number of requests. */
async function asking(): Promise<number> {
  const base = `http://${ADDRESS}`;
  const curl = async (input: string, ...args: string[]): Promise<string> => {
    const running = promisify(execFile)('curl', ['-sS', '--max-time', '20', ...args], { maxBuffer: 2 * LONG.length });
    running.child.stdin?.on('error', () => {}).end(input);
    return (await running.catch((error: { stdout: string; code: number }) => ({ stdout: `${error.stdout}, curl ${error.code}` })))
      .stdout;
  };
  let requests = 1;
  const ask = async (expected: string, input: string, ...args: string[]): Promise<void> => {
    const got = await curl(input, ...args);
    requests += args.filter((arg) => arg.startsWith(base)).length;
    expect(got === expected, `curl ${args.join(' ')}: ${got.slice(0, 200)}`);
  };
  await curl('', '--retry', '50', '--retry-connrefused', '--retry-delay', '0', `${base}/hello`); // until it listens
  await ask('hello200 1\none two200 0\n', '', '-w', '%{http_code} %{num_connects}\n', `${base}/hello`, `${base}/pieces`);
  for (const extra of [[], ['-H', 'Expect: 100-continue'], ['-H', 'Transfer-Encoding: chunked']]) {
    await ask(LONG, LONG, ...extra, '--data-binary', '@-', `${base}/echo`);
  }
  await ask('half, curl 18', '', `${base}/cut`);

  const socket = new WebSocket(`ws://${ADDRESS}/ws`);
  requests++;
  await new Promise((done, failed) => socket.once('open', done).once('error', failed));
  for (const message of ['hi ä', Buffer.from(LONG)]) {
    socket.send(message);
    const [data, isBinary] = await new Promise<[Buffer, boolean]>((done) =>
      socket.once('message', (...got) => done(got as [Buffer, boolean])),
    );
    expect(
      Buffer.compare(data, Buffer.from(message)) === 0 && isBinary === (typeof message !== 'string'),
      'another message comes back',
    );
  }
  socket.close(4001, 'bye');
  const code = await new Promise((done) => socket.once('close', done));
  expect(code === 4001, `closed with ${code}`);
  await ask('bye', '', `${base}/end`);
  return requests;
}

const EXPECTED = `get hello
post true
written one two
binary true
packed unpacked
connections 1
streamed ${LONG_BYTES}
cut eof
nobody refused
text true
binary true
closed 4001
refused 200
`;

/** The servers that the client asks. */
async function startPeers(): Promise<{ readonly env: { readonly HOST: string; readonly WS: string }; close(): void }> {
  let connections = 0;
  const server = createServer((request, response) => {
    if (request.url === '/echo') request.pipe(response);
    else if (request.url === '/gzip') response.setHeader('Content-Encoding', 'gzip').end(gzipSync('unpacked'));
    else if (request.url === '/connections') response.end(String(connections));
    else if (request.url === '/long') response.end(Buffer.alloc(LONG_BYTES, 'x'));
    else if (request.url === '/cut') {
      response.setHeader('Content-Length', 10).write('half');
      setTimeout(() => response.destroy(), 50);
    } else response.end('hello');
  });
  server.on('connection', () => connections++);
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  sockets.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = (of: { address(): unknown }) => `127.0.0.1:${(of.address() as AddressInfo).port}`; // both listen on TCP
  return {
    env: { HOST: address(server), WS: address(sockets) },
    close() {
      server.close();
      server.closeAllConnections();
      sockets.close();
    },
  };
}
