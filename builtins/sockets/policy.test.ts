import { describe, expect, it } from '@jest/globals';
import { parseAddress } from './address.ts';
import type { Target } from './backend.ts';
import { networkPolicy, type SocketPolicy } from './policy.ts';

function policyOf(allow: string | null, deny: string | null): SocketPolicy {
  return networkPolicy(allow, deny);
}

function target(address: string): Target {
  const parsed = parseAddress(address);
  if (parsed.kind === 'bad') throw new Error(parsed.detail);
  return parsed;
}

describe('networkPolicy', () => {
  for (const [allow, deny, yes, no] of [
    [null, null, 'a.example:1 127.0.0.1:2 unix:/x', ''],
    ['*', null, 'a.example:1 127.0.0.1:2 unix:/x', ''],
    ['', null, '', 'a.example:1 127.0.0.1:2 unix:/x :80'],
    [null, '*', '', 'a.example:1 127.0.0.1:2 unix:/x :80'],
    ['a.example', null, 'a.example:1 A.Example:2 a.example.:3', 'b.a.example:1 a.example.org:1 127.0.0.1:1'],
    ['*.a.example', null, 'b.a.example:1 c.b.a.example:1', 'a.example:1 xa.example:1'],
    ['a.example., *.B.example.', null, 'a.example:1 a.example.:1 b.b.example:1', 'b.example:1'],
    [null, 'a.example.', 'b.example:1', 'a.example:1 a.example.:1'],
    ['a.example:443', null, 'a.example:443', 'a.example:80'],
    [':443', null, 'a.example:443 [::1]:443 :443', 'a.example:80 unix:/443'],
    ['localhost', null, 'localhost:1 127.0.0.1:1 127.8.8.8:1 [::1]:1 :1 0.0.0.0:1 [::]:1', 'a.example:1 128.0.0.1:1'],
    ['127.0.0.1', null, '127.0.0.1:1 [::ffff:127.0.0.1]:1 :1', '127.0.0.2:1 localhost:1'],
    ['10.0.0.0/8', null, '10.255.0.1:1', '11.0.0.1:1 [::10.0.0.1]:1'],
    ['192.168.4.0/22', null, '192.168.7.255:1', '192.168.8.0:1 192.168.3.255:1'],
    ['::1', null, '[::1]:1 [0:0:0:0:0:0:0:1]:1 [::0.0.0.1]:1', '[::2]:1 127.0.0.1:1'],
    ['[::1]:80', null, '[::1]:80', '[::1]:81'],
    ['[fd00::/8]:80', null, '[fdff:1::2]:80', '[fe00::]:80 [fdff:1::2]:81'],
    ['fe80::/10', null, '[fe80::1%lo]:80', '[fd80::1]:80'],
    ['0.0.0.0/0', null, '1.2.3.4:5', '[::1]:5 a.example:5'],
    ['unix:/run/a', null, 'unix:/run/a', 'unix:/run/b 127.0.0.1:1'],
    ['unix:*', null, 'unix:/run/a', '127.0.0.1:1'],
    ['*', '10.0.0.0/8,:25', '11.0.0.1:80', '10.0.0.1:80 a.example:25'],
    ['a.example, b.example', null, 'a.example:1 b.example:1', 'c.example:1'],
    [null, 'unix:/run/a', 'unix:/run/b', 'unix:/run/a unix:/run/./a unix:/run//a unix:/x/../run/a'],
    ['unix:/run/./a', null, 'unix:/run/a', 'unix:/run/a/b'],
    [
      null,
      'localhost',
      '[::2]:1',
      '[::0]:1 [0::0]:1 [0:0:0:0:0:0:0:0]:1 [::%lo]:1 [::0.0.0.0]:1 [::ffff:127.0.0.1]:1 [::ffff:0.0.0.0]:1',
    ],
    [null, '127.0.0.0/8,::1', '[::2]:1', '[::0]:1 [0::0]:1 [::%lo]:1 0.0.0.0:1 :1'],
  ] as const) {
    it(`allows ${allow} and denies ${deny}`, () => {
      const { mayConnect } = policyOf(allow, deny);
      const verdicts = (list: string): unknown[] =>
        list === '' ? [] : list.split(' ').map((address) => [address, mayConnect?.(target(address))]);
      const expected = (list: string, verdict: boolean): unknown[] =>
        list === '' ? [] : list.split(' ').map((one) => [one, verdict]);
      expect([...verdicts(yes), ...verdicts(no)]).toEqual([...expected(yes, true), ...expected(no, false)]);
    });
  }

  it('applies what is denied to the addresses of names', () => {
    const { mayConnect, mayReach } = policyOf('evil.example', '127.0.0.0/8');
    expect(mayConnect?.(target('evil.example:80'))).toBe(true);
    expect(mayReach?.({ ip: '127.0.0.1', port: 80, name: 'evil.example' })).toBe(false);
    expect(mayReach?.({ ip: '10.0.0.1', port: 80, name: 'evil.example' })).toBe(true);
    const local = policyOf(null, 'localhost');
    for (const ip of ['0.0.0.0', '::', '0::0', '::ffff:127.0.0.1', '127.1.2.3', '::1']) {
      expect([ip, local.mayReach?.({ ip, port: 80, name: 'evil.example' })]).toEqual([ip, false]);
    }
  });

  for (const [allow, deny, address, verdict] of [
    ['127.0.0.1', null, '127.0.0.1:80', true],
    ['127.0.0.1', null, ':80', false],
    ['0.0.0.0:80', null, ':80', true],
    ['0.0.0.0:80', null, ':81', false],
    [':80', null, ':80', true],
    ['::', null, '[::]:80', true],
    [null, '127.0.0.1', ':80', false],
    [null, '127.0.0.1:81', ':80', true],
    [null, '127.0.0.1', '127.0.0.2:80', true],
    [null, 'a.example', 'a.example.:80', false],
    [null, '*', ':80', false],
    [null, 'unix:/x', ':80', true],
    ['unix:/x', null, 'unix:/x', true],
  ] as const) {
    it(`${verdict ? 'allows' : 'forbids'} to listen on ${address} when ${allow} is allowed and ${deny} is not`, () => {
      expect(policyOf(allow, deny).mayListen?.(target(address))).toBe(verdict);
    });
  }

  for (const wrong of [
    'a b',
    '10.0.0.0/33',
    '10.0/8',
    'host:99999',
    'host:http',
    '[::1',
    'fd00::/129',
    ':',
    '*.',
    '1.2.3',
    'a/8',
  ]) {
    it(`does not understand ${wrong}`, () => {
      expect(() => networkPolicy(wrong)).toThrow(TypeError);
      expect(() => networkPolicy(null, wrong)).toThrow(wrong);
    });
  }
});
