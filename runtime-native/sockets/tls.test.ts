import { readFileSync } from 'node:fs';
import { connect as dialPlain } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, connect as dialTls, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Pair, plain } from '../../builtins/sockets/testing/testing.ts';
import { atom, type Obj, obj, str, type Value } from '../../language/values/values.ts';
import { freePort } from '../../scripts/free-port.ts';
import { makeCertificate } from '../make-certificate.ts';
import { testCertificates } from './test-authority.ts';
import { closeAll, later, makeDriver, peer, socketOf } from './test-kit.ts';

const certs = testCertificates();
const file = (name: string): string => join(certs, name);
const certificate = (name: string) => ({ certFile: str(file(`${name}.pem`)), keyFile: str(file(`${name}-key.pem`)) });
const serving = (name: string): Obj => obj({ tls: true, ...certificate(name) });
const upgrading = (name: string): Obj => obj({ server: true, ...certificate(name) });

process.env.SSL_CERT_FILE = file('ca.pem');

afterEach(closeAll);

const errorOf = (result: Value): string => (plain(result) as { error: string }).error;

async function upgradedPair(): Promise<Pair> {
  const driver = makeDriver();
  const port = await freePort();
  const listener = await driver.listen(`localhost:${port}`);
  const [connected, event] = await Promise.all([driver.call('connect', str(`localhost:${port}`)), listener.next()]);
  listener.close();
  const [a, b] = [socketOf(connected), socketOf(event)];
  await driver.call('send', a, str('STARTTLS\r\n'));
  expect(plain(await driver.call('recv_line', b))).toMatchObject({ data: 'STARTTLS' });
  const both = await Promise.all([driver.call('starttls', b, upgrading('localhost')), driver.call('starttls', a)]);
  expect(both.map(plain)).toMatchObject([
    { type: 'ok', tls: true, socket: plain(b) },
    { type: 'ok', tls: true, socket: plain(a) },
  ]);
  return { driver, a, b };
}

it('is used from the start by both ends, which report it', async () => {
  const driver = makeDriver();
  const port = await freePort();
  const listener = await driver.listen(`127.0.0.1:${port}`, serving('localhost'));
  const results = await Promise.all([driver.call('connect', str(`127.0.0.1:${port}`), obj({ tls: true })), listener.next()]);
  listener.close();
  expect(results.map(plain)).toMatchObject([
    { type: 'ok', tls: true },
    { type: 'connect', tls: true },
  ]);
});

describe('the certificate', () => {
  /** What a client says that connects to `host` and finds this certificate. */
  async function verdict(name: string, host: string, options: { [key: string]: Value } = {}): Promise<string> {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`127.0.0.1:${port}`, serving(name));
    const result = await driver.call('connect', str(`${host}:${port}`), obj({ tls: true, ...options }));
    listener.close();
    const { type, error } = plain(result) as { type: string; error?: string };
    return error?.replace('Could not connect socket: ', '') ?? type;
  }

  for (const [name, host, options, expected] of [
    ['localhost', 'localhost', {}, 'ok'],
    ['localhost', 'LOCALHOST', {}, 'ok'],
    ['localhost', '127.0.0.1', {}, 'ok'],
    ['localhost', '127.0.0.1', { serverName: str('localhost.') }, 'ok'],
    ['localhost', '127.0.0.1', { serverName: str('a.WILD.example') }, 'ok'],
    [
      'localhost',
      '127.0.0.1',
      { serverName: str('a.b.wild.example') },
      'x509: certificate is valid for localhost, *.wild.example, not a.b.wild.example',
    ],
    ['localhost', '127.0.0.1', { serverName: str('') }, 'ok'],
    [
      'localhost',
      '127.0.0.1',
      { serverName: str('10.0.0.1') },
      'x509: certificate is valid for 127.0.0.1, 0:0:0:0:0:0:0:1, not 10.0.0.1',
    ],
    ['localhost', '', {}, 'tls: either ServerName or InsecureSkipVerify must be specified in the tls.Config'],
    ['localhost', '', { insecureSkipVerify: true }, 'ok'],
    ['dnsonly', 'localhost', {}, 'ok'],
    ['dnsonly', '127.0.0.1', {}, "x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"],
    ['cnonly', 'localhost', {}, 'x509: certificate relies on legacy Common Name field, use SANs instead'],
    ['selfsigned', 'localhost', {}, 'x509: certificate signed by unknown authority'],
    ['selfsigned', 'localhost', { insecureSkipVerify: false }, 'x509: certificate signed by unknown authority'],
    [
      'selfsigned',
      'localhost',
      { serverName: str('other.example') },
      'x509: certificate is valid for localhost, not other.example',
    ],
    ['selfsigned', 'localhost', { insecureSkipVerify: true }, 'ok'],
    ['expired', 'localhost', { insecureSkipVerify: true }, 'ok'],
  ] as const) {
    it(`${name}, for ${JSON.stringify(host)} with ${JSON.stringify(plain(obj(options)))}: ${expected}`, async () => {
      expect(await verdict(name, host, options)).toBe(expected);
    });
  }

  it('is refused when it is out of date', async () => {
    expect(await verdict('expired', 'localhost')).toMatch(
      /^x509: certificate has expired or is not yet valid: current time .*Z is after .*Z$/,
    );
  });

  it('is presented by a client that was given one', async () => {
    const ca = readFileSync(file('ca.pem'));
    const server = createTlsServer(
      {
        cert: readFileSync(file('localhost.pem')),
        key: readFileSync(file('localhost-key.pem')),
        ca,
        requestCert: true,
        rejectUnauthorized: true,
      },
      (stream) => stream.end(`${stream.getPeerCertificate().subject.CN}\n`),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    later(() => {
      server.close();
    });
    const { port } = server.address() as { port: number };
    const driver = makeDriver();
    const given = obj({ tls: true, server: true, ...certificate('dnsonly') });
    const connected = await driver.call('connect', str(`localhost:${port}`), given);
    expect(plain(await driver.call('recv_line', socketOf(connected)))).toEqual({ type: 'data', data: 'localhost' });

    const without = await driver.call('connect', str(`localhost:${port}`), obj({ tls: true }));
    for (const time of ['first', 'second']) {
      expect([time, errorOf(await driver.call('recv_line', socketOf(without)))]).toEqual([
        time,
        'Could not read socket line: remote error: tls: certificate required',
      ]);
    }
  });
});

