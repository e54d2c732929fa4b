/** Packets, limits on connections, policies and watches. */
import { describe, expect, it } from '@jest/globals';
import { Float, type Obj, obj, str, type Value } from '../../language/values/values.ts';
import { NodeHost } from '../../runtime-native/host.ts';
import { memoryNetwork } from './memory-network.ts';
import { Driver, type Loop, type Pair, plain } from './testing/testing.ts';
import type { SocketEvent } from './watch.ts';

const host = new NodeHost();
const loop: Loop = { now: () => host.now(), defer: (run) => host.defer(run), timer: (ms, run) => host.timer(ms, run) };
const socketOf = (result: Value): Value => (result as Obj).socket as Value;

async function makePair(): Promise<Pair> {
  const driver = new Driver(memoryNetwork(), loop);
  const listener = await driver.listen(':80');
  const [connected, event] = await Promise.all([driver.call('connect', str(':80')), listener.next()]);
  listener.close();
  return { driver, a: socketOf(connected), b: socketOf(event) };
}

describe('a policy', () => {
  it('is asked for each address of a name', async () => {
    const asked: unknown[] = [];
    const driver = new Driver(memoryNetwork(), loop, {
      mayReach: (address) => {
        asked.push(address);
        return false;
      },
    });
    expect(plain(await driver.call('connect', str('localhost:80')))).toEqual({
      type: 'error',
      error: 'Could not connect socket: dial tcp 127.0.0.1:80: permission denied by the network policy',
      code: 'permission',
    });
    expect(plain(await driver.call('connect', str('127.0.0.1:80')))).toMatchObject({ code: 'refused' });
    expect(asked).toEqual([{ ip: '127.0.0.1', port: 80, name: 'localhost' }]);
  });
});

describe('packets', () => {
  for (const [width, length] of [
    [1, 255],
    [2, 65_535],
    [4, 70_000],
  ] as const) {
    it(`come with a length of ${width} bytes`, async () => {
      const { driver, a, b } = await makePair();
      for (const text of ['', 'x'.repeat(length)]) {
        const sending = driver.call('send_packet', a, str(text), width);
        expect(plain(await driver.call('recv_packet', b, width))).toEqual({ type: 'data', data: text });
        expect(plain(await sending)).toEqual({ type: 'sent', bytes: text.length + width });
      }
    });
  }

  it('have the highest byte of the length first', async () => {
    const { driver, a, b } = await makePair();
    await driver.call('send_packet', a, str('x'.repeat(258)), 2);
    expect(plain(await driver.call('recv_exact', b, 4))).toMatchObject({ data: '\x01\x02xx' });
  });

  it('are refused when they are too long, and then stay where they are', async () => {
    const { driver, a, b } = await makePair();
    expect(plain(await driver.call('send_packet', a, str('x'.repeat(256)), 1))).toMatchObject({ type: 'error', code: 'limit' });
    await driver.call('send_packet', a, str('hello'), 1);
    for (let i = 0; i < 2; i++) {
      expect(plain(await driver.call('recv_packet', b, 1, obj({ maxBytes: 4 })))).toEqual({
        type: 'error',
        error: 'Could not read socket data: packet of 5 bytes, above 4',
        code: 'limit',
      });
    }
    expect(plain(await driver.call('recv_packet', b, 1, obj({ maxBytes: 5 })))).toMatchObject({ data: 'hello' });
  });

  it('end with the stream on a boundary only', async () => {
    const { driver, a, b } = await makePair();
    await driver.call('send', a, str('\x02hi\x05hel'));
    await driver.call('close', a);
    expect(plain(await driver.call('recv_packet', b, 1))).toMatchObject({ data: 'hi' });
    expect(plain(await driver.call('recv_packet', b, 1))).toEqual({
      type: 'error',
      error: 'Could not read socket data: unexpected EOF',
      code: 'eof',
      data: '\x05hel',
    });
    expect(plain(await driver.call('recv_packet', b, 1))).toEqual({ type: 'closed' });
  });

  it('know lengths of 1, 2 and 4 bytes', async () => {
    const { driver, a } = await makePair();
    for (const width of [0, 3, 8, new Float(1), str('4')]) {
      const error = await driver.call('recv_packet', a, width).catch((thrown: unknown) => thrown);
      expect(String((error as { reason?: unknown }).reason)).toContain('must be 1, 2 or 4 bytes, got');
    }
  });
});

describe('maxConnections', () => {
  it('lets further connections wait until one is closed', async () => {
    const driver = new Driver(memoryNetwork(), loop);
    const { next } = await driver.listen(':1', obj({ maxConnections: 2, backlog: 1 }));
    const clients: Value[] = [];
    for (let i = 0; i < 4; i++) clients.push(socketOf(await driver.call('connect', str(':1'))));
    const [, , third, fourth] = clients as [Value, Value, Value, Value]; // four were made
    const first = await next();
    await next();
    expect(plain(await driver.call('recv', fourth, 1))).toEqual({ type: 'closed' }); // there is one place to wait in
    await driver.call('send', third, str('patience'));
    await driver.call('close', first.socket as Value);
    const late = await next();
    expect(plain(await driver.call('recv', late.socket as Value, 100))).toEqual({ type: 'data', data: 'patience' });
  });

  it('counts a socket whose two directions have ended as closed', async () => {
    const driver = new Driver(memoryNetwork(), loop);
    const { next } = await driver.listen(':1', obj({ maxConnections: 1 }));
    const client = socketOf(await driver.call('connect', str(':1')));
    await driver.call('connect', str(':1'));
    const { socket } = await next();
    await driver.call('close_write', socket as Value);
    await driver.call('close', client);
    await next();
  });
});

describe('a watch', () => {
  it('receives events, without data', async () => {
    const told: unknown[] = [];
    const watch = {
      tell: (event: SocketEvent) => told.push(event),
      bytes: (id: number, direction: string, count: number) => told.push(`${id} ${direction} ${count}`),
    };
    const driver = new Driver(memoryNetwork(), loop, {}, watch);
    await driver.call('connect', str(':1'));
    const server = await driver.listen(':1');
    const client = socketOf(await driver.call('connect', str(':1')));
    const { socket } = await server.next();
    await driver.call('send', client, str('secret'));
    await driver.call('recv', socket as Value, 9);
    await driver.call('close', client);
    server.close();
    const [remote, local] = ['127.0.0.1:1', '127.0.0.1:49152'];
    expect(told).toEqual([
      { kind: 'connect-failed', address: ':1', code: 'refused', reason: 'dial tcp 127.0.0.1:1: connect: connection refused' },
      { kind: 'listen', local: '[::]:1' },
      { kind: 'accept', id: 0, remote: local, local: remote, tls: false },
      { kind: 'connect', id: 1, remote, local, tls: false },
      '1 out 6',
      '0 in 6',
      { kind: 'close', id: 1, bytesIn: 0, bytesOut: 6 },
      { kind: 'listen-closed', local: '[::]:1' },
    ]);
    expect(JSON.stringify(told)).not.toContain('secret');
  });
});
