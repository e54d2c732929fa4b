/**
 * Whom a client trusts: each kind of certificate, asked for by `connect` and by `startTLS`, must get the same verdict.
 *
 * The certificates are made here; `ca` names the only root.
 */
import { createServer } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Driver, plain } from '../../builtins/sockets/testing/testing.ts';
import { atom, EMPTY, Float, obj, str, type Value } from '../../language/values/values.ts';
import { type Identity, makeCertificate } from '../make-certificate.ts';
import { closeAll, later, makeDriver, pairOver, serve, socketOf } from './test-kit.ts';

afterEach(closeAll);

const DAY_MS = 86_400_000;
const root = makeCertificate({ commonName: 'test root', authority: true });
const between = makeCertificate({ commonName: 'test between', authority: true, issuer: root });
const stranger = makeCertificate({ commonName: 'another root', authority: true });
const good = makeCertificate({ commonName: 'localhost', names: ['dns:localhost', 'ip:127.0.0.1', 'ip:::1'], issuer: root });

/** A server certificate for `localhost` that our root has signed, but for what is said. */
const leaf = (changes: Partial<Parameters<typeof makeCertificate>[0]>): Identity =>
  makeCertificate({ commonName: 'localhost', names: ['dns:localhost'], issuer: root, ...changes });
const named = (...names: string[]): Identity => leaf({ commonName: 'somebody', names });
const chain = (one: Identity, ...issuers: Identity[]): Identity => ({
  ...one,
  cert: [one, ...issuers].map(({ cert }) => cert).join(''),
});

const certificate = ({ cert, key }: Identity): { [name: string]: Value } => ({ cert: str(cert), key: str(key) });
const ca = str(root.cert);

/** What both ways of encrypting say, without their prefixes; `type` of the result when they are content. */
async function verdicts(identity: Identity, options: { [name: string]: Value }, server: { [name: string]: Value } = {}) {
  const driver = makeDriver();
  const encrypted = await serve(driver, obj({ tls: true, ...certificate(identity), ...server }));
  const connected = await driver.call('connect', str(encrypted.address), obj({ tls: true, ...options }));

  const { a, b } = await plainPair(driver);
  const [upgraded] = await Promise.all([
    driver.call('starttls', a, obj(options)),
    driver.call('starttls', b, obj({ server: true, ...certificate(identity) })),
  ]);
  encrypted.close();
  return [short(connected), short(upgraded)];
}

async function plainPair(driver: Driver) {
  const listening = await serve(driver);
  const pair = await pairOver(driver, listening, listening.address);
  listening.close();
  return pair;
}

function short(result: Value): string {
  const { type, error, code } = plain(result) as { type: string; error?: string; code?: string };
  return error === undefined ? type : `${code} ${error.replace(/^Could not (connect socket|upgrade socket to TLS): /, '')}`;
}

const unknown = 'cert x509: certificate signed by unknown authority';
const outOfDate = /^cert x509: certificate has expired or is not yet valid: current time .* is (after|before) \d{4}-/;
const notFor = (names: string, host: string): string => `cert x509: certificate is valid for ${names}, not ${host}`;
const noName = (host: string): string => `cert x509: certificate is not valid for any names, but wanted to match ${host}`;
const noIp = (ip: string): string => `cert x509: cannot validate certificate for ${ip} because it doesn't contain any IP SANs`;
const legacy = 'cert x509: certificate relies on legacy Common Name field, use SANs instead';