describe('the server name', () => {
  it('is sent without its last dot, and never when it is an IP address', async () => {
    const names: unknown[] = [];
    const server = createTlsServer(
      { cert: readFileSync(file('localhost.pem')), key: readFileSync(file('localhost-key.pem')) },
      (stream) => {
        names.push((stream as TLSSocket & { servername: unknown }).servername);
        stream.end();
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    later(() => {
      server.close();
    });
    const { port } = server.address() as { port: number };
    const driver = makeDriver();
    for (const [host, name] of [
      ['localhost', null],
      ['127.0.0.1', null],
      ['127.0.0.1', 'some.name.'],
      ['localhost', '1.2.3.4'],
    ] as const) {
      const options = obj({ tls: true, insecureSkipVerify: true, ...(name === null ? {} : { serverName: str(name) }) });
      const connected = await driver.call('connect', str(`${host}:${port}`), options);
      expect(plain(await driver.call('recv', socketOf(connected), 1))).toEqual({ type: 'closed' });
    }
    expect(names).toEqual(['localhost', false, 'some.name', false]);
  });
});

describe('mistakes', () => {
  for (const [options, text] of [
    [{ server: true }, 'TLS server mode requires certFile and keyFile'],
    [{ server: true, certFile: str('x'), keyFile: str('') }, 'TLS server mode requires certFile and keyFile'],
    [
      { server: true, certFile: str('absent.pem'), keyFile: str('x') },
      'Could not load TLS certificate: open absent.pem: no such file or directory',
    ],
    [
      { server: true, ...certificate('localhost'), keyFile: str(file('ca-key.pem')) },
      'Could not load TLS certificate: tls: private key does not match public key',
    ],
    [
      { server: true, certFile: str(file('localhost-key.pem')), keyFile: str(file('localhost.pem')) },
      'Could not load TLS certificate: tls: failed to find certificate PEM data in certificate input, ' +
        'but did find a private key; PEM inputs may have been switched',
    ],
    [{ server: true, certFile: str(certs), keyFile: str('x') }, `Could not load TLS certificate: read ${certs}: is a directory`],
  ] as const) {
    it(text, async () => {
      const { driver, a } = await upgradedPair();
      await expect(driver.call('starttls', a, obj(options))).rejects.toMatchObject({ reason: text });
      await expect(driver.call('listen', str('127.0.0.1:0'), () => null, obj({ ...options, tls: true }))).rejects.toMatchObject({
        reason: text,
      });
    });
  }
});

describe('startTLS', () => {
  async function plainPair(): Promise<Pair> {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`127.0.0.1:${port}`);
    const [connected, event] = await Promise.all([driver.call('connect', str(`127.0.0.1:${port}`)), listener.next()]);
    listener.close();
    return { driver, a: socketOf(connected), b: socketOf(event) };
  }

  it('takes a hello that came together with the command', async () => {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`127.0.0.1:${port}`);
    const raw = dialPlain(port, '127.0.0.1');
    raw.on('error', () => {});
    raw.cork();
    raw.write('STARTTLS\r\n');
    const client = dialTls({ socket: raw, rejectUnauthorized: false }, () => client.write('hello\n'));
    raw.uncork();
    const b = socketOf(await listener.next());
    listener.close();
    await new Promise((resolve) => setTimeout(resolve, 30)); // lets the hello arrive, which is the harder case
    expect(plain(await driver.call('recv_line', b))).toMatchObject({ data: 'STARTTLS' });
    expect(plain(await driver.call('starttls', b, upgrading('localhost')))).toMatchObject({ type: 'ok', tls: true });
    expect(plain(await driver.call('recv_line', b))).toEqual({ type: 'data', data: 'hello' });
    client.destroy();
  });

  for (const [role, injected] of [
    ['server', 'DELETE everything\r\n'],
    ['server', 'x'.repeat(2000)],
    ['client', '250 injected\r\n'],
  ] as const) {
    it(`never shows what was injected in the clear (${role}, ${injected.length} bytes)`, async () => {
      const driver = makeDriver();
      const port = await peer((stream) => stream.write(`go ahead\r\n${injected}`));
      const a = socketOf(await driver.call('connect', str(`127.0.0.1:${port}`)));
      expect(plain(await driver.call('recv_line', a))).toMatchObject({ data: 'go ahead' });
      const options = role === 'server' ? upgrading('localhost') : obj({ insecureSkipVerify: true });
      expect(errorOf(await driver.call('starttls', a, options))).toBe(
        'Could not upgrade socket to TLS: tls: first record does not look like a TLS handshake',
      );
      for (const [name, ...args] of [['recv', 100], ['recv_line'], ['recv_exact', 3], ['send', str('secret')]] as const) {
        expect(errorOf(await driver.call(name, a, ...args))).toMatch(/use of closed network connection$/);
      }
      expect(plain(await driver.call('close', a))).toEqual({ type: 'closed' });
    });
  }

  it('closes the connection when the certificate is refused', async () => {
    const { driver, a, b } = await plainPair();
    const [, client] = await Promise.all([
      driver.call('starttls', b, upgrading('selfsigned')),
      driver.call('starttls', a, obj({ serverName: str('localhost') })),
    ]);
    expect(errorOf(client)).toBe('Could not upgrade socket to TLS: x509: certificate signed by unknown authority');
    expect(errorOf(await driver.call('send', a, str('secret')))).toMatch(/use of closed network connection$/);
    expect((plain(await driver.call('recv', b, 10)) as { type: string }).type).toMatch(/closed|error/);
  });

  it('is refused, and does no harm, on an encrypted socket and while a thread reads', async () => {
    const { driver, a, b } = await upgradedPair();
    expect(errorOf(await driver.call('starttls', a))).toBe('Could not upgrade socket to TLS: the socket is already encrypted');
    await driver.call('send', a, str('fine\n'));
    expect(plain(await driver.call('recv_line', b))).toMatchObject({ data: 'fine' });

    const other = await plainPair();
    const reading = other.driver.call('recv_line', other.a);
    expect(errorOf(await other.driver.call('starttls', other.a))).toBe('Could not upgrade socket to TLS: a read is in progress');
    await other.driver.call('send', other.b, str('fine\n'));
    expect(plain(await reading)).toMatchObject({ data: 'fine' });
  });

  it('ends with an error value when the socket is closed meanwhile', async () => {
    const { driver, a } = await plainPair();
    const waiting = driver.call('starttls', a);
    const sending = driver.call('send', a, str('later'));
    expect(plain(await driver.call('close', a))).toEqual({ type: 'closed' });
    expect(errorOf(await waiting)).toMatch(/^Could not upgrade socket to TLS: .*use of closed network connection$/);
    expect(errorOf(await sending)).toMatch(/^Could not write socket data: .*use of closed network connection$/);
  });

  it('sends what was written before it in the clear, and what is written behind it encrypted', async () => {
    const { driver, a, b } = await plainPair();
    const client = driver.sequence(['send', a, str('STARTTLS\r\n')], ['starttls', a, obj({ insecureSkipVerify: true })]);
    expect(plain(await driver.call('recv_line', b))).toMatchObject({ data: 'STARTTLS' });
    const server = driver.call('starttls', b, upgrading('localhost'));
    const behind = server.then(() => driver.call('send', b, str('early\n')));
    await Promise.all([client, server, behind]);
    expect(plain(await driver.call('recv_line', a))).toMatchObject({ data: 'early' });
  });

  it('knows the end of a stream that ended in the middle', async () => {
    const driver = makeDriver();
    const port = await peer((stream) => stream.end('go ahead\r\n'));
    const a = socketOf(await driver.call('connect', str(`127.0.0.1:${port}`)));
    expect(plain(await driver.call('recv_line', a))).toMatchObject({ data: 'go ahead' });
    expect(errorOf(await driver.call('starttls', a))).toBe('Could not upgrade socket to TLS: EOF');
  });
});

