/** Records of the domain name system by c-ares, which works on the event loop: a silent server blocks nothing. */
import { getServers, Resolver } from 'node:dns';
import { domainToASCII } from 'node:url';
import type { DnsAnswer, DnsBackend, DnsRecord, RecordType } from '../builtins/dns.ts';
import type { ErrorCode } from '../builtins/sockets/backend.ts';
import { utf8Decode, utf8Encode } from '../language/values/bytes.ts';
import { codeOf } from './errno.ts';

/** No record of this type; that is not a failure. */
const NO_DATA = 'ENODATA';
const FAILURES: { readonly [code: string]: readonly [ErrorCode, string] } = {
  ENOTFOUND: ['dns', 'no such host'],
  ETIMEOUT: ['timeout', 'i/o timeout'],
  ECONNREFUSED: ['refused', 'the name server refused the connection'],
  ESERVFAIL: ['dns', 'the name server has failed'],
  EREFUSED: ['dns', 'the name server refused to answer'],
};

type Done<T> = (error: Error | null, found: T) => void;

/** Asks for one type and makes records of what is found. */
const ASKING: { readonly [type in RecordType]: (resolver: Resolver, name: string, done: Done<DnsRecord[]>) => void } = {
  A: (resolver, name, done) => resolver.resolve4(name, done),
  AAAA: (resolver, name, done) => resolver.resolve6(name, done),
  CNAME: (resolver, name, done) => resolver.resolveCname(name, done),
  NS: (resolver, name, done) => resolver.resolveNs(name, done),
  PTR: (resolver, name, done) => resolver.reverse(name, done),
  TXT: (resolver, name, done) =>
    resolver.resolveTxt(name, (error, found) =>
      done(
        error,
        (found ?? []).map((parts) => parts.join('')),
      ),
    ),
  MX: (resolver, name, done) =>
    resolver.resolveMx(name, (error, found) =>
      done(
        error,
        byPriority(found).map(({ priority, exchange }) => ({ priority, exchange })),
      ),
    ),
  SRV: (resolver, name, done) =>
    resolver.resolveSrv(name, (error, found) =>
      done(
        error,
        byPriority(found).map(({ priority, weight, port, name: target }) => ({ priority, weight, port, target })),
      ),
    ),
};

function byPriority<T extends { readonly priority: number }>(found: readonly T[] | undefined): T[] {
  return [...(found ?? [])].sort((a, b) => a.priority - b.priority);
}

function encoded(record: DnsRecord): DnsRecord {
  if (typeof record === 'string') return utf8Encode(record);
  return Object.fromEntries(
    Object.entries(record).map(([name, field]) => [name, typeof field === 'string' ? utf8Encode(field) : field]),
  );
}

function withPort(server: string): string {
  if (/\]:\d+$|^[^:]*:\d+$/.test(server)) return server;
  return server.includes(':') ? `[${server}]:53` : `${server}:53`;
}

export const nodeDns: DnsBackend = {
  servers: () => getServers().map(withPort),
  lookup({ name, type, servers }, done) {
    const resolver = new Resolver();
    let isOver = false;
    const settle = (answer: DnsAnswer): void => {
      if (isOver) return;
      isOver = true;
      done(answer);
    };
    resolver.setServers(servers);
    ASKING[type](resolver, domainToASCII(utf8Decode(name)) || utf8Decode(name), (error, found) => {
      if (error === null) {
        settle({ records: found.map(encoded) });
      } else if (codeOf(error) === NO_DATA) {
        settle({ records: [] });
      } else {
        const [code, why] = FAILURES[codeOf(error)] ?? ['dns', `the name server's answer is of no use (${codeOf(error)})`];
        settle({ code, why });
      }
    });
    return () => {
      isOver = true;
      resolver.cancel();
    };
  },
};
