import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { plain } from '../../builtins/sockets/testing/testing.ts';
import { Float, type Fn, type Obj, obj, str } from '../../language/values/values.ts';
import { freePort } from '../../scripts/free-port.ts';
import { nativeSockets } from './backend.ts';
import { closeAll, makeDriver, makeProgram, serve, socketOf } from './test-kit.ts';

afterEach(closeAll);

function peer(handle: (stream: Socket) => void): Promise<{ server: Server; port: number }> {
  return new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true }, (stream) => {
      stream.on('error', () => {});
      handle(stream);
    });
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as { port: number }).port }));
  });
}

describe('connect', () => {
  it('tells both addresses, and the acceptor the same ones the other way round', async () => {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`:${port}`);
    const connected = plain(await driver.call('connect', str(`127.0.0.1:${port}`))) as { remote: string; local: string };
    const event = plain(await listener.next());
    expect(connected).toEqual({
      type: 'ok',
      socket: { type: 'socket', id: expect.any(Number) },
      remote: `127.0.0.1:${port}`,
      local: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      tls: false,
    });
    expect(event).toEqual({
      type: 'connect',
      socket: { type: 'socket', id: expect.any(Number) },
      remote: connected.local,
      local: connected.remote,
      tls: false,
    });
  });

  it('answers a refused connection with an error value', async () => {
    const port = await freePort();
    expect(plain(await makeDriver().call('connect', str(`127.0.0.1:${port}`)))).toEqual({
      type: 'error',
      error: `Could not connect socket: dial tcp 127.0.0.1:${port}: connect: connection refused`,
      code: 'refused',
    });
  });

  it('answers an unknown name with an error value', async () => {
    const result = plain(await makeDriver().call('connect', str('no-such-host.invalid:80'))) as { error: string };
    expect(result).toMatchObject({ type: 'error', code: 'dns' });
    expect(result.error).toMatch(/^Could not connect socket: dial tcp: lookup no-such-host\.invalid/);
  });

  it('uses no number for a failed attempt', async () => {
    const driver = makeDriver();
    await driver.call('connect', str(`127.0.0.1:${await freePort()}`));
    const { server, port } = await peer((stream) => stream.end());
    expect(plain(socketOf(await driver.call('connect', str(`localhost:${port}`))))).toEqual({ type: 'socket', id: 0 });
    server.close();
  });
});

describe('a reset', () => {
  it('is reported once, then reads find the end and sends a broken pipe', async () => {
    const driver = makeDriver();
    const { server, port } = await peer((stream) => stream.once('data', () => stream.resetAndDestroy()));
    const a = socketOf(await driver.call('connect', str(`127.0.0.1:${port}`)));
    const waiting = driver.call('recv_line', a);
    await driver.call('send', a, str('x'));
    const first = plain(await waiting) as { error: string };
    expect(first).toMatchObject({ type: 'error', code: 'reset' });
    expect(first.error).toMatch(
      /^Could not read socket line: read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: read: connection reset by peer$/,
    );
    expect(plain(await driver.call('recv', a, 5))).toEqual({ type: 'closed' });
    expect(plain(await driver.call('recv_exact', a, 5))).toMatchObject({ error: 'Could not read exact socket data: EOF' });
    for (const text of ['y', '']) {
      expect((plain(await driver.call('send', a, str(text))) as { error: string }).error).toMatch(/: write: broken pipe$/);
    }
    expect(plain(await driver.call('close', a))).toEqual({ type: 'closed' });
    server.close();
  });
});

describe('close', () => {
  it('ends the stream instead of resetting it when input is unread', async () => {
    const driver = makeDriver();
    const { server, port } = await peer((stream) => {
      stream.write('never read'.repeat(20_000));
      stream.on('data', (chunk) => received.push(String(chunk)));
      stream.on('end', () => {
        ended();
        stream.end();
      });
    });
    const received: string[] = [];
    let ended = (): void => {};
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const a = socketOf(await driver.call('connect', str(`127.0.0.1:${port}`)));
    await driver.call('recv', a, 1);
    await driver.call('send', a, str('last words'));
    await driver.call('close', a);
    await end;
    expect(received.join('')).toBe('last words');
    server.close();
  });
});

