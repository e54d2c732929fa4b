/** Clients behind proxies: only what trusted proxies wrote counts. */
import { describe, expect, it } from '@jest/globals';
import { peerMatcher } from '../sockets/peers.ts';
import { originOf } from './forwarded.ts';

const trusts = peerMatcher(['10.0.0.0/8', '::1', 'unix:']) ?? (() => false);
const direct = { remote: '10.0.0.1:5000', tls: false, host: 'inner' };

describe('originOf', () => {
  const facts: readonly (readonly [string, readonly string[], object])[] = [
    ['no header', [], direct],
    [
      'one hop',
      ['Forwarded', 'for=192.0.2.60;proto=https;host=a.example'],
      { remote: '192.0.2.60', tls: true, host: 'a.example' },
    ],
    ['a port', ['Forwarded', 'for="192.0.2.60:47011"'], { remote: '192.0.2.60:47011', tls: false, host: 'inner' }],
    ['IPv6', ['Forwarded', 'For="[2001:db8::1]"'], { remote: '2001:db8::1', tls: false, host: 'inner' }],
    ['IPv6 with a port', ['Forwarded', 'for="[2001:db8::1]:80"'], { remote: '[2001:db8::1]:80', tls: false, host: 'inner' }],
    [
      'what a client made up in front',
      ['Forwarded', 'for=1.2.3.4, for=192.0.2.60'],
      { remote: '192.0.2.60', tls: false, host: 'inner' },
    ],
    ['two trusted hops', ['Forwarded', 'for=192.0.2.60, for=10.0.0.2'], { remote: '192.0.2.60', tls: false, host: 'inner' }],
    [
      'lines of one header',
      ['Forwarded', 'for=192.0.2.60', 'Forwarded', 'for=10.0.0.2'],
      { remote: '192.0.2.60', tls: false, host: 'inner' },
    ],
    ['a hop without an address', ['Forwarded', 'for=192.0.2.60, for=unknown'], direct],
    ['an obfuscated hop', ['Forwarded', 'for=_secret'], direct],
    ['a malformed header', ['Forwarded', 'for=192.0.2.60;'], direct],
    ['a quote that does not end', ['Forwarded', 'for="192.0.2.60'], direct],
    ['a host that is none', ['Forwarded', 'for=192.0.2.60;host="a/b"'], { remote: '192.0.2.60', tls: false, host: 'inner' }],
    [
      'the older header',
      ['X-Forwarded-For', '1.2.3.4, 192.0.2.60', 'X-Forwarded-Proto', 'https'],
      { remote: '192.0.2.60', tls: true, host: 'inner' },
    ],
    [
      'both: the standard one',
      ['Forwarded', 'for=192.0.2.60', 'X-Forwarded-For', '1.2.3.4'],
      { remote: '192.0.2.60', tls: false, host: 'inner' },
    ],
  ];
  for (const [what, headers, expected] of facts) {
    it(`reads ${what}`, () => expect(originOf(headers, direct, trusts)).toEqual(expected));
  }

  it('does not believe peers that are not trusted', () => {
    const stranger = { ...direct, remote: '192.0.2.1:5000' };
    expect(originOf(['Forwarded', 'for=10.0.0.9'], stranger, trusts)).toEqual(stranger);
  });

  it('knows proxies on a Unix socket, and on the loopback of IPv6', () => {
    for (const remote of ['unix:/run/web.sock', 'unix:', '[::1]:80'])
      expect(originOf(['Forwarded', 'for=192.0.2.60'], { ...direct, remote }, trusts).remote).toBe('192.0.2.60');
  });
});
