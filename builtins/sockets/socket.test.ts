/** `Socket` over a network in memory: buffering, the order of waiting calls, and memory after `close`. */
import { describe, expect, it } from '@jest/globals';
import { type Obj, str, type Value } from '../../language/values/values.ts';
import { NodeHost } from '../../runtime-native/host.ts';
import { MOST_UNREAD } from './limits.ts';
import { memoryNetwork } from './memory-network.ts';
import { Driver, type Loop, plain } from './testing/testing.ts';

const host = new NodeHost();
const loop: Loop = { now: () => host.now(), defer: (run) => host.defer(run), timer: (ms, run) => host.timer(ms, run) };
const socketOf = (result: Value): Value => (result as Obj).socket as Value;

async function pair(): Promise<{ driver: Driver; a: Value; b: Value; info(socket: Value): Promise<Record<string, unknown>> }> {
  const driver = new Driver(memoryNetwork(), loop);
  const listener = await driver.listen('localhost:80');
  const [connected, event] = await Promise.all([driver.call('connect', str('127.0.0.1:80')), listener.next()]);
  listener.close();
  const info = async (socket: Value) => plain(await driver.call('info', socket)) as Record<string, unknown>;
  return { driver, a: socketOf(connected), b: socketOf(event), info };
}

const sent = { type: 'sent' };

describe('a socket', () => {
  it('sends small texts together, in order, before the thread waits', async () => {
    const { driver, a, b } = await pair();
    const reading = driver.call('recv', b, 100);
    await driver.sequence(['send', a, str('one ')], ['send', a, str('two ')], ['send', a, str('three')]);
    expect(plain(await reading)).toEqual({ type: 'data', data: 'one two three' });
  });

  it('serves reads in the order in which they began to wait', async () => {
    const { driver, a, b } = await pair();
    const reads = [driver.call('recv_exact', b, 2), driver.call('recv_line', b), driver.call('recv', b, 10)];
    await driver.call('send', a, str('ab'));
    await driver.call('send', a, str('line\nrest'));
    expect((await Promise.all(reads)).map(plain)).toMatchObject([{ data: 'ab' }, { data: 'line' }, { data: 'rest' }]);
  });

  it('holds its peer back while there are no reads, and resumes it with the next read', async () => {
    const { driver, a, b, info } = await pair();
    const text = 'x'.repeat(4 * MOST_UNREAD);
    const sending = driver.call('send', a, str(text));
    expect((await info(b)).buffered).toBeLessThanOrEqual(2 * MOST_UNREAD);
    expect(plain(await driver.call('recv_exact', b, text.length))).toMatchObject({ data: text });
    expect(plain(await sending)).toMatchObject(sent);
  });

  it('wakes all waiting threads when it is closed', async () => {
    const { driver, a } = await pair();
    const waiting = [driver.call('recv', a, 1), driver.call('recv_line', a)];
    expect(plain(await driver.call('close', a))).toEqual({ type: 'closed' });
    for (const result of await Promise.all(waiting)) expect(plain(result)).toMatchObject({ type: 'error', code: 'closed' });
    expect(plain(await driver.call('close', a))).toEqual({ type: 'closed' });
  });

  it('keeps nothing of what was not read once it is closed', async () => {
    const { driver, a, b, info } = await pair();
    await driver.call('send', a, str('y'.repeat(MOST_UNREAD / 2)));
    await driver.call('recv', b, 1);
    expect((await info(b)).buffered).toBeGreaterThan(0);
    await driver.call('close', b);
    expect((await info(b)).buffered).toBe(0);
    expect(plain(await driver.call('recv', b, 1))).toMatchObject({ type: 'error', code: 'closed' });
  });

  it('returns what came before the end of the stream, and then that it has ended', async () => {
    const { driver, a, b } = await pair();
    await driver.call('send', a, str('last words'));
    await driver.call('close', a);
    expect(plain(await driver.call('recv_line', b))).toMatchObject({ data: 'last words' });
    expect(plain(await driver.call('recv_line', b))).toEqual({ type: 'closed' });
  });
});
