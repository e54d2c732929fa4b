/** Pages at a gateway: what they get, and what those get that want more. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Connection, type Failure, type Listener, NOT_ALLOWED } from '../../builtins/sockets/backend.ts';
import { networkPolicy } from '../../builtins/sockets/policy.ts';
import { plain } from '../../builtins/sockets/testing/testing.ts';
import {
  CREDIT,
  encodeFrame,
  MOST_DATA,
  MOST_STREAMS,
  PROTOCOL,
  TOKEN_PREFIX,
  windowFrame,
} from '../../builtins/sockets/tunnel/frames.ts';
import { atom, type Obj, obj, type Str, str } from '../../language/values/values.ts';
import { closeAll, later, serve } from '../sockets/test-kit.ts';
import {
  listening,
  makeGateway,
  makePage,
  opening,
  peer,
  type RawPage,
  rawPage,
  said,
  streamOptions,
  TOKEN,
} from './testing/gateway-kit.ts';

afterEach(closeAll);

describe('admission', () => {
  const refused = async (url: string, token?: string) => {
    const { driver } = makePage(url, token);
    return plain(await driver.call('connect', str('127.0.0.1:1')));
  };

  it('must know the token, otherwise gets an error value', async () => {
    const { url, log } = await makeGateway();
    expect(await refused(url, 'another-token-of-somebody')).toEqual({
      type: 'error',
      error: `Could not connect socket: dial tcp 127.0.0.1:1: gateway ${url} refuses: wrong token`,
      code: 'permission',
    });
    expect(log).toEqual([expect.stringMatching(/^page 1 \(127\.0\.0\.1:\d+\) refused: wrong token$/)]);
  });

  it('is not asked for without a token, or with something else', async () => {
    const { url, log } = await makeGateway();
    for (const token of ['', 'short', 'with a blank in it']) {
      expect(await refused(url, token)).toMatchObject({
        error: `Could not connect socket: dial tcp 127.0.0.1:1: gateway ${url} needs the token of its link, the text after #`,
        code: 'permission',
      });
    }
    expect(log).toEqual([]);
  });

  it('must be a page of this machine, one that was named, or no page', async () => {
    const { url } = await makeGateway({ origins: ['https://play.example'] });
    for (const origin of ['http://localhost:8377', 'http://127.0.0.1', 'https://[::1]:8', 'https://play.example', undefined]) {
      const page = await rawPage(url, origin === undefined ? {} : { origin });
      page.send(1, 'open', opening('127.0.0.1:1'));
      expect([origin, (await page.frame(() => true)).kind]).toEqual([origin, 'failed']);
    }
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost.evil.example',
      'https://play.example.evil',
      'http://127.0.0.1:1x',
    ]) {
      const page = await rawPage(url, { origin });
      expect([origin, await page.closed]).toEqual([origin, { code: 4004, reason: 'pages of this origin are not allowed' }]);
      expect(page.frames).toEqual([]);
    }
  });

  it('must speak this protocol', async () => {
    const { url } = await makeGateway();
    const page = await rawPage(url, { protocols: ['magnolia.tunnel.0', TOKEN_PREFIX + TOKEN] });
    expect(await page.closed).toEqual({ code: 4005, reason: 'this gateway speaks magnolia.tunnel.1' });
    expect((await (await rawPage(url, { protocols: [PROTOCOL] })).closed).reason).toBe('wrong token');
  });

  it('is answered what a browser asks before it lets a page reach a private network', async () => {
    const { url } = await makeGateway();
    const ask = async (origin: string) => {
      const { status, headers } = await fetch(url.replace('ws:', 'http:'), {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-private-network': 'true' },
      });
      return [status, headers.get('access-control-allow-private-network'), headers.get('access-control-allow-origin')];
    };
    expect(await ask('http://localhost:3000')).toEqual([204, 'true', 'http://localhost:3000']);
    expect(await ask('https://evil.example')).toEqual([403, null, null]);
    expect((await fetch(url.replace('ws:', 'http:'))).status).toBe(426);
  });

  it('is one of 32 pages at most', async () => {
    const { url } = await makeGateway();
    for (let i = 0; i < 32; i++) await rawPage(url);
    expect(await (await rawPage(url)).closed).toEqual({ code: 4006, reason: 'the gateway serves 32 pages' });
  });
});

describe('what pages may reach', () => {
  it('is what was allowed, also of the addresses of a name; every attempt is a line', async () => {
    const { port } = await peer();
    const { url, log } = await makeGateway({
      policy: { ...networkPolicy(`localhost:${port}`, '127.0.0.0/8'), mayListen: () => false },
    });
    const { driver } = makePage(url);
    const fails = async (address: string) => plain(await driver.call('connect', str(address)));
    expect(await fails('example.com:25')).toMatchObject({
      code: 'permission',
      error: 'Could not connect socket: dial tcp example.com:25: permission denied by the network policy',
    });
    expect(await fails(`localhost:${port}`)).toMatchObject({ code: expect.stringMatching(/permission|refused/) }); // ::1 is another address
    expect(plain((await driver.listen('127.0.0.1:0')).result)).toMatchObject({
      code: 'permission',
      error: 'Could not listen on socket: listen tcp 127.0.0.1:0: permission denied by the network policy',
    });
    expect(log.slice(1)).toEqual([
      expect.stringContaining('page 1: dial example.com:25: '),
      expect.stringContaining(`page 1: dial localhost:${port}: `),
      expect.stringContaining('page 1: listen 127.0.0.1:0: '),
    ]);
  });

  it('is also what the page itself allows: it asks for the addresses of a name before anything is connected', async () => {
    const { port, clients } = await peer();
    const { url, log } = await makeGateway();
    const { network } = makePage(url);
    const target = { kind: 'tcp', host: 'localhost', port } as const;
    const asked: string[] = [];
    const dialled = (mayReach: (ip: string) => boolean) =>
      new Promise<Connection | Failure>((done) => network.connect(target, { ...streamOptions, mayReach }, done));
    expect(await dialled((ip) => asked.push(ip) < 0)).toMatchObject({
      code: 'permission',
      detail: expect.stringContaining(NOT_ALLOWED),
    });
    expect(asked).toContain('127.0.0.1');
    expect(await dialled((ip) => ip === '127.0.0.1')).toMatchObject({ remote: `127.0.0.1:${port}` });
    expect(clients).toHaveLength(1);
    expect(log.filter((line) => line.includes('connected to'))).toHaveLength(1);

    const more = { backlog: 9, handshakeMs: 0, proxy: null, passed: null, reusePort: false, mayReach: () => false } as const;
    const events = { connection() {}, failed() {} };
    const listens = new Promise<Listener | Failure>((done) =>
      network.listen({ ...target, port: 0 }, { ...streamOptions, ...more }, events, done),
    );
    expect(await listens).toMatchObject({ code: 'permission', detail: `listen tcp 127.0.0.1:0: ${NOT_ALLOWED}` });
    expect(log.filter((line) => line.includes('listens on'))).toEqual([]);
  });

  it('is asked for by name where the gateway allows that name, and no others', async () => {
    const { url } = await makeGateway({ policy: networkPolicy('localhost:80') });
    const page = await rawPage(url);
    const ask = async (stream: number, resolve: string) => {
      page.send(stream, 'open', { resolve, use: 'dial' });
      return said(await page.frame(() => true));
    };
    expect(await ask(1, 'localhost:80')).toEqual({ addresses: expect.arrayContaining(['127.0.0.1']) });
    page.send(1, 'close');
    expect((await page.frame(() => true)).kind).toBe('close');
    expect(await ask(3, 'localhost:81')).toMatchObject({ code: 'permission' });
    expect(await ask(5, '127.0.0.1:80')).toMatchObject({ code: 'address' });
    page.send(7, 'open', { ...opening('localhost:80'), within: ['10.0.0.1'] });
    expect(said(await page.frame(() => true))).toMatchObject({ code: 'permission' });
  });

  it('is resolved by the gateway; addresses that make no sense are refused again there', async () => {
    const { url } = await makeGateway({ policy: networkPolicy('*') });
    const page = await rawPage(url);
    for (const [at, address] of ['no-port', '127.1:80', 'a b:1', 'fd:3', '\u0000:1', ''].entries()) {
      page.send(2 * at + 1, 'open', opening(address));
      expect([address, said(await page.frame(() => true))]).toMatchObject([
        address,
        { code: expect.stringMatching(/address|dns/) },
      ]);
    }
    page.send(101, 'open', listening('fd:3'));
    expect(said(await page.frame(() => true))).toMatchObject({ code: 'address' });
  });

  it('is never in the log with its data, and texts of the page cannot write lines of it', async () => {
    const { port } = await peer((socket) => socket.end('a secret answer'));
    const { url, log } = await makeGateway();
    const { driver } = makePage(url);
    const { socket } = (await driver.call('connect', str(`127.0.0.1:${port}`))) as Obj;
    await driver.call('send', socket ?? null, str('a secret question'));
    await driver.call('recv_all', socket ?? null);
    await driver.call('close', socket ?? null);
    const page = await rawPage(url);
    const forged = '\n2026 page 9: forged\u001b[2J';
    page.send(1, 'open', opening(`x${forged}:1`));
    await page.frame(() => true);
    const path = `unix:/tmp/magnolia-gateway-${process.pid}${forged}`;
    page.send(3, 'open', listening(path));
    await page.frame(({ kind }) => kind === 'opened');
    page.send(5, 'open', opening(path));
    await page.frame(({ kind }) => kind === 'accepted');
    expect(log.join('\n')).toMatch(/closed 127\.0\.0\.1:\d+, 15 bytes in, 17 out/);
    expect(log.join('')).not.toMatch(/secret/);
    expect(log.every((line) => /^[ -~]*$/.test(line))).toBe(true);
  });
});

describe('a page that breaks the protocol', () => {
  const attacks: { readonly [name: string]: (page: RawPage, port: number) => Promise<void> | void } = {
    'with a text': (page) => page.sendBytes('hello'),
    'with a torn frame': (page) => page.sendBytes(encodeFrame(1, 'window', new Uint8Array(3))),
    'with four bytes': (page) => page.sendBytes(new Uint8Array(4)),
    'with an unknown kind': (page) => page.sendBytes(Uint8Array.of(0, 0, 0, 1, 99)),
    'with an open that is no JSON': (page) => page.send(1, 'open', Uint8Array.of(0x7b)),
    'with an open of fields that are something else': (page) => page.send(1, 'open', { ...opening('a:1'), lingerMs: 'x' }),
    'with a number of the gateway': (page) => page.send(2, 'open', opening('127.0.0.1:1')),
    'with a number that was used': (page) => {
      page.send(3, 'open', opening('127.0.0.1:1'));
      page.send(1, 'open', opening('127.0.0.1:1'));
    },
    'with data of a stream that was not opened': (page) => page.send(5, 'data', Uint8Array.of(1)),
    'with data before a stream is open': (page) => {
      page.send(1, 'open', opening('127.0.0.1:1'));
      page.send(1, 'data', Uint8Array.of(1));
    },
    'with data behind the end': async (page, port) => {
      await opened(page, port);
      page.send(1, 'end');
      page.send(1, 'data', Uint8Array.of(1));
    },
    'with data on a listener': async (page) => {
      page.send(1, 'open', listening('127.0.0.1:0'));
      await page.frame(({ kind }) => kind === 'opened');
      page.send(1, 'data', Uint8Array.of(1));
    },
    'with credit that it was not asked for': async (page, port) => {
      await opened(page, port);
      page.sendBytes(windowFrame(1, CREDIT));
    },
    'with an upgrade without its first half': async (page, port) => {
      await opened(page, port);
      page.send(1, 'upgrade', Uint8Array.of(0, 0, 0, 0));
    },
    'with frames that only a gateway sends': async (page, port) => {
      await opened(page, port);
      page.send(1, 'accepted');
    },
    'with more data than it has credit for': async (page, port) => {
      await opened(page, port);
      for (let sent = 0; sent <= CREDIT + 8 * 1024 * 1024; sent += MOST_DATA) page.send(1, 'data', new Uint8Array(MOST_DATA));
    },
  };
  async function opened(page: RawPage, port: number): Promise<void> {
    page.send(1, 'open', opening(`127.0.0.1:${port}`));
    await page.frame(({ kind }) => kind === 'opened');
  }

  for (const [name, attack] of Object.entries(attacks)) {
    it(`${name} loses everything, and no other session does`, async () => {
      const { port, clients } = await peer((socket) => socket.pause());
      const { url, log } = await makeGateway();
      const { driver } = makePage(url);
      const bystander = (await driver.call('connect', str(`127.0.0.1:${port}`))) as Obj;
      const page = await rawPage(url);
      await attack(page, port);
      expect(await page.closed).toMatchObject({ code: 4002 });
      expect(log.filter((line) => line.startsWith('page 2: broke the protocol: '))).toHaveLength(1);
      expect(plain(await driver.call('send', bystander.socket ?? null, str('x')))).toEqual({ type: 'sent', bytes: 1 });
      const [first, second] = clients;
      expect(first?.destroyed).toBe(false);
      if (second !== undefined && !second.destroyed) {
        second.resume();
        await new Promise((done) => second.once('close', done));
      }
    });
  }

  it('with frames that are too long is closed by the WebSocket itself', async () => {
    const { url } = await makeGateway();
    const page = await rawPage(url);
    page.sendBytes(new Uint8Array(3 * 1024 * 1024));
    expect(await page.closed).toMatchObject({ code: 1009 });
  });
});

describe('limits', () => {
  it('allow 64 streams; the others get an error value, and a place when one has gone', async () => {
    const { port } = await peer();
    const { url } = await makeGateway();
    const { driver } = makePage(url);
    const open = () => driver.call('connect', str(`127.0.0.1:${port}`)) as Promise<Obj>;
    const all = await Promise.all(Array.from({ length: MOST_STREAMS }, open));
    expect(all.map(({ type }) => plain(type))).toEqual(all.map(() => 'ok'));
    expect(plain(await open())).toMatchObject({
      code: 'limit',
      error: `Could not connect socket: dial tcp 127.0.0.1:${port}: the gateway allows 64 streams`,
    });
    await driver.call('close', all[0]?.socket ?? null);
    expect(plain(await open())).toMatchObject({ type: 'ok' });
  });

  it('let connections wait to be accepted', async () => {
    const { url } = await makeGateway();
    const page = await rawPage(url);
    page.send(1, 'open', listening('127.0.0.1:0'));
    const { local } = said(await page.frame(({ kind }) => kind === 'opened')) as { local: string };
    const clients = Array.from({ length: MOST_STREAMS + 3 }, () => {
      const client = connect(Number(local.split(':')[1]), '127.0.0.1').on('error', () => {});
      later(() => void client.destroy());
      return client;
    });
    await Promise.all(clients.map((client) => new Promise((done) => client.once('connect', done))));
    const accepted: number[] = [];
    for (let i = 1; i < MOST_STREAMS; i++)
      accepted.push((said(await page.frame(({ kind }) => kind === 'accepted')) as { stream: number }).stream);
    await new Promise((done) => setTimeout(done, 50));
    expect(page.frames.filter(({ kind }) => kind === 'accepted')).toEqual([]);
    page.send(accepted[0] as number, 'close', Uint8Array.of(1));
    expect(said(await page.frame(({ kind }) => kind === 'accepted'))).toMatchObject({ handshake: 'none' });
  });
});

describe('when the gateway goes', () => {
  it('each stream fails once with a reset, later connects say where it was', async () => {
    const { port } = await peer();
    const gateway = await makeGateway();
    const { driver } = makePage(gateway.url);
    const connected = (await driver.call('connect', str(`127.0.0.1:${port}`))) as Obj;
    const socket = connected.socket ?? null;
    const listener = await serve(driver);
    const pending = driver.call('recv', socket, 10);
    await gateway.close();
    const local = (connected.local as Str).text;
    expect(plain(await pending)).toEqual({
      type: 'error',
      error: `Could not read socket data: read tcp ${local}->127.0.0.1:${port}: read: connection reset by peer`,
      code: 'reset',
    });
    expect(plain(await driver.call('recv', socket, 10))).toEqual({ type: 'closed' });
    expect(plain(await driver.call('send', socket, str('x')))).toMatchObject({ code: 'closed' });
    expect(plain(await listener.next())).toMatchObject({ type: 'error', code: 'reset' });
    expect(plain(await driver.call('connect', str(`127.0.0.1:${port}`)))).toEqual({
      type: 'error',
      error: `Could not connect socket: dial tcp 127.0.0.1:${port}: gateway ${gateway.url} is unreachable`,
      code: 'unreachable',
    });
    expect(driver.errors).toEqual([]);
  });

  it('and is there again, the next connect finds it', async () => {
    const { port } = await peer();
    const gateway = await makeGateway();
    const { driver } = makePage(gateway.url);
    const connects = async () => plain(await driver.call('connect', str(`127.0.0.1:${port}`)));
    expect(await connects()).toMatchObject({ type: 'ok' });
    await gateway.close();
    expect(await connects()).toMatchObject({ code: 'unreachable' });
    await makeGateway({ port: Number(new URL(gateway.url).port) });
    expect(await connects()).toMatchObject({ type: 'ok' });
  });

  it('what pages had sent arrives, and they are told that it ends', async () => {
    const { port, clients } = await peer((socket) => socket.pause());
    const { url, close } = await makeGateway();
    const page = await rawPage(url);
    page.send(1, 'open', opening(`127.0.0.1:${port}`));
    await page.frame(({ kind }) => kind === 'opened');
    page.send(1, 'data', new Uint8Array(MOST_DATA));
    page.send(1, 'data', Buffer.from('last words'));
    page.send(3, 'open', { resolve: '127.0.0.1:1', use: 'dial' });
    await page.frame(({ kind }) => kind === 'failed'); // all before it has been read
    const ended = close();
    expect(await page.closed).toEqual({ code: 1001, reason: 'the gateway ends' });
    const [client] = clients as [Socket];
    const received: Buffer[] = [];
    client.on('data', (chunk) => received.push(chunk)).resume();
    await Promise.all([ended, new Promise((done) => client.once('end', done))]);
    expect(Buffer.concat(received).subarray(MOST_DATA).toString()).toBe('last words');
  });

  it('a page that goes takes its sockets and listeners with it; what it had sent arrives', async () => {
    const got = new Promise<string>((done) => {
      void peer((socket) => {
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk;
        });
        socket.on('end', () => done(text));
      }).then(async ({ port }) => {
        const { url } = await makeGateway();
        const { driver, network } = makePage(url);
        const { socket } = (await driver.call('connect', str(`127.0.0.1:${port}`))) as Obj;
        await driver.call('send', socket ?? null, str('last words'));
        await driver.call('recv', socket ?? null, 0);
        await network.close();
      });
    });
    expect(await got).toBe('last words');
  });
});

describe('the rest of what a network has', () => {
  it('abandons a connection that is not wanted any more', async () => {
    const { url, log } = await makeGateway({ policy: { mayConnect: () => true } });
    const page = await rawPage(url);
    page.send(1, 'open', opening('192.0.2.1:9'));
    page.send(1, 'close');
    expect((await page.frame(() => true)).kind).toBe('close');
    expect(log).toHaveLength(1);
  });

  it('has Unix sockets where they are allowed, and no PROXY protocol', async () => {
    const { url } = await makeGateway();
    const { driver } = makePage(url);
    const path = `unix:/tmp/magnolia-gateway-${process.pid}`;
    const listener = await driver.listen(path);
    const connected = (await driver.call('connect', str(path))) as Obj;
    expect(plain(connected)).toMatchObject({ type: 'ok', remote: path });
    listener.close();
    const options = obj({ proxyProtocol: atom('require'), trusted: [str('10.0.0.0/8')] });
    expect(plain(await driver.call('serve', str('127.0.0.1:0'), () => null, options))).toMatchObject({
      code: 'unavailable',
      error: 'Could not listen on socket: listen tcp 127.0.0.1:0: the PROXY protocol is not available through a gateway',
    });
  });
});
