/**
 * TLS streams that are cut after every byte of a session, damaged records, damaged hellos and damaged certificates: in both roles, over
 * TLS 1.2 and 1.3. Whoever sits on the line can end a connection; it must never look like the end that the peer meant.
 */
import { createPrivateKey, createPublicKey, sign, X509Certificate } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { plain } from '../../builtins/sockets/testing/testing.ts';
import { type Obj, obj, str, type Value } from '../../language/values/values.ts';
import { makeCertificate } from '../make-certificate.ts';
import { closeAll, later, makeDriver, serve, socketOf } from './test-kit.ts';

const root = makeCertificate({ commonName: 'Root', authority: true });
const server = makeCertificate({ commonName: 'localhost', names: ['dns:localhost'], issuer: root });
const own = { cert: str(server.cert), key: str(server.key) };
const trusting = obj({ tls: true, serverName: str('localhost'), ca: str(root.cert) });
const LINES = 40;

afterEach(closeAll);

function listenAt(server_: Server): Promise<number> {
  later(() => {
    server_.close();
  });
  return new Promise((resolve) => {
    server_.listen(0, '127.0.0.1', () => resolve((server_.address() as { port: number }).port));
  });
}

/** A relay that lets through that many bytes of one direction, counted from when `arm` is called, and then ends the stream. For one connection at a time. */
async function cutter(port: number, side: 'up' | 'down'): Promise<{ port: number; arm(bytes: number): void; sent(): Buffer }> {
  let left = Number.POSITIVE_INFINITY;
  let armed = false;
  let seen: Buffer[] = [];
  const relay = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    armed = false;
    const inner = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const pass = (from: Socket, to: Socket, isCut: boolean): void => {
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.on('end', () => to.end());
      from.on('data', (chunk) => {
        if (!isCut || !armed) {
          to.write(chunk);
          return;
        }
        seen.push(chunk);
        const part = chunk.subarray(0, left);
        left -= part.length;
        if (part.length > 0) to.write(part);
        if (left === 0) to.end();
      });
    };
    pass(client, inner, side === 'up');
    pass(inner, client, side === 'down');
  });
  const at = await listenAt(relay);
  return {
    port: at,
    arm(bytes) {
      armed = true;
      left = bytes;
      seen = [];
    },
    sent: () => Buffer.concat(seen),
  };
}

/** How many whole records there are in the first bytes of a stream, and whether the bytes end with one. */
function recordsIn(stream: Buffer, length: number): { count: number; isWhole: boolean } {
  let at = 0;
  let count = 0;
  while (at + 5 <= length && at + 5 + stream.readUInt16BE(at + 3) <= length) {
    at += 5 + stream.readUInt16BE(at + 3);
    count++;
  }
  return { count, isWhole: at === length };
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s', (version) => {
  const minVersion = str(version.slice(4));

  /** Reads lines until the end; how many there were and how it ended. */
  const readAll = async (call: (name: string, ...args: Value[]) => Promise<Value>, socket: Value): Promise<string> => {
    for (let lines = 0; ; lines++) {
      const result = plain(await call('recv_line', socket)) as { type: string; data?: string; code?: string };
      if (result.type === 'data' && result.data !== `line ${lines}`) return `a wrong line ${result.data}`;
      if (result.type !== 'data') return `${lines} ${result.code ?? result.type}`;
    }
  };

  it('that is cut at any byte is distinguished from one that has ended, as a client', async () => {
    const driver = makeDriver();
    const context = createSecureContext({ cert: server.cert, key: server.key, maxVersion: version });
    const port = await listenAt(
      createServer({ allowHalfOpen: true, noDelay: true }, (raw) => {
        const stream = new TLSSocket(
          raw.on('error', () => {}),
          { isServer: true, secureContext: context },
        );
        stream.on('error', () => {});
        stream.once('data', () => {
          for (let i = 0; i < LINES; i++) stream.write(`line ${i}\n`);
          stream.end();
        });
      }),
    );
    const via = await cutter(port, 'down');
    const session = async (bytes: number): Promise<{ ended: string; sent: Buffer }> => {
      const connected = (await driver.call('connect', str(`127.0.0.1:${via.port}`), trusting)) as Obj;
      expect(plain(connected)).toMatchObject({ type: 'ok' });
      const { socket } = connected;
      via.arm(bytes);
      await driver.call('send', socket as Value, str('go\n'));
      const ended = await readAll((name, ...args) => driver.call(name, ...args), socket as Value);
      await driver.call('close', socket as Value);
      return { ended, sent: via.sent() };
    };
    const whole = await session(Number.POSITIVE_INFINITY);
    expect(whole.ended).toBe(`${LINES} closed`);
    for (let bytes = 1; bytes < whole.sent.length; bytes += 1) {
      const { ended, sent } = await session(bytes);
      const { isWhole } = recordsIn(sent, Math.min(bytes, sent.length));
      expect(`${bytes}: ${ended}`).toMatch(isWhole ? /^\d+: \d+ closed$/ : /^\d+: \d+ eof$/);
    }
  }, 120_000);

  it('that is cut at any byte is distinguished from one that has ended, as a server', async () => {
    const driver = makeDriver();
    const listening = await serve(driver, obj({ tls: true, minVersion, ...own }));
    const via = await cutter(listening.port, 'up');
    const session = async (bytes: number): Promise<{ ended: string; sent: Buffer }> => {
      const raw = connect({ port: via.port, host: '127.0.0.1', noDelay: true }).on('error', () => {});
      const client = connectTls({ socket: raw, ca: root.cert, servername: 'localhost', maxVersion: version }).on(
        'error',
        () => {},
      );
      const socket = socketOf(await listening.next());
      await new Promise((resolve) => client.once('secureConnect', resolve));
      await driver.call('send', socket, str('hello\n'));
      await new Promise((resolve) => client.once('data', resolve));
      via.arm(bytes);
      for (let i = 0; i < LINES; i++) client.write(`line ${i}\n`);
      client.end();
      const ended = await readAll((name, ...args) => driver.call(name, ...args), socket);
      await driver.call('close', socket);
      client.destroy();
      return { ended, sent: via.sent() };
    };
    const whole = await session(Number.POSITIVE_INFINITY);
    expect(whole.ended).toBe(`${LINES} closed`);
    for (let bytes = 1; bytes < whole.sent.length; bytes += 1) {
      const { ended, sent } = await session(bytes);
      const { isWhole } = recordsIn(sent, Math.min(bytes, sent.length));
      expect(`${bytes}: ${ended}`).toMatch(isWhole ? /^\d+: \d+ closed$/ : /^\d+: \d+ eof$/);
    }
  }, 120_000);
});