describe('listen', () => {
  it('answers a taken port with an error value', async () => {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`127.0.0.1:${port}`);
    const second = await driver.listen(`127.0.0.1:${port}`);
    expect(plain(second.result)).toEqual({
      type: 'error',
      error: `Could not listen on socket: listen tcp 127.0.0.1:${port}: bind: address already in use`,
      code: 'inuse',
    });
    listener.close();
  });

  it('has closed the port when its close function returns, and can be opened again at once', async () => {
    const driver = makeDriver();
    const port = await freePort();
    for (let i = 0; i < 3; i++) {
      const listener = await driver.listen(`127.0.0.1:${port}`);
      const connected = await driver.call('connect', str(`127.0.0.1:${port}`));
      const event = await listener.next();
      listener.close();
      listener.close();
      expect(plain(await driver.call('connect', str(`127.0.0.1:${port}`)))).toMatchObject({ code: 'refused' });
      await driver.call('send', socketOf(event), str('lives on\n'));
      expect(plain(await driver.call('recv_line', socketOf(connected)))).toMatchObject({ data: 'lives on' });
    }
  });

  it('closes the socket of a handler that ends in an error', async () => {
    const driver = makeDriver();
    const port = await freePort();
    const close = await driver.call('listen', str(`127.0.0.1:${port}`), () => {
      throw new Error('a mistake');
    });
    const connected = await driver.call('connect', str(`127.0.0.1:${port}`));
    expect(plain(await driver.call('recv', socketOf(connected), 1))).toEqual({ type: 'closed' });
    expect(driver.errors.map(String)).toEqual(['Error: a mistake']);
    (close as () => void)();
  });

  it('accepts connections in their order', async () => {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`127.0.0.1:${port}`);
    const locals: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      locals.push((plain(await driver.call('connect', str(`127.0.0.1:${port}`))) as { local: string }).local);
    }
    const remotes: unknown[] = [];
    for (let i = 0; i < 20; i++) remotes.push((plain(await listener.next()) as { remote: string }).remote);
    expect(remotes).toEqual(locals);
    listener.close();
  });

  it('keeps the machine from ending while it is open, and no longer', async () => {
    const driver = makeDriver();
    const listener = await driver.listen(`127.0.0.1:${await freePort()}`);
    const before = driver.idle;
    await new Promise((resolve) => setImmediate(resolve));
    expect(driver.idle).toBe(before);
    listener.close();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(driver.idle).toBeGreaterThan(before);
  });
});

describe('drainAll', () => {
  it('sends on what the system has not taken yet', async () => {
    const { driver, end: endProgram } = makeProgram();
    let size = 0;
    let ended = (): void => {};
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const { server, port } = await peer((stream) => {
      setImmediate(() => {
        stream.on('data', (chunk) => {
          size += chunk.length;
        });
        stream.on('end', () => {
          ended();
          stream.end();
        });
      });
    });
    const a = socketOf(await driver.call('connect', str(`127.0.0.1:${port}`)));
    for (let i = 0; i < 8; i++) void driver.call('send', a, str('x'.repeat(1 << 20)));
    await driver.call('recv', a, 0);
    await endProgram();
    await end;
    expect(size).toBeGreaterThanOrEqual(1 << 20);
    server.close();
  });
});

describe('half of a program that only connects', () => {
  it('works with a peer that is not ours', async () => {
    const driver = makeDriver();
    const port = await freePort();
    const listener = await driver.listen(`127.0.0.1:${port}`);
    const stream = connect(port, '127.0.0.1');
    const event = await listener.next();
    stream.end('hello\r\nworld');
    expect(plain(await driver.call('recv_line', socketOf(event)))).toMatchObject({ data: 'hello' });
    expect(plain(await driver.call('recv_line', socketOf(event)))).toMatchObject({ data: 'world' });
    expect(plain(await driver.call('recv_line', socketOf(event)))).toEqual({ type: 'closed' });
    await driver.call('close', socketOf(event));
    listener.close();
  });
});

describe('serve', () => {
  it('tells the port that the system chose', async () => {
    const driver = makeDriver();
    const served = (await driver.call('serve', str('127.0.0.1:0'), () => null)) as Obj;
    const { local } = plain(served) as { local: string };
    expect(local).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(plain(await driver.call('connect', str(local)))).toMatchObject({ type: 'ok', remote: local });
    expect(plain(await driver.run(served.drain as Fn, new Float(0.05)))).toEqual({ type: 'ok', remaining: 1 });
  });
});

describe('a timeout', () => {
  it('ends a connect without an answer', async () => {
    const driver = makeDriver();
    // A listener that accepts nothing, because its process is stopped; its queue is full after two connections.
    const code = "require('net').createServer().listen(0, '127.0.0.1', 1, function () { console.log(this.address().port) })";
    const child = spawn(process.execPath, ['-e', code]);
    const port = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
    child.kill('SIGSTOP');
    const results = [];
    for (let i = 0; i < 8; i++) {
      const result = await driver.call('connect', str(`127.0.0.1:${port}`), obj({ timeout: new Float(0.1) }));
      results.push((plain(result) as { code?: string }).code ?? 'ok');
    }
    child.kill('SIGKILL');
    expect(results.at(-1)).toBe('timeout');
  });
});

