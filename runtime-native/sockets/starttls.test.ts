/**
 * STARTTLS against peers that cheat: what was sent in the clear is never read after the upgrade, whoever is upgraded and
 * however the bytes are cut, and after an upgrade that failed nothing goes out in the clear.
 *
 * The peers are made by hand over `node:net`. What they inject stands where an attacker on the way can put it: behind the
 * command or the answer to it, before the handshake.
 */
import { createServer, connect as dialPlain, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as dialTls, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Driver, plain } from '../../builtins/sockets/testing/testing.ts';
import { obj, str, type Value } from '../../language/values/values.ts';
import { makeCertificate } from '../make-certificate.ts';
import { closeAll, collect, later, makeDriver, pairOver, seconds, serve, socketOf } from './test-kit.ts';

afterEach(closeAll);

const identity = makeCertificate({ commonName: 'localhost', names: ['dns:localhost'] });
const asServer = obj({ server: true, cert: str(identity.cert), key: str(identity.key), timeout: seconds(5) });
const asClient = obj({ insecureSkipVerify: true, timeout: seconds(5) });
const brief = obj({ timeout: seconds(0.3) });
const secret = 'INJECTED';

/** What is injected, each with the word in it that must never be seen. */
const payloads: { readonly [name: string]: Buffer } = {
  'a line': Buffer.from(`${secret}\r\n`),
  'half a line': Buffer.from(`${secret} then`),
  'many lines': Buffer.from(`${secret}\r\n`.repeat(2000)),
  'what looks like a record of data': Buffer.concat([
    Buffer.from([23, 3, 3, 0, secret.length + 2]),
    Buffer.from(`${secret}\r\n`),
  ]),
  'what looks like a harmless alert, and a line': Buffer.concat([
    Buffer.from([21, 3, 3, 0, 2, 1, 90]),
    Buffer.from(`${secret}\r\n`),
  ]),
};

/** How it is sent after `first`. */
const timings: { readonly [name: string]: (stream: Socket, first: string, injected: Buffer) => Promise<void> } = {
  'in one segment': async (stream, first, injected) => void stream.write(Buffer.concat([Buffer.from(first), injected])),
  'in two segments': async (stream, first, injected) => {
    await written(stream, Buffer.from(first));
    stream.write(injected);
  },
  'cut within the command': async (stream, first, injected) => {
    await written(stream, Buffer.from(first.slice(0, 4)));
    stream.write(Buffer.concat([Buffer.from(first.slice(4)), injected]));
  },
  'cut within itself': async (stream, first, injected) => {
    await written(stream, Buffer.concat([Buffer.from(first), injected.subarray(0, 3)]));
    stream.write(injected.subarray(3));
  },
  '5 ms later': (stream, first, injected) => delayed(stream, first, injected, 5),
  '100 ms later': (stream, first, injected) => delayed(stream, first, injected, 100),
};

function written(stream: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => stream.write(bytes, () => setImmediate(resolve)));
}

async function delayed(stream: Socket, first: string, injected: Buffer, ms: number): Promise<void> {
  await written(stream, Buffer.from(first));
  await new Promise((resolve) => setTimeout(resolve, ms));
  stream.write(injected);
}

/** A connection from a stream made by hand to a socket of a program. */
async function victimServer(): Promise<{ driver: Driver; stream: Socket; socket: Value }> {
  const driver = makeDriver();
  const listening = await serve(driver);
  const stream = dialPlain({ host: '127.0.0.1', port: listening.port, noDelay: true, allowHalfOpen: true });
  stream.on('error', () => {});
  later(() => void stream.destroy());
  const socket = socketOf(await listening.next());
  listening.close();
  return { driver, stream, socket };
}

async function victimClient(): Promise<{ driver: Driver; stream: Socket; socket: Value }> {
  const driver = makeDriver();
  let accepted: (stream: Socket) => void = () => {};
  const arrived = new Promise<Socket>((resolve) => {
    accepted = resolve;
  });
  const server = createServer({ noDelay: true, allowHalfOpen: true }, accepted);
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  const [result, stream] = await Promise.all([driver.call('connect', str(`127.0.0.1:${port}`)), arrived]);
  server.close();
  stream.on('error', () => {});
  later(() => void stream.destroy());
  return { driver, stream, socket: socketOf(result) };
}

