/** Records over the real resolver, from a name server of a few lines. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DnsAnswer, RecordType } from '../builtins/dns.ts';
import { nodeDns } from './dns.ts';
import { nameBytes, numbers, startNameServer, txt } from './testing/name-server.ts';

const records = {
  'host.test/1': [Buffer.of(192, 0, 2, 1), Buffer.of(192, 0, 2, 2)],
  'host.test/16': [txt('k=one')],
  'host.test/15': [Buffer.concat([numbers(20), nameBytes('mx2.test')]), Buffer.concat([numbers(10), nameBytes('mx1.test')])],
  '_a._tcp.host.test/33': [Buffer.concat([numbers(5, 1, 993), nameBytes('a.test')])],
  '1.2.0.192.in-addr.arpa/12': [nameBytes('host.test')],
};

let server: Awaited<ReturnType<typeof startNameServer>>;
function lookup(name: string, type: RecordType): Promise<DnsAnswer> {
  return new Promise((done) => nodeDns.lookup({ name, type, servers: [server.address] }, done));
}

describe('records of names', () => {
  beforeAll(async () => {
    server = await startNameServer(records);
  });
  afterAll(() => server.stop());

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
