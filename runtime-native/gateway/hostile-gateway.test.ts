/** Pages of a gateway that is none: it says what it should not, or nothing at all. */
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Driver, plain } from '../../builtins/sockets/testing/testing.ts';
import {
  CREDIT,
  decodeFrame,
  encodeFrame,
  endFrame,
  type Frame,
  type Kind,
  MOST_DATA,
  MOST_STREAMS,
  PROTOCOL,
  windowFrame,
} from '../../builtins/sockets/tunnel/frames.ts';
import { type Obj, obj, str, type Value } from '../../language/values/values.ts';
import { closeAll, later, seconds, socketOf } from '../sockets/test-kit.ts';
import { makePage } from './testing/gateway-kit.ts';

afterEach(closeAll);

const opened = { local: '127.0.0.1:1', remote: '127.0.0.1:2', encryption: null };
const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A WebSocket server that answers each frame as a test wants, and the program of a page that uses it. */
async function fake(
  onFrame: (frame: Frame, socket: WebSocket) => void,
): Promise<{ url: string; driver: Driver; closed: Promise<number> }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => PROTOCOL });
  later(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await new Promise((done) => server.once('listening', done));
  const closed = new Promise<number>((done) => {
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => onFrame(decodeFrame(Uint8Array.from(data)) as Frame, socket)); // pages send frames
      socket.on('close', done);
    });
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, driver: makePage(url).driver, closed };
}

/** One that opens whatever it is asked for, and then does its worst. */
function opens(worst: (socket: WebSocket, frame: Frame) => void): ReturnType<typeof fake> {
  return fake((frame, socket) => {
    if (frame.kind !== 'open') return;
    socket.send(encodeFrame(frame.stream, 'opened', json(opened)));
    worst(socket, frame);
  });
}

const connectOf = async (driver: Driver): Promise<Value> => socketOf(await driver.call('connect', str('127.0.0.1:2')));

describe('a gateway that breaks the protocol', () => {
  const worst: { readonly [problem: string]: (socket: WebSocket) => void } = {
    'a message that is text': (socket) => socket.send('hello'),
    'a frame of 3 bytes': (socket) => socket.send(new Uint8Array(3)),
    'a frame of the unknown kind 77': (socket) => socket.send(Uint8Array.of(0, 0, 0, 1, 77)),
    'a frame data of stream 3, which was not opened': (socket) => socket.send(encodeFrame(3, 'data', Uint8Array.of(1))),
    'a frame data of stream 2, which was not opened': (socket) => socket.send(encodeFrame(2, 'data', Uint8Array.of(1))),
    'a frame opened on an open stream': (socket) => socket.send(encodeFrame(1, 'opened', json(opened))),
    'a failure that makes no sense': (socket) => socket.send(encodeFrame(1, 'failed', json({ code: 'no such', detail: 1 }))),
    'an upgrade that was not asked for': (socket) => socket.send(encodeFrame(1, 'upgrade')),
    'a close that was not asked for': (socket) => socket.send(encodeFrame(1, 'close')),
    'credit that was not taken': (socket) => socket.send(windowFrame(1, 1)),
    'data behind the end': (socket) => {
      socket.send(endFrame(1));
      socket.send(encodeFrame(1, 'data', Uint8Array.of(1)));
    },
    'data without credit': (socket) => {
      for (let sent = 0; sent <= 4 * CREDIT; sent += MOST_DATA) socket.send(encodeFrame(1, 'data', new Uint8Array(MOST_DATA)));
    },
  };
  for (const [problem, act] of Object.entries(worst)) {
    it(`with ${problem} is left, and the program is told`, async () => {
      const { url, driver, closed } = await opens(act);
      const socket = await connectOf(driver);
      expect(await closed).toBe(4002);
      expect(plain(await driver.call('recv_exact', socket, 100_000_000))).toMatchObject({
        type: 'error',
        code: 'protocol',
        error: `Could not read exact socket data: read tcp 127.0.0.1:1->127.0.0.1:2: read: gateway ${url} broke the protocol of the tunnel: ${problem}`,
      });
      expect(plain(await driver.call('recv', socket, 1))).toEqual({ type: 'closed' });
      expect(driver.errors).toEqual([]);
    });
  }

  it('while something is opened is an error of that', async () => {
    const { url, driver } = await fake(({ stream }, socket) => socket.send(encodeFrame(stream, 'opened', json({ local: 5 }))));
    expect(plain(await driver.call('connect', str('127.0.0.1:2')))).toMatchObject({
      code: 'protocol',
      error: `Could not connect socket: dial tcp 127.0.0.1:2: gateway ${url} broke the protocol of the tunnel: an opened that makes no sense`,
    });
  });

  it('with connections that nobody has asked for gets no more of them than there may be', async () => {
    const { driver, closed } = await fake(({ stream, kind }, socket) => {
      if (kind !== 'open') return;
      socket.send(encodeFrame(stream, 'opened', json(opened)));
      for (let i = 1; i <= 1000; i++) {
        socket.send(encodeFrame(stream, 'accepted', json({ ...opened, stream: 2 * i, handshake: 'none' })));
      }
    });
    let accepted = 0;
    const handler = (event: Obj): null => {
      if (plain(event.type) === 'connect') accepted++;
      return null;
    };
    await driver.call('serve', str('127.0.0.1:0'), handler, null);
    expect(await closed).toBe(4002);
    expect(accepted).toBe(MOST_STREAMS);
  });
});