/** The peer goes on with an honest handshake, as the one who was attacked would, and says something over it. */
function goOn(stream: Socket, role: 'client' | 'server'): void {
  const secured =
    role === 'client'
      ? dialTls({ socket: stream, rejectUnauthorized: false })
      : new TLSSocket(stream, { isServer: true, cert: identity.cert, key: identity.key });
  secured.on('error', () => {});
  secured.on(role === 'client' ? 'secureConnect' : 'secure', () => secured.write('honest\r\n'));
}

for (const side of ['server', 'client'] as const) {
  describe(`what is injected before a ${side} is upgraded`, () => {
    const [command, victim] = side === 'server' ? ['STARTTLS\r\n', victimServer] : ['220 go on\r\n', victimClient];
    for (const [payload, injected] of Object.entries(payloads)) {
      for (const [timing, inject] of Object.entries(timings)) {
        it(`is never seen: ${payload}, ${timing}`, async () => {
          const { driver, stream, socket } = await victim();
          const sending = inject(stream, command, injected).then(() => goOn(stream, side === 'server' ? 'client' : 'server'));
          expect(plain(await driver.call('recv_line', socket))).toEqual({ type: 'data', data: command.trim() });
          const result = plain(await driver.call('starttls', socket, side === 'server' ? asServer : asClient));
          expect(result).toEqual({
            type: 'error',
            error: expect.stringMatching(/^Could not upgrade socket to TLS: /),
            code: expect.stringMatching(/^(tls|eof|reset|timeout)$/),
          });
          for (const [name, ...args] of [['recv', 100], ['recv_line'], ['recv_exact', 5]] as const) {
            const read = plain(await driver.call(name, socket, ...args));
            expect(read).toMatchObject({ type: 'error', code: 'closed' });
            expect(JSON.stringify(read)).not.toContain(secret);
          }
          await sending;
        });
      }
    }
  });
}

describe('a hello that comes in the same segment as the command', () => {
  for (const rest of ['', 'the whole hello', 'half of it, the rest later']) {
    it(`is the beginning of the handshake (${rest === '' ? 'alone' : rest})`, async () => {
      const { driver, stream, socket } = await victimServer();
      // A stream between TLS and the network that holds back the first thing that TLS says.
      let hello: Buffer | null = null;
      const between: Duplex = new Duplex({
        read() {},
        write(chunk: Buffer, _encoding, done) {
          if (hello !== null) {
            stream.write(chunk, () => done());
            return;
          }
          hello = chunk;
          const cut = rest === '' ? chunk.length : rest.startsWith('half') ? chunk.length >> 1 : chunk.length;
          stream.write(Buffer.concat([Buffer.from('STARTTLS\r\n'), chunk.subarray(0, cut)]), () => {
            if (cut === chunk.length) done();
            else setTimeout(() => stream.write(chunk.subarray(cut), () => done()), 20);
          });
        },
      });
      stream.on('data', (chunk) => between.push(chunk)).on('close', () => between.destroy());
      const secured = dialTls({ socket: between, rejectUnauthorized: false });
      secured.on('error', () => {});
      secured.on('secureConnect', () => secured.write('over TLS\r\n'));

      expect(plain(await driver.call('recv_line', socket))).toEqual({ type: 'data', data: 'STARTTLS' });
      expect(plain(await driver.call('starttls', socket, asServer))).toMatchObject({ type: 'ok', tls: true });
      expect(plain(await driver.call('recv_line', socket))).toEqual({ type: 'data', data: 'over TLS' });
      secured.destroy();
    });
  }
});

