import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatAddress, isIP, parseAddress } from './address.ts';

const tcp = (host: string, port: number) => ({ kind: 'tcp', host, port });
const bad = (detail: string, code = 'address') => ({ kind: 'bad', code, detail });

describe('parseAddress', () => {
  for (const [address, expected] of [
    ['127.0.0.1:80', tcp('127.0.0.1', 80)],
    ['[::1]:80', tcp('::1', 80)],
    ['[127.0.0.1]:80', tcp('127.0.0.1', 80)],
    ['[::ffff:127.0.0.1]:80', tcp('127.0.0.1', 80)],
    ['[::FFFF:7f00:1]:80', tcp('127.0.0.1', 80)],
    ['[::]:80', tcp('::', 80)],
    ['[fe80::1%lo]:80', tcp('fe80::1%lo', 80)],
    ['[1:2:3:4:5:6:7:8]:80', tcp('1:2:3:4:5:6:7:8', 80)],
    ['[1:2:3:4:5:6:1.2.3.4]:80', tcp('1:2:3:4:5:6:1.2.3.4', 80)],
    ['localhost:80', tcp('localhost', 80)],
    ['a-b_c.example.:80', tcp('a-b_c.example.', 80)],
    [':80', tcp('', 80)],
    ['[]:80', tcp('', 80)],
    ['h:', tcp('h', 0)],
    [':', tcp('', 0)],
    ['h:023005', tcp('h', 23005)],
    ['h:+80', tcp('h', 80)],
    ['h:http', tcp('h', 80)],
    ['h:IMAPS', tcp('h', 993)],
    ['h:65535', tcp('h', 65535)],
    ['unix:/tmp/x.sock', { kind: 'unix', path: '/tmp/x.sock' }],

    ['', bad('address : missing port in address')],
    ['127.0.0.1', bad('address 127.0.0.1: missing port in address')],
    ['[::1]', bad('address [::1]: missing port in address')],
    ['[::1]x:80', bad('address [::1]x:80: missing port in address')],
    ['/tmp/x.sock', bad('address /tmp/x.sock: missing port in address')],
    ['::1:80', bad('address ::1:80: too many colons in address')],
    ['h:1:2', bad('address h:1:2: too many colons in address')],
    ['tcp://h:80', bad('address tcp://h:80: too many colons in address')],
    ['[::1]:80:90', bad('address [::1]:80:90: too many colons in address')],
    ['[::1:80', bad("address [::1:80: missing ']' in address")],
    ['a]:80', bad("address a]:80: unexpected ']' in address")],
    ['a[b:80', bad("address a[b:80: unexpected '[' in address")],
    ['[[::1]:80', bad("address [[::1]:80: unexpected '[' in address")],
    ['h:65536', bad('address 65536: invalid port')],
    ['h:-1', bad('address -1: invalid port')],
    ['h:99999999999999999999', bad('address 99999999999999999999: invalid port')],
    ['h:no-such', bad('address tcp/no-such: unknown port')],
    ['h: 80', bad('address tcp/ 80: unknown port')],
    ['h:80 ', bad('address tcp/80 : unknown port')],
    ['h:constructor', bad('address tcp/constructor: unknown port')],
    ['127.1:80', bad('lookup 127.1: no such host', 'dns')],
    ['2130706433:80', bad('lookup 2130706433: no such host', 'dns')],
    ['0x7f.0.0.1:80', bad('lookup 0x7f.0.0.1: no such host', 'dns')],
    ['0x7f000001:80', bad('lookup 0x7f000001: no such host', 'dns')],
    ['256.1.1.1:80', bad('lookup 256.1.1.1: no such host', 'dns')],
    ['127.0.0.01:80', bad('lookup 127.0.0.01: no such host', 'dns')],
    ['1.2.3.4.:80', bad('lookup 1.2.3.4.: no such host', 'dns')],
    [' localhost:80', bad('lookup  localhost: no such host', 'dns')],
    ['local host:80', bad('lookup local host: no such host', 'dns')],
    ['local\0host:80', bad('lookup local\0host: no such host', 'dns')],
    ['b\xfccher:80', bad('lookup b\xfccher: no such host', 'dns')],
    ['*:80', bad('lookup *: no such host', 'dns')],
    ['a..b:80', bad('lookup a..b: no such host', 'dns')],
    [`${'a'.repeat(64)}:80`, bad(`lookup ${'a'.repeat(64)}: no such host`, 'dns')],
    ['[1::2::3]:80', bad('lookup 1::2::3: no such host', 'dns')],
    ['[1:2:3:4:5:6:7]:80', bad('lookup 1:2:3:4:5:6:7: no such host', 'dns')],
    ['[1:2:3:4:5:6:7:8:9]:80', bad('lookup 1:2:3:4:5:6:7:8:9: no such host', 'dns')],
    ['[12345::]:80', bad('lookup 12345::: no such host', 'dns')],
    ['[::1.2.3]:80', bad('lookup ::1.2.3: no such host', 'dns')],
    ['[::1%]:80', bad('lookup ::1%: no such host', 'dns')],
    ['unix:/a\0b', bad('address unix:/a\0b: invalid path')],
  ] as const) {
    it(JSON.stringify(address).slice(0, 60), () => expect(parseAddress(address)).toEqual(expected));
  }

  it('returns what formatAddress made', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 65535 }), (ip, port) => {
        const parsed = parseAddress(formatAddress(ip, port));
        expect(parsed).toMatchObject({ kind: 'tcp', port });
        if (parsed.kind === 'tcp') expect(isIP(parsed.host)).toBe(true);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'[]:%.1fx \0-') }), (text) => void parseAddress(text)));
  });
});

describe('formatAddress', () => {
  for (const [ip, expected] of [
    ['127.0.0.1', '127.0.0.1:5'],
    ['::1', '[::1]:5'],
    ['::ffff:10.0.0.1', '10.0.0.1:5'],
    ['fe80::1%lo', '[fe80::1%lo]:5'],
  ] as const) {
    it(ip, () => expect(formatAddress(ip, 5)).toBe(expected));
  }
});
