import { readProxyHeader } from './proxy-header.ts';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));
const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const u16 = (value: number): string => String.fromCharCode(value >> 8, value & 255);
const block = (command: number, family: number, rest: string): string =>
  SIGNATURE + String.fromCharCode(command, family) + u16(rest.length) + rest;
const field = (type: number, value: string): string => String.fromCharCode(type) + u16(value.length) + value;
const FOUR = `\xc0\0\x02\x07\xc6\x33\x64\x01${u16(56324)}${u16(443)}`;
const SIX = `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x17\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01${u16(4000)}${u16(25)}`;
const V1 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n';

const good: readonly (readonly [name: string, text: string, expected: object])[] = [
  ['TCP4', V1, { source: '192.0.2.7:56324', destination: '198.51.100.1:443' }],
  ['TCP6', 'PROXY TCP6 2001:db8::17 ::1 4000 25\r\n', { source: '[2001:db8::17]:4000', destination: '[::1]:25' }],
  ['mapped IPv4', 'PROXY TCP6 ::ffff:192.0.2.7 ::1 4000 25\r\n', { source: '192.0.2.7:4000' }],
  ['UNKNOWN', 'PROXY UNKNOWN\r\n', { source: null, destination: null }],
  ['UNKNOWN with 107 bytes', `PROXY UNKNOWN ${'a'.repeat(91)}\r\n`, { source: null }],
  ['version 2, TCP4', block(0x21, 0x11, FOUR), { source: '192.0.2.7:56324', destination: '198.51.100.1:443' }],
  ['version 2, TCP6', block(0x21, 0x21, SIX), { source: '[2001:db8::17]:4000', destination: '[2001:db8::1]:25' }],
  [
    'version 2, Unix',
    block(0x21, 0x31, '/a'.padEnd(108, '\0') + '/b'.padEnd(108, '\0')),
    { source: 'unix:/a', destination: 'unix:/b' },
  ],
  ['version 2, LOCAL', block(0x20, 0x00, 'whatever'), { source: null }],
  ['version 2, unspecified', block(0x21, 0x00, ''), { source: null }],
  [
    'version 2 with more',
    block(
      0x21,
      0x11,
      FOUR + field(1, 'h2') + field(2, 'a.example') + field(0x20, `\x07\0\0\0\0${field(0x21, 'TLSv1.3')}${field(0x22, 'bob')}`),
    ),
    { alpn: 'h2', authority: 'a.example', tls: { version: 'TLSv1.3', verified: true, name: 'bob' } },
  ],
  ['version 2, a certificate that failed', block(0x21, 0x11, FOUR + field(0x20, '\x03\0\0\0\x01')), { tls: { verified: false } }],
  ['version 2 with a check sum', block(0x21, 0x11, FOUR + field(3, '\x54\x8e\x28\xff')), { source: '192.0.2.7:56324' }],
];

describe('readProxyHeader', () => {
  for (const [name, text, expected] of good) {
    it(`reads ${name}, however it is cut, and nothing after it`, () => {
      const bytes = bytesOf(`${text}data`);
      for (let length = 0; length < text.length; length++) expect(readProxyHeader(bytes.subarray(0, length))).toBe('more');
      for (let length = text.length; length <= bytes.length; length++) {
        expect(readProxyHeader(bytes.subarray(0, length))).toMatchObject({ length: text.length, header: expected });
      }
    });
  }

  for (const text of [
    'GET / HTTP/1.1\r\n',
    'proxy TCP4 1.2.3.4 1.2.3.4 5 6\r\n',
    'PROXY  TCP4 1.2.3.4 1.2.3.4 5 6\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 5 6\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 65536 6\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 05 6\r\n',
    'PROXY TCP4 01.2.3.4 1.2.3.4 5 6\r\n',
    'PROXY TCP4 ::1 ::1 5 6\r\n',
    'PROXY TCP6 fe80::1%lo ::1 5 6\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 5\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 5 6 7\r\n',
    'PROXY UDP4 1.2.3.4 1.2.3.4 5 6\r\n',
    `PROXY UNKNOWN ${'a'.repeat(92)}\r\n`,
    `PROXY TCP4 ${'1'.repeat(4000)}`,
    'PROXY TCP4 1.2.3.4\0',
    `${SIGNATURE}\x31`,
    `${SIGNATURE}\x22`,
    `${SIGNATURE}\x21\x12`,
    `${SIGNATURE}\x21\x11\xff\xff`,
    block(0x21, 0x11, FOUR.slice(0, 11)),
    block(0x21, 0x11, `${FOUR}\x01`),
    block(0x21, 0x11, `${FOUR}\x01\0\x05abc`),
    block(0x21, 0x11, FOUR + field(3, '\0\0\0\0')),
    block(0x21, 0x11, FOUR + field(0x20, '\x01')),
  ]) {
    it(`refuses ${JSON.stringify(text).slice(0, 60)} at once`, () => {
      expect(readProxyHeader(bytesOf(text))).toBe('bad');
    });
  }

  it('answers for any bytes, and a header is bad for good once it is bad', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    for (let round = 0; round < 100_000; round++) {
      const [, text] = good[random(good.length)] as (typeof good)[number];
      const bytes = bytesOf(text);
      for (let changes = random(4); changes >= 0; changes--) bytes[random(bytes.length)] = random(256);
      const cut = bytes.subarray(0, random(bytes.length + 1));
      const early = readProxyHeader(cut);
      const whole = readProxyHeader(bytes);
      if (early === 'bad') expect(whole).toBe('bad');
      if (typeof early === 'object') expect(whole).toEqual(early);
    }
  });
});