describe('a certificate', () => {
  const cases: readonly [what: string, identity: Identity, name: string, verdict: string | RegExp][] = [
    ['that is in order', good, 'localhost', 'ok'],
    ['in other letters', named('dns:LocalHost'), 'LOCALHOST', 'ok'],
    ['without a subject', leaf({ commonName: '' }), 'localhost', 'ok'],
    ...['.localhost', 'local host', '\xff', `${'x'.repeat(64)}.x`, '*'].map((odd): [string, Identity, string, string] => [
      'asked for a name of no host',
      leaf({}),
      odd,
      notFor('localhost', odd),
    ]),
    ['that has expired', leaf({ validTo: new Date(Date.now() - DAY_MS) }), 'localhost', outOfDate],
    ['that expired a second ago', leaf({ validTo: new Date(Date.now() - 1000) }), 'localhost', outOfDate],
    ['that is not yet valid', leaf({ validFrom: new Date(Date.now() + DAY_MS) }), 'localhost', outOfDate],
    ['for another host', named('dns:example.com'), 'localhost', notFor('example.com', 'localhost')],
    ['for an IP address', good, '127.0.0.1', 'ok'],
    ['for an IPv6 address', good, '::1', 'ok'],
    ['for another IP address', good, '10.0.0.1', notFor('127.0.0.1, 0:0:0:0:0:0:0:1', '10.0.0.1')],
    ['that names an IP address as a host', named('dns:127.0.0.1'), '127.0.0.1', noIp('127.0.0.1')],
    ['that names a host where an address is asked for', named('dns:localhost'), '127.0.0.1', noIp('127.0.0.1')],
    ['with a common name only', makeCertificate({ commonName: 'localhost', issuer: root }), 'localhost', legacy],
    [
      'with a common name beside other names',
      leaf({ names: ['dns:example.com'] }),
      'localhost',
      notFor('example.com', 'localhost'),
    ],
    ['with a wildcard', named('dns:*.example.com'), 'mail.example.com', 'ok'],
    [
      'with a wildcard that is asked for two labels',
      named('dns:*.example.com'),
      'a.b.example.com',
      notFor('*.example.com', 'a.b.example.com'),
    ],
    ['with a wildcard that is asked for none', named('dns:*.example.com'), 'example.com', notFor('*.example.com', 'example.com')],
    ['with a wildcard in the middle', named('dns:mail.*.com'), 'mail.example.com', notFor('mail.*.com', 'mail.example.com')],
    [
      'with part of a label wild',
      named('dns:m*l.example.com'),
      'mail.example.com',
      notFor('m*l.example.com', 'mail.example.com'),
    ],
    ['that is wild altogether', named('dns:*'), 'localhost', notFor('*', 'localhost')],
    [
      'with a NUL in its name',
      named('dns:localhost\0.example.com'),
      'localhost',
      /^cert x509: certificate is valid for .*, not localhost$/,
    ],
    ['that names a host in an URI', named('uri:https://localhost/'), 'localhost', noName('localhost')],
    ['whose URI looks like more names', named('uri:https://x/, DNS:localhost'), 'localhost', noName('localhost')],
    ['of an unknown authority', leaf({ issuer: stranger }), 'localhost', unknown],
    ['that signed itself', makeCertificate({ commonName: 'localhost', names: ['dns:localhost'] }), 'localhost', unknown],
    ['whose intermediate is missing', leaf({ issuer: between }), 'localhost', unknown],
    ['with its intermediate', chain(leaf({ issuer: between }), between), 'localhost', 'ok'],
    ['signed by one that is no authority', chain(leaf({ issuer: good }), good), 'localhost', /^cert x509: certificate /],
    ['for clients only', leaf({ usage: 'client' }), 'localhost', 'cert x509: certificate specifies an incompatible key usage'],
    ['with the wrong name of a stranger', leaf({ issuer: stranger, names: ['dns:x'] }), 'localhost', notFor('x', 'localhost')],
  ];
  for (const [what, identity, name, verdict] of cases) {
    it(`${what}: ${verdict === 'ok' ? 'good' : 'refused'}`, async () => {
      const [connected, upgraded] = await verdicts(identity, { serverName: str(name), ca });
      if (verdict instanceof RegExp) expect(connected).toMatch(verdict);
      else expect(connected).toBe(verdict);
      expect(String(upgraded).replace(/current time \S+/, '')).toBe(String(connected).replace(/current time \S+/, ''));
    });
  }

  it('of a resumed session is checked against the name that is asked for now', async () => {
    const driver = makeDriver();
    const server = createTlsServer({ cert: good.cert, key: good.key }, (stream) => {
      stream.on('error', () => {}).end('hello\n');
    });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    later(() => new Promise((resolve) => server.close(() => resolve())));
    const ask = async (name: string): Promise<string> => {
      const result = await driver.call('connect', str(`127.0.0.1:${port}`), obj({ tls: true, ca, serverName: str(name) }));
      if (short(result) === 'ok') {
        await driver.call('recv_line', socketOf(result));
        await driver.call('close', socketOf(result));
      }
      return short(result);
    };
    for (let round = 0; round < 3; round++) {
      expect(await ask('localhost')).toBe('ok');
      expect(await ask('other.example')).toBe(notFor('localhost', 'other.example'));
      expect(await ask('10.1.1.1')).toBe(notFor('127.0.0.1, 0:0:0:0:0:0:0:1', '10.1.1.1'));
    }
  });
});

