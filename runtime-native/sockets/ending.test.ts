/** Closing a socket and ending the program deliver the bytes of every send that has returned, and nothing else. */
import { connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Driver, plain } from '../../builtins/sockets/testing/testing.ts';
import { obj, str, type Value } from '../../language/values/values.ts';
import { makeCertificate } from '../make-certificate.ts';
import { closeAll, later, makeDriver, makeProgram, openSockets, seconds, serve, settled, socketOf } from './test-kit.ts';

afterEach(closeAll);

/** More than the system keeps for a peer that does not read. */
const FLOOD = str('x'.repeat(16 << 20));
const SOON = obj({ timeout: seconds(0.1) });

/** A peer that reads nothing until it is told to, and a socket that is connected to it. */
async function silentPeer(driver: Driver, options: Value = null): Promise<{ socket: Value; peer: Socket }> {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (stream) => {
    accepted.push(stream.on('error', () => {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  later(() => {
    server.close();
    for (const stream of accepted) stream.destroy();
  });
  const connection = new Promise((resolve) => server.once('connection', resolve));
  const { port } = server.address() as { port: number };
  const socket = socketOf(await driver.call('connect', str(`127.0.0.1:${port}`), options));
  await connection;
  return { socket, peer: accepted[0] as Socket };
}

/** Sends until nothing more is taken; everything that was sent has been called so. */
async function fill(driver: Driver, socket: Value): Promise<number> {
  let sent = 0;
  for (;;) {
    const result = plain(await driver.call('send', socket, str('y'.repeat(10_000)), SOON)) as { type: string };
    if (result.type !== 'sent') return sent;
    sent += 10_000;
  }
}

describe('the end of a program, whose peer does not read', () => {
  it('does not wait for a send that has not returned', async () => {
    const { driver, end } = makeProgram();
    const { socket } = await silentPeer(driver);
    void driver.call('send', socket, FLOOD);
    await end();
  });

  it('does not wait for a send that ran out of time', async () => {
    const { driver, end } = makeProgram();
    const { socket } = await silentPeer(driver);
    expect(plain(await driver.call('send', socket, FLOOD, SOON))).toMatchObject({ code: 'timeout' });
    await end();
  });

  it('does not wait for a send that was cut off by close', async () => {
    const { driver, end } = makeProgram();
    const { socket } = await silentPeer(driver);
    const sending = driver.call('send', socket, FLOOD);
    await driver.call('close', socket);
    expect(plain(await sending)).toMatchObject({ code: 'closed' });
    await end();
  });

  it('does not wait for a send behind which the direction is to end', async () => {
    const { driver, end } = makeProgram();
    const { socket } = await silentPeer(driver);
    void driver.call('send', socket, FLOOD);
    await driver.call('close_write', socket);
    await end();
  });

  it('waits until it does, for what was sent', async () => {
    const { driver, end } = makeProgram();
    const { socket, peer } = await silentPeer(driver);
    const sent = await fill(driver, socket);
    void driver.call('send', socket, FLOOD);
    const ended = new Promise((resolve) => peer.once('close', resolve));
    let size = 0;
    const over = end();
    peer.on('data', (chunk) => {
      size += chunk.length;
    });
    peer.on('end', () => peer.end()).resume();
    await Promise.all([over, ended]);
    expect(size).toBeGreaterThanOrEqual(sent);
  });
});

describe('close', () => {
  for (const name of ['ran out of time', 'still waits'] as const) {
    it(`frees a connection whose send ${name}, though the peer does not read`, async () => {
      const driver = makeDriver();
      const { socket } = await silentPeer(driver);
      const before = openSockets();
      const sending = driver.call('send', socket, FLOOD, name === 'still waits' ? null : SOON);
      if (name === 'ran out of time') await sending;
      await driver.call('close', socket);
      await sending;
      expect(await settled(before - 1)).toBe(before - 1);
    });
  }

  it('delivers what was sent before a send that did not return', async () => {
    const driver = makeDriver();
    const { socket, peer } = await silentPeer(driver);
    const sent = await fill(driver, socket);
    await driver.call('send', socket, FLOOD, SOON);
    await driver.call('close', socket);
    const got = await buffer(peer);
    expect(got.length).toBeGreaterThanOrEqual(sent);
    expect(got.subarray(0, sent).every((byte) => byte === 0x79)).toBe(true);
  });
});

describe('twenty peers that read nothing', () => {
  const deaf = async (driver: Driver, linger: number): Promise<Value[]> => {
    const connected = Array.from({ length: 20 }, () => silentPeer(driver, obj({ linger: seconds(linger) })));
    const sockets = (await Promise.all(connected)).map(({ socket }) => socket);
    await Promise.all(sockets.map((socket) => fill(driver, socket)));
    return sockets;
  };

  for (const linger of [0, 0.3]) {
    it(`do not hold up the end of the program longer than a linger of ${linger} s`, async () => {
      const { driver, end } = makeProgram();
      await deaf(driver, linger);
      await end();
    });

    it(`cost no descriptor once their sockets are closed and a linger of ${linger} s is over`, async () => {
      const driver = makeDriver();
      const sockets = await deaf(driver, linger);
      const before = openSockets();
      await Promise.all(sockets.map((socket) => driver.call('close', socket)));
      expect(await settled(before - 20)).toBe(before - 20);
    });
  }
});

it('closeWrite ends the direction behind the sends that wait', async () => {
  const driver = makeDriver();
  const { socket, peer } = await silentPeer(driver);
  const sends = [driver.call('send', socket, FLOOD), driver.call('send', socket, str('the last'))];
  expect(plain(await driver.call('close_write', socket))).toEqual({ type: 'closed' });
  const got = await buffer(peer);
  expect((await Promise.all(sends)).map(plain)).toEqual([
    { type: 'sent', bytes: FLOOD.length },
    { type: 'sent', bytes: 8 },
  ]);
  expect(got.length).toBe(FLOOD.length + 8);
});

it('a send that ran out of time tells how much the system took at least', async () => {
  const driver = makeDriver();
  const { socket, peer } = await silentPeer(driver);
  const { bytes } = plain(await driver.call('send', socket, FLOOD, SOON)) as { bytes: number };
  expect(bytes).toBeGreaterThan(0);
  await driver.call('close', socket);
  const got = await buffer(peer);
  expect(got.length).toBeGreaterThanOrEqual(bytes);
});

it('the time limit of startTLS also counts while earlier bytes are stuck', async () => {
  const driver = makeDriver();
  const { socket } = await silentPeer(driver);
  await fill(driver, socket);
  const options = obj({ insecureSkipVerify: true, timeout: seconds(0.1) });
  expect(plain(await driver.call('starttls', socket, options))).toMatchObject({ code: 'timeout' });
});

describe('a send on an accepted TLS connection', () => {
  const { cert, key } = makeCertificate({ commonName: 'localhost', names: ['dns:localhost'] });
  const options = obj({ tls: true, cert: str(cert), key: str(key) });

  it('waits for the handshake, and the end of the program does not', async () => {
    const { driver, end } = makeProgram();
    const listening = await serve(driver, options);
    later(listening.close);
    const client = connect(listening.port, '127.0.0.1');
    later(() => void client.destroy());
    const socket = socketOf(await listening.next());
    expect(plain(await driver.call('send', socket, FLOOD, SOON))).toMatchObject({ code: 'timeout', bytes: 0 });
    void driver.call('send', socket, FLOOD);
    await end();
  });

  it('reports the failure of the handshake', async () => {
    const driver = makeDriver();
    const listening = await serve(driver, options);
    later(listening.close);
    const client = connect(listening.port, '127.0.0.1');
    later(() => void client.destroy());
    const socket = socketOf(await listening.next());
    const sending = driver.call('send', socket, str('hello'));
    client.write('this is no TLS\r\n');
    expect(plain(await sending)).toEqual({
      type: 'error',
      error: 'Could not write socket data: tls: first record does not look like a TLS handshake',
      code: 'tls',
    });
  });
});