describe('a Unix socket', () => {
  const folder = mkdtempSync(join(tmpdir(), 'magnolia-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let count = 0;

  it('has the path as its address at both ends', async () => {
    const driver = makeDriver();
    const address = `unix:${folder}/${count++}`;
    const listener = await driver.listen(address);
    const [connected, event] = await Promise.all([driver.call('connect', str(address)), listener.next()]);
    expect(plain(connected)).toMatchObject({ type: 'ok', remote: address, local: address });
    expect(plain(event)).toMatchObject({ type: 'connect', remote: address, local: address });
    listener.close();
  });

  it('is refused without a listener, and its file goes with the listener', async () => {
    const driver = makeDriver();
    const path = `${folder}/gone`;
    const listener = await driver.listen(`unix:${path}`);
    expect(plain((await driver.listen(`unix:${path}`)).result)).toMatchObject({ code: 'inuse' });
    listener.close();
    expect(plain(await driver.call('connect', str(`unix:${path}`)))).toEqual({
      type: 'error',
      error: `Could not connect socket: dial unix ${path}: connect: no such file or directory`,
      code: 'other',
    });
  });

  it('takes the place of a file that a dead program left', async () => {
    const path = `${folder}/stale`;
    leaveStale(path);
    const driver = makeDriver();
    const listener = await driver.listen(`unix:${path}`);
    expect(plain(await driver.call('connect', str(`unix:${path}`)))).toMatchObject({ type: 'ok' });
    listener.close();
  });

  it('answers once, also after a file in its way', async () => {
    const path = `${folder}/once`;
    leaveStale(path);
    const backend = nativeSockets();
    const answers: unknown[] = [];
    await new Promise<void>((resolve) => {
      const options = {
        tls: null,
        backlog: 1,
        noDelay: true,
        keepAliveMs: 0,
        lingerMs: 5000,
        handshakeMs: 0,
        proxy: null,
        passed: null,
        reusePort: false,
      };
      const events = { connection() {}, failed() {} };
      backend.listen({ kind: 'unix', path }, options, events, (outcome) => {
        answers.push(outcome);
        setImmediate(resolve); // whoever is told as well is told in the same turn
      });
    });
    expect(answers).toEqual([expect.objectContaining({ local: `unix:${path}` })]);
    await new Promise<void>((resolve) => backend.drainAll(resolve));
  });

  it('cannot take the place of a file that may not be removed', async () => {
    const path = `${folder}/locked/stale`;
    mkdirSync(dirname(path));
    leaveStale(path);
    chmodSync(path, 0o777);
    chmodSync(dirname(path), 0o555);
    chmodSync(folder, 0o755);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534); // root may remove everything
    const { result } = await makeDriver().listen(`unix:${path}`);
    if (isRoot) process.seteuid?.(0);
    chmodSync(dirname(path), 0o755);
    expect(plain(result)).toEqual({
      type: 'error',
      error: `Could not listen on socket: listen unix ${path}: bind: permission denied`,
      code: 'permission',
    });
  });

  it('says that the directory is not there', async () => {
    const path = `${folder}/nowhere/server`;
    expect(plain((await makeDriver().listen(`unix:${path}`)).result)).toEqual({
      type: 'error',
      error: `Could not listen on socket: listen unix ${path}: bind: no such file or directory`,
      code: 'other',
    });
  });

  for (const [path, reason] of [
    [`/tmp/${'x'.repeat(200)}`, /: file name too long$/],
    ['/tmp/\xff', /: file name is not UTF-8$/],
  ] as const) {
    it(`refuses a path that would become another: ${reason}`, async () => {
      const driver = makeDriver();
      for (const result of [await driver.call('connect', str(`unix:${path}`)), (await driver.listen(`unix:${path}`)).result]) {
        expect(plain(result)).toMatchObject({ type: 'error', code: 'address', error: expect.stringMatching(reason) });
      }
    });
  }
});

/** A socket file that nobody listens on any more. */
function leaveStale(path: string): void {
  const code = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', code]);
}

describe('a socket that the program has lost', () => {
  const Native = globalThis.FinalizationRegistry;
  /** Tells of every value that was registered that the garbage collector has taken it. */
  let loseAll = (): void => {};

  beforeEach(() => {
    const lost: (() => void)[] = [];
    globalThis.FinalizationRegistry = class<Held> extends Native<Held> {
      readonly #tell: (held: Held) => void;
      constructor(tell: (held: Held) => void) {
        super(tell);
        this.#tell = tell;
      }
      override register(_value: WeakKey, held: Held): void {
        lost.push(() => this.#tell(held));
      }
    };
    loseAll = () => {
      for (const tell of lost.splice(0)) tell();
    };
  });
  afterEach(() => {
    globalThis.FinalizationRegistry = Native;
  });

  for (const order of ['before', 'after'] as const) {
    it(`is closed once the end was reported, which was ${order} that`, async () => {
      const driver = makeDriver();
      const listening = await serve(driver);
      const stream = connect({ port: listening.port, host: '127.0.0.1', allowHalfOpen: true }).resume();
      const ended = new Promise((resolve) => stream.on('end', resolve));
      const socket = socketOf(await listening.next());
      if (order === 'after') loseAll();
      stream.end();
      expect(plain(await driver.call('recv_line', socket))).toMatchObject({ type: 'closed' });
      if (order === 'before') loseAll();
      await ended;
    });
  }
});
