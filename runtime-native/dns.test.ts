/** Records over the real resolver, from a name server of a few lines (RFC 1035, section 4.1). */
import { createSocket, type Socket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DnsAnswer, RecordType } from '../builtins/dns.ts';
import { nodeDns } from './dns.ts';

function nameBytes(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((part) => Buffer.from(`${String.fromCharCode(part.length)}${part}`)),
    Buffer.of(0),
  ]);
}
function numbers(...values: number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.of(value >> 8, value & 255)));
}

/** What the server knows, by name and number of the type. */
const records: { readonly [question: string]: readonly Buffer[] } = {
  'host.test/1': [Buffer.of(192, 0, 2, 1), Buffer.of(192, 0, 2, 2)],
  'host.test/16': [Buffer.from('\x02k=\x03one')],
  'host.test/15': [Buffer.concat([numbers(20), nameBytes('mx2.test')]), Buffer.concat([numbers(10), nameBytes('mx1.test')])],
  '_a._tcp.host.test/33': [Buffer.concat([numbers(5, 1, 993), nameBytes('a.test')])],
  '1.2.0.192.in-addr.arpa/12': [nameBytes('host.test')],
};

function answer(query: Buffer): Buffer {
  const parts: string[] = [];
  let at = 12;
  for (let size = query[at] ?? 0; size > 0; size = query[at] ?? 0) {
    parts.push(query.subarray(at + 1, at + 1 + size).toString());
    at += 1 + size;
  }
  const name = parts.join('.').toLowerCase();
  const found = records[`${name}/${query.readUInt16BE(at + 1)}`] ?? [];
  const isKnown = Object.keys(records).some((key) => key.startsWith(`${name}/`));
  return Buffer.concat([
    query.subarray(0, 2),
    numbers(isKnown ? 0x8180 : 0x8183, 1, found.length, 0, 0),
    query.subarray(12, at + 5),
    ...found.map((data) =>
      Buffer.concat([Buffer.of(0xc0, 12), query.subarray(at + 1, at + 5), numbers(0, 60, data.length), data]),
    ),
  ]);
}

let server: Socket;
let address = '';
function lookup(name: string, type: RecordType): Promise<DnsAnswer> {
  return new Promise((done) => nodeDns.lookup({ name, type, servers: [address] }, done));
}

describe('records of names', () => {
  beforeAll(async () => {
    server = createSocket('udp4');
    server.on('message', (query, { port }) => server.send(answer(query), port, '127.0.0.1'));
    await new Promise<void>((done) => server.bind(0, '127.0.0.1', done));
    address = `127.0.0.1:${server.address().port}`;
  });
  afterAll(() => new Promise<void>((done) => server.close(done)));

  for (const [name, type, expected] of [
    ['host.test', 'A', { records: ['192.0.2.1', '192.0.2.2'] }],
    ['host.test', 'TXT', { records: ['k=one'] }],
    [
      'host.test',
      'MX',
      {
        records: [
          { priority: 10, exchange: 'mx1.test' },
          { priority: 20, exchange: 'mx2.test' },
        ],
      },
    ],
    ['_a._tcp.host.test', 'SRV', { records: [{ priority: 5, weight: 1, port: 993, target: 'a.test' }] }],
    ['192.0.2.1', 'PTR', { records: ['host.test'] }],
    ['host.test', 'AAAA', { records: [] }],
    ['nobody.test', 'A', { code: 'dns', why: 'no such host' }],
  ] as const) {
    it(`${name} ${type}`, async () => expect(await lookup(name, type)).toEqual(expected));
  }

  it('are not waited for once given up', () => {
    let answers = 0;
    const giveUp = nodeDns.lookup({ name: 'host.test', type: 'A', servers: ['192.0.2.1:53'] }, () => answers++);
    giveUp();
    expect(answers).toBe(0);
  });
});
