import { describe, expect, it } from '@jest/globals';
import { type Obj, obj, str, type Value } from '../../language/values/values.ts';
import { NodeHost } from '../../runtime-native/host.ts';
import { memoryNetwork } from './memory-network.ts';
import { checkConnection, Driver, type Loop, type Pair, plain } from './testing/testing.ts';

const host = new NodeHost();
const loop: Loop = { now: () => host.now(), defer: (run) => host.defer(run), timer: (ms, run) => host.timer(ms, run) };
const socketOf = (result: Value): Value => (result as Obj).socket as Value;
const framework = { it, equal: (actual: unknown, expected: unknown) => expect(actual).toEqual(expected) };

async function pair(): Promise<Pair> {
  const driver = new Driver(memoryNetwork(), loop);
  const listener = await driver.listen('localhost:80');
  const [connected, event] = await Promise.all([driver.call('connect', str('127.0.0.1:http')), listener.next()]);
  listener.close();
  return { driver, a: socketOf(connected), b: socketOf(event) };
}

describe('a connection in memory', () => checkConnection(framework, pair));

describe('the network in memory', () => {
  const refused = (address: string) => ({
    type: 'error',
    error: `Could not connect socket: dial tcp ${address}: connect: connection refused`,
    code: 'refused',
  });

  it('refuses without a listener, and after it was closed', async () => {
    const driver = new Driver(memoryNetwork(), loop);
    expect(plain(await driver.call('connect', str(':80')))).toEqual(refused('127.0.0.1:80'));
    const listener = await driver.listen(':80');
    const connected = await driver.call('connect', str('[::1]:80'));
    expect(plain(connected)).toMatchObject({ type: 'ok', remote: '[::1]:80', local: '[::1]:49152' });
    expect(plain(await listener.next())).toMatchObject({ type: 'connect', remote: '[::1]:49152', local: '[::1]:80' });
    listener.close();
    expect(plain(await driver.call('connect', str(':80')))).toEqual(refused('127.0.0.1:80'));
  });

  it('returns a port to one listener only, and one of its own for port 0', async () => {
    const driver = new Driver(memoryNetwork(), loop);
    await driver.listen('127.0.0.1:80');
    expect(plain((await driver.listen('127.0.0.1:80')).result)).toMatchObject({ code: 'inuse' });
    const served = plain(await driver.call('serve', str('127.0.0.1:0'), () => null)) as { local: string };
    expect(served.local).toMatch(/^127\.0\.0\.1:\d{5}$/);
    expect(plain(await driver.call('connect', str(served.local)))).toMatchObject({ type: 'ok', remote: served.local });
  });

  it('knows no other hosts and no TLS', async () => {
    const driver = new Driver(memoryNetwork(), loop);
    expect(plain(await driver.call('connect', str('example.com:80')))).toMatchObject({ code: 'dns' });
    expect(plain(await driver.call('connect', str(':80'), obj({ tls: true })))).toMatchObject({ code: 'unavailable' });
    const { driver: other, a } = await pair();
    expect(plain(await other.call('starttls', a))).toMatchObject({ code: 'unavailable' });
    expect(plain(await other.call('send', a, str('x')))).toMatchObject({ code: 'closed' });
  });

  it('breaks a connection into which something is sent and not read', async () => {
    const { driver, a, b } = await pair();
    await driver.call('close', a);
    expect(plain(await driver.call('send', b, str('x')))).toEqual({ type: 'sent', bytes: 1 });
    expect((plain(await driver.call('recv_line', b)) as { error: string }).error).toMatch(/: write: broken pipe$/);
    expect(plain(await driver.call('recv_line', b))).toEqual({ type: 'closed' });
    expect((plain(await driver.call('send', b, str('x'))) as { error: string }).error).toMatch(/: write: broken pipe$/);
  });

  it('has Unix sockets', async () => {
    const driver = new Driver(memoryNetwork(), loop);
    const listener = await driver.listen('unix:/run/x');
    expect(plain(await driver.call('connect', str('unix:/run/x')))).toMatchObject({
      remote: 'unix:/run/x',
      local: 'unix:/run/x',
    });
    listener.close();
    expect(plain(await driver.call('connect', str('unix:/run/x')))).toMatchObject({ code: 'refused' });
  });
});