describe('options of both sides', () => {
  async function attempt(clientOptions: { [key: string]: Value }, serverOptions: { [key: string]: Value }) {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`127.0.0.1:${port}`, obj({ tls: true, ...certificate('localhost'), ...serverOptions }));
    const connected = await driver.call('connect', str(`localhost:${port}`), obj({ tls: true, ...clientOptions }));
    const event = await listener.next();
    listener.close();
    return { driver, connected, event };
  }
  const pem = (name: string): Value => str(readFileSync(file(name), 'latin1'));

  it('agree on a protocol and a version, which info tells', async () => {
    const { driver, connected, event } = await attempt(
      { alpn: [str('b'), str('a')], serverName: str('localhost') },
      { alpn: [str('a'), str('b')], minVersion: str('1.3') },
    );
    await driver.call('send', socketOf(event), str('x'));
    await driver.call('recv', socketOf(connected), 1);
    const client = plain(await driver.call('info', socketOf(connected))) as { peer: object };
    expect(client).toMatchObject({
      open: true,
      tls: true,
      server: false,
      protocol: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/),
      alpn: 'a',
      serverName: 'localhost',
      verified: true,
      bytesIn: 1,
    });
    expect(client.peer).toEqual({
      subject: 'CN=localhost',
      issuer: 'CN=Test CA',
      names: expect.anything(),
      validFrom: expect.stringMatching(/^\d{4}-.*Z$/),
      validTo: expect.stringMatching(/^\d{4}-.*Z$/),
      fingerprint: expect.stringMatching(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/),
    });
    expect(plain(await driver.call('info', socketOf(event)))).toMatchObject({
      server: true,
      alpn: 'a',
      serverName: 'localhost',
      peer: null,
    });
  });

  it('tell of certificates without a subject', async () => {
    const root = makeCertificate({ commonName: 'root', authority: true });
    const { cert, key } = makeCertificate({ commonName: '', names: ['dns:localhost'], issuer: root });
    const server = { certFile: str(''), keyFile: str(''), cert: str(cert), key: str(key) };
    const { driver, connected } = await attempt({ ca: str(root.cert) }, server);
    expect(plain(await driver.call('info', socketOf(connected)))).toMatchObject({
      verified: true,
      peer: { subject: '', issuer: 'CN=root', names: "['localhost']" },
    });
  });

  it('agree on a protocol whose name is bytes', async () => {
    const alpn = [str('\xff\x00')];
    const { driver, connected } = await attempt({ alpn }, { alpn });
    expect(plain(await driver.call('info', socketOf(connected)))).toMatchObject({ alpn: '\xff\x00' });
  });

  it('trust the roots that they are given, and only those', async () => {
    for (const [options, type] of [
      [{ ca: pem('ca.pem') }, 'ok'],
      [{ caFile: str(file('ca.pem')) }, 'ok'],
      [{ ca: pem('selfsigned.pem') }, 'error'],
    ] as const) {
      const { connected } = await attempt(options, {});
      expect(plain(connected)).toMatchObject({ type });
    }
    const driver = makeDriver();
    for (const [options, text] of [
      [{ caFile: str('absent.pem') }, 'Could not load TLS CA: open absent.pem: no such file or directory'],
      [{ ca: str('nothing') }, 'Could not load TLS CA: tls: failed to find any certificate in the CA text'],
      [
        { ca: str(`${readFileSync(file('ca.pem'), 'latin1')}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`) },
        'Could not load TLS CA: tls: a certificate is malformed',
      ],
    ] as const) {
      await expect(driver.call('connect', str('localhost:1'), obj({ tls: true, ...options }))).rejects.toMatchObject({
        reason: text,
      });
    }
  });

  it('can ask clients for a certificate and insist on one', async () => {
    const mine = { cert: pem('dnsonly.pem'), key: pem('dnsonly-key.pem') };
    const notSigned = { cert: pem('selfsigned.pem'), key: pem('selfsigned-key.pem') };
    for (const [auth, options, expected] of [
      ['request', {}, 'data'],
      ['request', mine, 'data'],
      ['request', notSigned, 'Could not read socket line: x509: certificate signed by unknown authority'],
      ['require', mine, 'data'],
      ['require', {}, "Could not read socket line: tls: client didn't provide a certificate"],
    ] as const) {
      const { driver, connected, event } = await attempt(options, { clientAuth: atom(auth), ca: pem('ca.pem') });
      await driver.call('send', socketOf(connected), str('hello\n'));
      const read = await driver.call('recv_line', socketOf(event));
      const { type, error } = plain(read) as { type: string; error?: string };
      expect(error ?? type).toBe(expected);
      if (auth === 'require' && error === undefined) {
        expect(plain(await driver.call('info', socketOf(event)))).toMatchObject({
          verified: true,
          peer: { subject: 'CN=localhost' },
        });
      }
    }
  });
});
