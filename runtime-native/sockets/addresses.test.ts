/**
 * 200 addresses that are none: an error value within a second, for `connect` and for `listen`, and no question about them
 * leaves the machine.
 */
import dns from 'node:dns';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { plain } from '../../builtins/sockets/testing/testing.ts';
import { obj, str, type Value } from '../../language/values/values.ts';
import { closeAll, makeDriver } from './test-kit.ts';

const LONG = 'a'.repeat(64);

/** Hosts that no resolver may be asked for. */
// biome-ignore format: a table
const hosts = [
  ' ', ' localhost', 'localhost ', 'local host', '\tlocalhost', 'localhost\n', 'local\0host', '\0', '\0localhost', 'localhost\0.example.com',
  '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0177.0.0.1', '127.0.0.01', '127.0.0.1.', '127.0.0.1.1', '256.1.1.1',
  '1.2.3.256', '1.2.3.-4', '1.2.3.4 ', '999.999.999.999', '0x', '0', '1', '1.2', '127.0.0.0x1', '1.2.3.0x',
  '*', '*.example.com', '?', '.', '..', '.localhost', 'a..b', 'localhost..', '-a .com', 'a,b',
  'a/b', '/tmp/x', 'a\\b', 'user@host', 'a%20b', 'a&b', 'a|b', 'a;b', '$(x)', '`x`',
  '"localhost"', "'localhost'", '<x>', '(x)', '{x}', 'a=b', 'a+b', 'a!b', 'a~b', 'a^b',
  'b\xfccher.example', '\xc3\xa4.example', '\xff\xfe', '\x7f', 'a\x1b[2J', 'xn--\xe9', '\u00e9', '\u00a0', '\u00ad.com', '\u00b7',
  LONG, `${LONG}.com`, `www.${LONG}.com`, `${'a.'.repeat(130)}com`, 'a'.repeat(300), 'a'.repeat(65_536), `${'ab.'.repeat(22_000)}c`, 'a#b', 'a:b'.replace(':', ';'), 'a\rb',
];
/** Addresses with a host that is in order, or none. */
// biome-ignore format: a table
const others = [
  '127.0.0.1', 'localhost', '[::1]', '/tmp/x.sock', 'example.com', '::1', 'a', ' ', '80', 'http',
  '127.0.0.1:65536', '127.0.0.1:-1', '127.0.0.1:99999', '127.0.0.1:1e3', '127.0.0.1:0x50', '127.0.0.1:8 0', '127.0.0.1: 80', '127.0.0.1:80 ', '127.0.0.1:80\n', '127.0.0.1:80\0',
  '127.0.0.1:80.0', '127.0.0.1:+-80', '127.0.0.1:--80', '127.0.0.1:4294967376', '127.0.0.1:18446744073709551696', `127.0.0.1:${'9'.repeat(400)}`, '127.0.0.1:nosuchservice', '127.0.0.1:http/1', '127.0.0.1:\xb2', '127.0.0.1:*',
  '::1:80', 'h:1:2', 'tcp://127.0.0.1:80', 'http://localhost:80', 'localhost:80:', '127.0.0.1::80', ':::80', '1:2:3:4:5:6:7:8', 'fe80::1:80', '::ffff:127.0.0.1:80',
  '[::1', '[::1:80', '::1]:80', '[[::1]]:80', '[::1]]:80', '[::1]80', '[::1]x:80', '[]', '[', ']', 'a[b]:80', '[::1][::1]:80', 'x[::1]:80', '[::1] :80',
  '[:]:80', '[:::]:80', '[::1::]:80', '[1:2:3]:80', '[1:2:3:4:5:6:7:8:9]:80', '[12345::]:80', '[g::1]:80', '[::1.2.3]:80', '[::1.2.3.256]:80', '[::1%]:80', '[::1%a b]:80', '[::1%\0]:80', '[::1 ]:80', '[ ::1]:80', '[::-1]:80',
  '[1:2:3:4:5:6:7:]:80', '[:1:2:3:4:5:6:7]:80', '[::ffff:127.1]:80', '[::ffff:0x7f.0.0.1]:80', '[/tmp/x]:80', '[*]:80', '[127.1]:80', '[a b]:80', '[\xff]:80', '-a.example:80', 'a-:80', `unix:/tmp/\0x`,
  '\0:80', ':http\0', ':65536', ':-1', ':nosuch', ':80:80', '[]:65536', '[]:x', 'localhost:65536', 'localhost:\x00',
  'localhost:80/', 'localhost:80?x', 'localhost:80#x', 'localhost:80,81', 'localhost:80-90', 'localhost:%38%30', 'localhost:eighty', 'localhost:8080:http', 'localhost:0b1', 'localhost:1_000',
];
const addresses = [...hosts.map((host) => `${host}:80`), ...hosts.slice(0, 40).map((host) => `[${host}]:80`), ...others];
const questions: unknown[] = [];
const undo: (() => void)[] = [];

/** Puts something in the place of a function of Node that would talk to the world. */
function watch<T extends object>(owner: T, name: keyof T & string): void {
  const original = owner[name];
  owner[name] = ((...args: unknown[]) => {
    questions.push([name, args[0]]);
    const done = args.at(-1);
    if (typeof done === 'function') done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  }) as T[typeof name];
  undo.push(() => {
    owner[name] = original;
  });
}

beforeAll(() => {
  watch(dns, 'lookup');
  watch(dns, 'resolve');
});
afterAll(async () => {
  for (const one of undo) one();
  await closeAll();
});

it('are more than 200', () => {
  expect(new Set(addresses).size).toBeGreaterThanOrEqual(200);
});

it('are error values at once, without a query', async () => {
  const driver = makeDriver();
  const encrypted = obj({ tls: true });
  const wrong: unknown[] = [];
  for (const address of addresses) {
    for (const [name, ...args] of [
      ['connect', str(address)],
      ['connect', str(address), encrypted],
      ['listen', str(address), () => null],
    ] as [string, ...Value[]][]) {
      const start = performance.now();
      const result = await driver.call(name, ...args);
      const ms = performance.now() - start;
      const { type, error, code } = plain(result) as { type?: string; error?: string; code?: string };
      const prefix = name === 'listen' ? 'Could not listen on socket: listen ' : 'Could not connect socket: dial ';
      const isRight = type === 'error' && error?.startsWith(prefix) && (code === 'address' || code === 'dns');
      if (!isRight) wrong.push([name, address.slice(0, 100), plain(result)]);
      if (ms > 1000) wrong.push([name, address, ms]);
    }
  }
  expect(wrong).toEqual([]);
  expect(questions).toEqual([]);
});