/** The same sequence of numbers each time. */
function sequenceOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

describe('a damaged certificate', () => {
  const key = createPrivateKey(server.key);
  const good = new X509Certificate(server.cert).raw;
  const pem = (der: Buffer): string => `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
  /** Where the signed part is: inside of the outer sequence. */
  const signedLength = 4 + good.readUInt16BE(6);

  /** Changes bytes of what is signed, and signs it with its own key, so that the handshake itself is in order. */
  const damaged = (random: (below: number) => number): Buffer => {
    const body = Buffer.from(good.subarray(4, 4 + signedLength));
    for (let changes = 1 + random(3); changes > 0; changes--) body[4 + random(body.length - 4)] = random(256);
    const algorithm = good.subarray(4 + signedLength, 4 + signedLength + 2 + (good[4 + signedLength + 1] as number));
    const signature = sign('sha256', body, key);
    const bits = Buffer.concat([Buffer.from([3, signature.length + 1, 0]), signature]);
    const all = Buffer.concat([body, algorithm, bits]);
    return Buffer.concat([Buffer.from([0x30, 0x82, all.length >> 8, all.length & 255]), all]);
  };

  it('never harms a client, whatever it says', async () => {
    const driver = makeDriver();
    const random = sequenceOf(7);
    let current: { cert: string; key: string } | null = null;
    const port = await listenAt(
      createServer((raw) => {
        raw.on('error', () => {});
        if (current === null) return;
        const stream = new TLSSocket(raw, { isServer: true, secureContext: createSecureContext(current) });
        stream.on('error', () => {}).on('secure', () => stream.end('hello\n'));
      }),
    );
    let shown = 0;
    for (let round = 0; round < 400 && shown < 120; round++) {
      const cert = pem(damaged(random));
      try {
        createSecureContext({ cert, key: server.key });
        createPublicKey(cert);
      } catch {
        continue; // no server could show it
      }
      current = { cert, key: server.key };
      shown++;
      for (const options of [trusting, obj({ tls: true, insecureSkipVerify: true })]) {
        const result = (await driver.call('connect', str(`127.0.0.1:${port}`), options)) as Obj;
        const { type, code } = plain(result) as { type: string; code?: string };
        expect(type === 'ok' || ['cert', 'tls', 'eof', 'reset', 'other'].includes(code ?? '')).toBe(true);
        if (type !== 'ok') continue;
        expect(plain(await driver.call('info', result.socket as Value))).toMatchObject({ type: 'ok' });
        await driver.call('close', result.socket as Value);
      }
    }
    expect(shown).toBeGreaterThan(20);
    expect(driver.errors).toEqual([]);
  }, 60_000);
});

describe('a damaged hello', () => {
  it('never harms a listener, cut or changed anywhere', async () => {
    const driver = makeDriver();
    const listening = await serve(driver, obj({ tls: true, ...own }));
    const hello = await new Promise<Buffer>((resolve) => {
      const taker = createServer((raw) => raw.once('data', (data: Buffer) => resolve(data) as undefined).on('error', () => {}));
      void listenAt(taker).then((port) =>
        connectTls({ port, host: '127.0.0.1', servername: 'localhost' })
          .on('error', () => {})
          .setTimeout(500, function (this: TLSSocket) {
            this.destroy();
          }),
      );
    });
    const random = sequenceOf(11);
    for (let round = 0; round < 150; round++) {
      const bytes = Buffer.from(hello.subarray(0, round % 2 === 0 ? hello.length : random(hello.length)));
      for (let changes = random(3); changes >= 0; changes--) if (bytes.length > 0) bytes[random(bytes.length)] = random(256);
      const raw = connect(listening.port, '127.0.0.1')
        .on('error', () => {})
        .resume();
      raw.end(bytes);
      const read = plain(await driver.call('recv_line', socketOf(await listening.next()))) as { type: string };
      expect(read.type).not.toBe('data');
      raw.destroy();
    }
    expect(driver.errors).toEqual([]);
    const good = (await driver.call('connect', str(listening.address), trusting)) as Obj;
    expect(plain(good)).toMatchObject({ type: 'ok' });
    await driver.call('close', good.socket as Value);
  }, 60_000);
});
