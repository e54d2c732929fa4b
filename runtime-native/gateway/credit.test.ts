/** How much may be on its way between a page and a gateway, and what becomes of it. */
import type { Socket } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { CREDIT, MOST_DATA, windowFrame } from '../../builtins/sockets/tunnel/frames.ts';
import { closeAll } from '../sockets/test-kit.ts';
import { makeGateway, opening, peer, rawPage } from './testing/gateway-kit.ts';

afterEach(closeAll);

const KIND_WINDOW = 4;

it('a peer whose page returns no credit is held back until it does', async () => {
  let written = 0;
  const { port } = await peer((socket) => {
    const flood = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'x'))) written += 65_536;
    };
    socket.on('drain', flood);
    flood();
  });
  const { url } = await makeGateway();
  const page = await rawPage(url);
  page.send(1, 'open', opening(`127.0.0.1:${port}`));
  await page.frame(({ kind }) => kind === 'opened');
  const received = () => page.frames.reduce((sum, { kind, payload }) => sum + (kind === 'data' ? payload.length : 0), 0);
  const quiet = async (): Promise<number> => {
    for (let before = -1, now = received(); before !== now; before = now, now = received())
      await new Promise((done) => setTimeout(done, 100));
    return received();
  };
  const first = await quiet();
  expect(first).toBeLessThanOrEqual(CREDIT);
  expect(first).toBeGreaterThanOrEqual(CREDIT - MOST_DATA);
  page.sendBytes(windowFrame(1, first));
  const second = await quiet();
  expect(second).toBeGreaterThan(first);
  expect(second).toBeLessThanOrEqual(first + CREDIT);
  expect(written).toBeLessThan(16 * 1024 * 1024);
});

it('bytes that come one by one while the peer reads nothing are all there, in their order, also when the page has gone', async () => {
  const { port, clients } = await peer((socket) => socket.pause());
  const { url } = await makeGateway();
  const page = await rawPage(url);
  page.send(1, 'open', opening(`127.0.0.1:${port}`));
  await page.frame(({ kind }) => kind === 'opened');
  let credit = CREDIT;
  let sent = 0;
  let isFilling = true;
  const fill = (): void => {
    for (; isFilling && credit >= 2 * MOST_DATA; credit -= MOST_DATA, sent += MOST_DATA)
      page.send(1, 'data', new Uint8Array(MOST_DATA));
  };
  page.socket.on('message', (message: Buffer) => {
    if (message[4] !== KIND_WINDOW) return;
    credit += message.readUInt32BE(5);
    fill();
  });
  fill();
  for (let before = -1; before !== sent; before = sent) await new Promise((done) => setTimeout(done, 200)); // the system is full
  isFilling = false;
  const short = Array.from({ length: 20_000 }, (_, i) => i % 251);
  for (const byte of short) page.send(1, 'data', Uint8Array.of(byte));
  page.socket.close();
  const [client] = clients as [Socket];
  const received: Buffer[] = [];
  client.on('data', (chunk) => received.push(chunk)).resume();
  await new Promise((done) => client.once('end', done));
  const all = Buffer.concat(received);
  expect(all.length).toBe(sent + short.length);
  expect(all.subarray(sent).equals(Buffer.from(short))).toBe(true);
});
