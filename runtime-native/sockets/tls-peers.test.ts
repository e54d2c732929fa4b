/** Peers of TLS that speak something else, nothing, or garbage. */
import { connect as dialPlain } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { plain } from '../../builtins/sockets/testing/testing.ts';
import { Float, obj, str, type Value } from '../../language/values/values.ts';
import { freePort } from '../../scripts/free-port.ts';
import { testCertificates } from './test-authority.ts';
import { closeAll, makeDriver, peer, socketOf } from './test-kit.ts';

const certs = testCertificates();
const certificate = { certFile: str(join(certs, 'localhost.pem')), keyFile: str(join(certs, 'localhost-key.pem')) };
const serving = obj({ tls: true, ...certificate });
const unchecked = obj({ tls: true, insecureSkipVerify: true });
const errorOf = (result: Value): string => (plain(result) as { error: string }).error;

afterEach(closeAll);

describe('a peer that does not speak TLS', () => {
  it('is distinguished by the client', async () => {
    const port = await peer((stream) => stream.write('220 hello\r\n'));
    const result = await makeDriver().call('connect', str(`127.0.0.1:${port}`), unchecked);
    expect(plain(result)).toEqual({
      type: 'error',
      error: 'Could not connect socket: tls: first record does not look like a TLS handshake',
      code: 'tls',
    });
  });

  it('that closes the connection returns EOF', async () => {
    const port = await peer((stream) => stream.once('data', () => stream.end()));
    const result = await makeDriver().call('connect', str(`127.0.0.1:${port}`), unchecked);
    expect(plain(result)).toEqual({ type: 'error', error: 'Could not connect socket: EOF', code: 'eof' });
  });

  it('fails the reads of a TLS listener, and nothing else', async () => {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`127.0.0.1:${port}`, serving);
    const stream = dialPlain(port, '127.0.0.1', () => stream.write('GET / HTTP/1.0\r\n\r\n'));
    stream.on('error', () => {});
    const event = await listener.next();
    expect(errorOf(await driver.call('recv_line', socketOf(event)))).toBe(
      'Could not read socket line: tls: first record does not look like a TLS handshake',
    );
    expect(plain(await driver.call('close', socketOf(event)))).toEqual({ type: 'closed' });
    const connected = await driver.call('connect', str(`127.0.0.1:${port}`), unchecked);
    expect(plain(connected)).toMatchObject({ type: 'ok' });
    listener.close();
    stream.destroy();
  });
});

describe('garbage instead of a handshake', () => {
  it('never harms a listener', async () => {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`127.0.0.1:${port}`, serving);
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    for (let i = 0; i < 100; i++) {
      const bytes = Buffer.from(Array.from({ length: random(600) }, () => random(256)));
      if (i % 3 === 0 && bytes.length > 5) bytes.set([22, 3, 1, 0, 200]);
      await new Promise<void>((resolve) => {
        const stream = dialPlain(port, '127.0.0.1', () =>
          i % 4 === 0 ? stream.write(bytes, () => stream.resetAndDestroy()) : stream.end(bytes),
        );
        stream.on('error', () => {}).on('close', () => resolve());
        stream.resume();
      });
    }
    const connected = await driver.call('connect', str(`127.0.0.1:${port}`), unchecked);
    expect(plain(connected)).toMatchObject({ type: 'ok' });
    expect(driver.errors).toEqual([]);
    listener.close();
  });
});

describe('a limit of the time', () => {
  it('ends a handshake without an answer', async () => {
    const driver = makeDriver();
    const port = await peer(() => {});
    const soon = { timeout: new Float(0.02) };
    expect(plain(await driver.call('connect', str(`localhost:${port}`), obj({ tls: true, ...soon })))).toEqual({
      type: 'error',
      error: 'Could not connect socket: i/o timeout',
      code: 'timeout',
    });
    const a = socketOf(await driver.call('connect', str(`localhost:${port}`)));
    expect(plain(await driver.call('starttls', a, obj(soon)))).toEqual({
      type: 'error',
      error: 'Could not upgrade socket to TLS: i/o timeout',
      code: 'timeout',
    });
    expect(errorOf(await driver.call('send', a, str('x')))).toMatch(/use of closed network connection$/);
  });

  it('frees a listener of clients that say nothing', async () => {
    const driver = makeDriver();
    const port = await freePort();
    const options = obj({ tls: true, ...certificate, handshakeTimeout: new Float(0.02) });
    const listener = await driver.listen(`127.0.0.1:${port}`, options);
    const silent = dialPlain(port, '127.0.0.1');
    silent.on('error', () => {});
    const event = await listener.next();
    expect(plain(await driver.call('recv', socketOf(event), 1))).toMatchObject({ code: 'timeout' });
    await new Promise((resolve) => silent.once('close', resolve).resume());
    listener.close();
  });
});