describe('after an upgrade that failed', () => {
  /** Whether all that was sent are records of TLS, from beginning to end. */
  function areRecords(bytes: Buffer): boolean {
    let at = 0;
    while (at + 5 <= bytes.length && (bytes[at] as number) >= 20 && (bytes[at] as number) <= 23 && bytes[at + 1] === 3) {
      at += 5 + bytes.readUInt16BE(at + 3);
    }
    return at === bytes.length;
  }

  const refusals: { readonly [name: string]: (stream: Socket) => void } = {
    'the peer goes on in the clear': (stream) => void stream.write('250 fine\r\n'),
    'the peer ends the stream': (stream) => void stream.end(),
    'the peer resets it': (stream) => void stream.resetAndDestroy(),
    'the peer says nothing': () => {},
    'the peer says garbage': (stream) => void stream.write(Buffer.from([22, 3, 1, 0, 4, 9, 9, 9, 9])),
  };
  for (const side of ['server', 'client'] as const) {
    for (const [what, refuse] of Object.entries(refusals)) {
      it(`nothing goes out in the clear from a ${side}: ${what}`, async () => {
        const { driver, stream, socket } = await (side === 'server' ? victimServer() : victimClient());
        const seen = collect(stream);
        const options = { ...(side === 'server' ? asServer : asClient), timeout: seconds(0.2) };
        const upgrade = driver.call('starttls', socket, obj(options));
        const meanwhile = driver.call('send', socket, str('sent meanwhile\r\n'));
        if (side === 'client' && what !== 'the peer says nothing') await seen.until((bytes) => bytes.length > 0);
        refuse(stream);
        expect(plain(await upgrade)).toMatchObject({ type: 'error', code: expect.stringMatching(/^(tls|eof|reset|timeout)$/) });
        expect(plain(await meanwhile)).toMatchObject({ type: 'error' });
        expect(plain(await driver.call('send', socket, str('password\r\n')))).toMatchObject({ type: 'error', code: 'closed' });
        // A reset that came before the upgrade was begun has ended the stream instead.
        expect(plain(await driver.call('recv_line', socket))).toMatchObject({ type: expect.stringMatching(/^(error|closed)$/) });
        expect(plain(await driver.call('starttls', socket, asClient))).toMatchObject({ type: 'error', code: 'closed' });
        expect(plain(await driver.call('close', socket))).toEqual({ type: 'closed' });
        const all = await seen.until(() => stream.readableEnded);
        expect(areRecords(all)).toBe(true);
        expect(all.toString('latin1')).not.toMatch(/password|meanwhile/);
      });
    }
  }

  it('a peer whose certificate is refused hears nothing in the clear either', async () => {
    const { driver, stream, socket } = await victimClient();
    const secured = new TLSSocket(stream, { isServer: true, cert: identity.cert, key: identity.key });
    let text = '';
    secured
      .on('error', () => {})
      .on('data', (chunk) => {
        text += chunk;
      });
    const gone = new Promise((resolve) => secured.on('end', resolve).on('close', resolve).on('error', resolve));
    const result = await driver.call('starttls', socket, obj({ serverName: str('localhost') }));
    expect(plain(result)).toMatchObject({ type: 'error', code: 'cert' });
    expect(plain(await driver.call('send', socket, str('password\r\n')))).toMatchObject({ code: 'closed' });
    await gone;
    expect(text).toBe('');
  });
});

