/** Pages of a gateway that is none: it says what it should not, or nothing at all. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { WebSocket } from 'ws';
import { type Driver, plain } from '../../builtins/sockets/testing/testing.ts';
import { CREDIT, encodeFrame, type Kind, MOST_DATA, MOST_STREAMS } from '../../builtins/sockets/tunnel/frames.ts';
import { type Obj, obj, str, type Value } from '../../language/values/values.ts';
import { closeAll, later, seconds, socketOf } from '../sockets/test-kit.ts';
import { fakeGateway, message, type OnFrame, opened, opensAll, VIOLATIONS } from './testing/fake-gateway.ts';
import { makePage } from './testing/gateway-kit.ts';

afterEach(closeAll);

/** A gateway that answers each frame as a test wants, and the program of a page that uses it. */
async function fake(onFrame: OnFrame): Promise<{ url: string; driver: Driver; closed: Promise<number> }> {
  const { url, closed, close } = await fakeGateway(onFrame);
  later(close);
  return { url, driver: makePage(url).driver, closed };
}

const opens = (worst: (socket: WebSocket) => void): ReturnType<typeof fake> => fake(opensAll(worst));

const connectOf = async (driver: Driver): Promise<Value> => socketOf(await driver.call('connect', str('127.0.0.1:2')));

describe('a gateway that breaks the protocol', () => {
  for (const [problem, act] of Object.entries(VIOLATIONS)) {
    it(`with ${problem} is left, and the program gets an error`, async () => {
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
    const { url, driver } = await fake(({ stream }, socket) => socket.send(encodeFrame(stream, 'opened', message({ local: 5 }))));
    expect(plain(await driver.call('connect', str('127.0.0.1:2')))).toMatchObject({
      code: 'protocol',
      error: `Could not connect socket: dial tcp 127.0.0.1:2: gateway ${url} broke the protocol of the tunnel: an opened that makes no sense`,
    });
  });

  it('with unrequested connections gets no more of them than there may be', async () => {
    const { driver, closed } = await fake(({ stream, kind }, socket) => {
      if (kind !== 'open') return;
      socket.send(encodeFrame(stream, 'opened', message(opened)));
      for (let i = 1; i <= 1000; i++) {
        socket.send(encodeFrame(stream, 'accepted', message({ ...opened, stream: 2 * i, handshake: 'none' })));
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

  it('and returns no credit lets senders wait, keeps what they have not sent, and nothing more', async () => {
    const kinds: Kind[] = [];
    let received = 0;
    const { driver } = await fake(({ stream, kind, payload }, socket) => {
      kinds.push(kind);
      if (kind === 'data') received += payload.length;
      if (kind === 'open') socket.send(encodeFrame(stream, 'opened', message(opened)));
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
      if (kind === 'open') socket.send(encodeFrame(stream, 'opened', message(opened)));
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
