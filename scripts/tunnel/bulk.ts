/**
 * Much data through a gateway: every byte of it, the rate and the latency beside the same program on Node and beside a WebSocket without
 * any tunnel, the memory of the gateway.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { startBare } from './bare.ts';
import { type Browser, cli, expect, type Gateway, here, startGateway } from './kit.ts';

const BLOCK_BYTES = 1024 * 1024;
const LIMIT_MS = 120_000;
/** Of the same program on Node, or of what a WebSocket of this browser can by itself, whichever is slower. */
const LEAST_RATE = 0.5;
const MOST_LATENCY = 3;
/** What a gateway may need more while data passes: buffers of V8 and of the system included. */
const MOST_GATEWAY_MIB = 64;
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-\n';
const rest = ALPHABET.repeat(Math.ceil(BLOCK_BYTES / ALPHABET.length) + 1);

/** The blocks that bulk.oak moves. */
function block(number: number): Buffer {
  return Buffer.from(String(number).padStart(16, '0') + rest.slice(16, BLOCK_BYTES), 'latin1');
}

/** What the peer has seen of the last program. */
interface Seen {
  ms: number;
  digest: string;
}

/** The peer in Node: sends blocks, takes blocks, or answers lines. */
async function startPeer(blocks: number, seen: Seen): Promise<{ port: number; close(): void }> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', (first: Buffer) => {
      const end = first.indexOf('\r\n');
      const what = first.toString('latin1', 0, end);
      const after = first.subarray(end + 2);
      if (what === 'down')
        sendBlocks(socket, blocks, seen).catch(() => {}); // its program says what is missing
      else if (what === 'up') takeBlocks(socket, after, seen);
      else socket.on('data', (chunk) => socket.write(chunk));
      if (what === 'ask' && after.length > 0) socket.write(after);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number }; // it listens on TCP
  return { port, close: () => server.close() };
}

async function sendBlocks(socket: Socket, blocks: number, seen: Seen): Promise<void> {
  const started = performance.now();
  await pipeline(Readable.from(Array.from({ length: blocks }, (_, number) => block(number))), socket);
  seen.ms = performance.now() - started;
}

function takeBlocks(socket: Socket, first: Buffer, seen: Seen): void {
  const started = performance.now();
  const hash = createHash('sha256').update(first);
  socket.on('data', (chunk: Buffer) => hash.update(chunk));
  socket.on('end', () => {
    seen.ms = performance.now() - started;
    seen.digest = hash.digest('hex');
    socket.end(`${seen.digest}\n`);
  });
}

export async function bulkInPages(browser: Browser, isShort: boolean): Promise<string> {
  const megabytes = 100;
  const rounds = isShort ? 1000 : 5000;
  const runs = isShort ? 1 : 3;
  const sum = createHash('sha256');
  for (let number = 0; number < megabytes; number++) sum.update(block(number));
  const digest = sum.digest('hex');
  const seen: Seen = { ms: 0, digest: '' };
  const peer = await startPeer(megabytes, seen);
  const gateway = await startGateway();
  const env = (what: string) => ({
    ADDRESS: `127.0.0.1:${peer.port}`,
    WHAT: what,
    BLOCKS: String(megabytes),
    ROUNDS: String(rounds),
  });
  const file = join(here, 'bulk.oak');
  const bare = await startBare(browser);
  const inPage = (what: string) => page(browser, gateway, file, env(what));
  const onNode = async (what: string): Promise<string> =>
    (await promisify(execFile)(process.execPath, [cli, file], { env: { ...process.env, ...env(what) } })).stdout;
  try {
    const said: string[] = [];
    const before = gateway.memory().now;
    for (const what of ['down', 'up']) {
      const expected = what === 'up' ? `sum ${digest}\n{data: '', type: :data}\n` : `{data: '', type: :data}\n`;
      const timed = async (run: (what: string) => Promise<string>): Promise<number> => {
        const out = await run(what);
        expect(out === expected, `${what}: ${out.slice(0, 300)}`);
        return seen.ms;
      };
      const { node, tunnel, socket } = await interleaved(runs, {
        node: () => timed(onNode),
        tunnel: () => timed(inPage),
        socket: () => bare.measure(what, megabytes * BLOCK_BYTES),
      });
      const rate = ((megabytes * 1000) / tunnel).toFixed(0);
      said.push(`100 MB ${what} byte-exact, ${rate} MB/s, ${beside(node / tunnel, socket / tunnel, node / socket)}`);
      if (!isShort) expect(Math.max(node, socket) / tunnel >= LEAST_RATE, `${said.join(', ')}: below ${LEAST_RATE}`);
    }
    const grown = (gateway.memory().most - before) / 1024;
    said.push(`the gateway took ${grown.toFixed(0)} MiB more`);
    expect(grown <= MOST_GATEWAY_MIB, `${said.join(', ')}: above ${MOST_GATEWAY_MIB}`);

    const { node, tunnel, socket } = await interleaved(runs, {
      node: async () => microseconds(await onNode('ask')),
      tunnel: async () => microseconds(await inPage('ask')),
      socket: async () => ((await bare.measure('ask', rounds)) * 1000) / rounds,
    });
    said.push(`a question ${tunnel.toFixed(0)} us, ${beside(tunnel / node, tunnel / socket, socket / node)}`);
    if (!isShort) expect(tunnel / Math.max(node, socket) <= MOST_LATENCY, `${said.join(', ')}: above ${MOST_LATENCY}`);
    return said.join(', ');
  } finally {
    await gateway.stop();
    bare.close();
    peer.close();
  }
}

type Times = { readonly node: number; readonly tunnel: number; readonly socket: number };

/** The shortest time of each: other work on the machine makes figures worse, never better. */
async function interleaved(runs: number, ways: { readonly [way in keyof Times]: () => Promise<number> }): Promise<Times> {
  const best = { node: Number.POSITIVE_INFINITY, tunnel: Number.POSITIVE_INFINITY, socket: Number.POSITIVE_INFINITY };
  for (let i = 0; i < runs; i++) {
    for (const way of ['node', 'tunnel', 'socket'] as const) best[way] = Math.min(best[way], await ways[way]());
  }
  return best;
}

function beside(node: number, socket: number, socketBesideNode: number): string {
  return `${node.toFixed(2)} of Node and ${socket.toFixed(2)} of a bare WebSocket, which is ${socketBesideNode.toFixed(2)} of Node`;
}

async function page(browser: Browser, gateway: Gateway, file: string, env: { readonly [name: string]: string }): Promise<string> {
  const job = { gateway: gateway.access, file, env, text: readFileSync(file, 'utf8') };
  const { out, err, code } = await browser.run(0, job, LIMIT_MS);
  if (code !== 0) throw new Error(`${env.WHAT}: ${code}\n${out}${err}`);
  return out;
}

function microseconds(out: string): number {
  return Number(/us (\d+)/.exec(out)?.[1] ?? Number.NaN);
}