describe('a gateway that says nothing', () => {
  it('lets no call wait longer than it may', async () => {
    const { driver } = await fake(() => {});
    expect(plain(await driver.call('connect', str('127.0.0.1:2'), obj({ timeout: seconds(0.05) })))).toMatchObject({
      code: 'timeout',
    });
    const silent = await opens(() => {});
    const socket = await connectOf(silent.driver);
    expect(plain(await silent.driver.call('recv', socket, 1, obj({ timeout: seconds(0.05) })))).toMatchObject({
      code: 'timeout',
    });
    expect(plain(await silent.driver.call('close', socket))).toEqual({ type: 'closed' });
  });

  it('and gives no credit lets senders wait, keeps what they have not sent, and nothing more', async () => {
    const kinds: Kind[] = [];
    let received = 0;
    const { driver } = await fake(({ stream, kind, payload }, socket) => {
      kinds.push(kind);
      if (kind === 'data') received += payload.length;
      if (kind === 'open') socket.send(encodeFrame(stream, 'opened', json(opened)));
    });
    const socket = await connectOf(driver);
    const text = str('x'.repeat(4 * CREDIT));
    expect(plain(await driver.call('send', socket, text, obj({ timeout: seconds(0.2) })))).toMatchObject({
      code: 'timeout',
      bytes: CREDIT,
    });
    expect(plain(await driver.call('close', socket))).toEqual({ type: 'closed' });
    expect(received).toBe(CREDIT);
  });
});

describe('what a page has unread', () => {
  it('is never more than what it reads ahead and one credit, and all of it is there', async () => {
    let sent = 0;
    let credit = CREDIT;
    const { driver } = await fake(({ stream, kind, payload }, socket) => {
      if (kind === 'open') socket.send(encodeFrame(stream, 'opened', json(opened)));
      if (kind === 'window') credit += new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      for (; credit >= MOST_DATA; credit -= MOST_DATA, sent += MOST_DATA) {
        socket.send(encodeFrame(stream, 'data', new Uint8Array(MOST_DATA).fill(sent / MOST_DATA)));
      }
    });
    const socket = await connectOf(driver);
    for (let before = -1; before !== sent; before = sent) await new Promise((done) => setTimeout(done, 100));
    expect(sent).toBeGreaterThanOrEqual(2 * CREDIT - MOST_DATA);
    expect(sent).toBeLessThanOrEqual(2 * CREDIT + MOST_DATA);
    const before = sent;
    const { data } = plain(await driver.call('recv_exact', socket, before)) as { data: string };
    expect([...new Set(data)].map((char) => char.charCodeAt(0))).toEqual(Array.from({ length: before / MOST_DATA }, (_, i) => i));
  });
});