describe('an upgrade', () => {
  async function pair(): Promise<{ driver: Driver; a: Value; b: Value }> {
    const driver = makeDriver();
    const listening = await serve(driver);
    const both = await pairOver(driver, listening, listening.address);
    listening.close();
    return both;
  }
  const both = (driver: Driver, a: Value, b: Value): Promise<Value[]> =>
    Promise.all([driver.call('starttls', a, asClient), driver.call('starttls', b, asServer)]);
  const error = (end: string) => ({
    type: 'error',
    error: expect.stringMatching(new RegExp(`^Could not upgrade socket to TLS: .*${end}$`)),
  });

  it('of an encrypted connection is refused, at both ends, and leaves it alone', async () => {
    const { driver, a, b } = await pair();
    expect((await both(driver, a, b)).map(plain)).toMatchObject([{ tls: true }, { tls: true }]);
    for (const socket of [a, b]) {
      expect(plain(await driver.call('starttls', socket, asClient))).toMatchObject({
        ...error('already encrypted'),
        code: 'tls',
      });
      expect(plain(await driver.call('starttls', socket, asServer))).toMatchObject({
        ...error('already encrypted'),
        code: 'tls',
      });
    }
    await driver.call('send', a, str('still here\n'));
    expect(plain(await driver.call('recv_line', b))).toEqual({ type: 'data', data: 'still here' });
  });

  it('while one is under way is refused, and the first one goes on', async () => {
    const { driver, a, b } = await pair();
    const first = driver.call('starttls', a, asClient);
    expect(plain(await driver.call('starttls', a, asClient))).toMatchObject(error('an upgrade is in progress'));
    expect(plain(await driver.call('starttls', b, asServer))).toMatchObject({ type: 'ok' });
    expect(plain(await first)).toMatchObject({ type: 'ok' });
  });

  it('lets a send wait, which goes out encrypted behind it', async () => {
    const { driver, a, b } = await pair();
    const upgrade = driver.call('starttls', a, asClient);
    const sending = driver.call('send', a, str('behind\n'));
    expect(plain(await driver.call('send', a, str('late\n'), obj({ timeout: seconds(0.01) })))).toMatchObject({
      code: 'timeout',
      bytes: 0,
    });
    expect(plain(await driver.call('starttls', b, asServer))).toMatchObject({ type: 'ok', tls: true });
    expect(plain(await upgrade)).toMatchObject({ type: 'ok', tls: true });
    expect(plain(await sending)).toEqual({ type: 'sent', bytes: 7 });
    await driver.call('send', a, str('after\n'));
    expect(plain(await driver.call('recv_line', b))).toMatchObject({ data: 'behind' });
    expect(plain(await driver.call('recv_line', b))).toMatchObject({ data: 'after' });
  });

  it('during a read is refused, and the read goes on', async () => {
    for (const [name, ...args] of [['recv', 100], ['recv_line'], ['recv_exact', 5], ['recv_all']] as const) {
      const { driver, a, b } = await pair();
      const read = driver.call(name, a, ...args);
      expect(plain(await driver.call('starttls', a, asClient))).toMatchObject(error('a read is in progress'));
      await driver.call('send', b, str('1234\n'));
      await driver.call('close', b);
      expect(plain(await read)).toMatchObject({ type: 'data' });
    }
  });

  it('during a blocked send is refused', async () => {
    const { driver, a } = await pair();
    const flood = driver.call('send', a, str('x'.repeat(32 << 20)));
    expect(plain(await driver.call('starttls', a, asClient))).toMatchObject(error('a write is in progress'));
    await driver.call('close', a);
    expect(plain(await flood)).toMatchObject({ type: 'error', code: 'closed' });
  });

  it('after the end of the stream returns an error', async () => {
    for (const options of [asClient, asServer]) {
      const { driver, a, b } = await pair();
      await driver.call('close', b);
      expect(plain(await driver.call('recv', a, 1))).toEqual({ type: 'closed' });
      expect(plain(await driver.call('starttls', a, options))).toMatchObject({
        type: 'error',
        error: expect.stringContaining('TLS: '),
      });
      expect(plain(await driver.call('close', a))).toEqual({ type: 'closed' });
    }
  });

  it('after our own end of the stream returns an error', async () => {
    const { driver, a } = await pair();
    await driver.call('close_write', a);
    expect(plain(await driver.call('starttls', a, asClient))).toMatchObject({ type: 'error' });
    await driver.call('close', a);
    expect(plain(await driver.call('starttls', a, asClient))).toMatchObject({
      ...error('use of closed network connection'),
      code: 'closed',
    });
  });

  for (const [role, options] of [
    ['clients', asClient],
    ['servers', asServer],
  ] as const) {
    it(`in which both ends are ${role} ends in errors, and closes both`, async () => {
      const { driver, a, b } = await pair();
      const short = obj({ ...options, timeout: seconds(0.2) });
      const results = await Promise.all([driver.call('starttls', a, short), driver.call('starttls', b, short)]);
      expect(results.map(plain)).toMatchObject([{ type: 'error' }, { type: 'error' }]);
      for (const socket of [a, b]) expect(plain(await driver.call('recv', socket, 1, brief))).toMatchObject({ code: 'closed' });
    });
  }

  it('from both ends at once works, as often as it is tried', async () => {
    for (let round = 0; round < 20; round++) {
      const { driver, a, b } = await pair();
      await Promise.all([driver.call('send', a, str('a\n')), driver.call('send', b, str('b\n'))]);
      expect(plain(await driver.call('recv_line', a))).toEqual({ type: 'data', data: 'b' });
      expect(plain(await driver.call('recv_line', b))).toEqual({ type: 'data', data: 'a' });
      const [one, two] = await both(driver, a, b);
      expect([plain(one), plain(two)]).toMatchObject([{ type: 'ok' }, { type: 'ok' }]);
    }
  });
});