describe('insecureSkipVerify', () => {
  const selfSigned = makeCertificate({ commonName: 'x' });

  it('turns the check off when it is true, and not when it is false or missing', async () => {
    const name = { serverName: str('localhost') };
    expect(await verdicts(selfSigned, { insecureSkipVerify: true })).toEqual(['ok', 'ok']);
    expect(await verdicts(selfSigned, { insecureSkipVerify: true, ...name, ca })).toEqual(['ok', 'ok']);
    for (const options of [{}, { insecureSkipVerify: false }]) {
      expect(await verdicts(selfSigned, { ...options, ...name })).toEqual([noName('localhost'), noName('localhost')]);
    }
  });

  it('is a mistake when it is anything else', async () => {
    const driver = makeDriver();
    const { a } = await plainPair(driver);
    for (const value of [
      null,
      EMPTY,
      0,
      1,
      new Float(1),
      str('true'),
      str('yes'),
      atom('true'),
      [],
      [true],
      obj({}),
      () => true,
      2n ** 60n,
    ]) {
      const options = obj({ tls: true, insecureSkipVerify: value as Value });
      const mistake = { reason: expect.stringContaining('options.insecureSkipVerify must be a bool, got ') };
      await expect(driver.call('connect', str('127.0.0.1:1'), options)).rejects.toMatchObject(mistake);
      await expect(driver.call('starttls', a, options)).rejects.toMatchObject(mistake);
    }
    expect(plain(await driver.call('info', a))).toMatchObject({ open: true, tls: false });
  });
});

describe('a client certificate', () => {
  const mine = makeCertificate({ commonName: 'me', issuer: root, usage: 'client' });
  const wrong: readonly [string, { [name: string]: Value }][] = [
    ['is missing', {}],
    ['comes from somebody unknown', certificate(makeCertificate({ commonName: 'me', issuer: stranger }))],
    ['signed itself', certificate(makeCertificate({ commonName: 'me' }))],
    ['has expired', certificate(makeCertificate({ commonName: 'me', issuer: root, validTo: new Date(Date.now() - DAY_MS) }))],
    ['is one for servers', certificate(makeCertificate({ commonName: 'me', issuer: root, usage: 'server' }))],
  ];

  /** What the server's first read says, for a client that connects. */
  async function atServer(clientAuth: string, client: { [name: string]: Value }): Promise<string> {
    const driver = makeDriver();
    const listening = await serve(driver, obj({ tls: true, ...certificate(good), ca, clientAuth: atom(clientAuth) }));
    const [connected, event] = await Promise.all([
      driver.call('connect', str(listening.address), obj({ tls: true, ca, ...client })),
      listening.next(),
    ]);
    listening.close();
    if (short(connected) === 'ok') await driver.call('send', socketOf(connected), str('hello\n'));
    return short(await driver.call('recv_line', socketOf(event))).replace(/^(\w+) .*: (?=(tls|x509|remote error):)/, '$1 ');
  }

  for (const [what, options] of wrong) {
    it(`that ${what} is refused where one is required`, async () => {
      expect(await atServer('require', options)).toMatch(/^(cert|tls) /);
      const [connected] = await verdicts(good, { ca, ...options, serverName: str('localhost') });
      expect(connected).toBe('ok'); // nobody asks for one
    });
  }
  it('that is good is accepted, and one that is asked for may be missing, but not be wrong', async () => {
    expect(await atServer('require', certificate(mine))).toBe('data');
    expect(await atServer('request', certificate(mine))).toBe('data');
    expect(await atServer('request', {})).toBe('data');
    for (const [, options] of wrong.slice(1)) expect(await atServer('request', options)).toMatch(/^cert /);
  });
  it('may be presented by an upgrade as well, and is missed by a peer that insists on it', async () => {
    for (const [client, sent] of [
      [certificate(mine), 'hello'],
      [{}, ''],
    ] as const) {
      const driver = makeDriver();
      const received = new Promise<string>((resolve) => {
        const server = createServer((plainStream) => {
          server.close();
          const stream = new TLSSocket(plainStream, {
            isServer: true,
            cert: good.cert,
            key: good.key,
            ca: [root.cert],
            requestCert: true,
            rejectUnauthorized: true,
          });
          let text = '';
          stream
            .on('error', () => {})
            .on('data', (chunk) => {
              text += chunk;
            });
          stream.on('close', () => resolve(text));
          plainStream.on('error', () => {});
        });
        server.listen(0, '127.0.0.1', async () => {
          const connected = await driver.call('connect', str(`127.0.0.1:${(server.address() as { port: number }).port}`));
          const socket = socketOf(connected);
          const result = await driver.call('starttls', socket, obj({ ca, serverName: str('localhost'), ...client }));
          if (short(result) === 'ok' && sent !== '') await driver.call('send', socket, str(sent));
          await driver.call('close', socket);
        });
      });
      expect(await received).toBe(sent);
    }
  });
});
