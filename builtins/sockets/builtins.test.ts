import { describe, expect, it } from '@jest/globals';
import { display } from '../../language/runtime/render.ts';
import { atom, EMPTY, Float, type Fn, type Obj, obj, str, type Value } from '../../language/values/values.ts';
import { NodeHost } from '../../runtime-native/host.ts';
import { Registry } from '../registry.ts';
import { memoryNetwork } from './memory-network.ts';
import { Driver, type Loop, type Pair, plain } from './testing/testing.ts';
import { unavailableSockets } from './unavailable.ts';

const host = new NodeHost();
const loop: Loop = { now: () => host.now(), defer: (run) => host.defer(run), timer: (ms, run) => host.timer(ms, run) };
const makeDriver = (): Driver => new Driver(memoryNetwork(), loop);
const socketOf = (result: Value): Value => (result as Obj).socket as Value;
const errorOf = (result: Value): string => (plain(result) as { error: string }).error;

async function pair(connectOptions: Value = null, listenOptions: Value = null): Promise<Pair> {
  const driver = makeDriver();
  const listener = await driver.listen(':80', listenOptions);
  const [connected, event] = await Promise.all([driver.call('connect', str(':80'), connectOptions), listener.next()]);
  listener.close();
  return { driver, a: socketOf(connected), b: socketOf(event) };
}

const socket = (id: Value): Obj => obj({ type: atom('socket'), id });

describe('mistakes in calls', () => {
  const nothing = (): null => null;
  const cases: [string, Value[], string][] = [
    ['connect', [], 'socket_connect requires 1 arguments, got 0'],
    ['send', [socket(0)], 'socket_send requires 2 arguments, got 1'],
    ['recv', [socket(0)], 'socket_recv requires 2 arguments, got 1'],
    ['recv_exact', [], 'socket_recv_exact requires 2 arguments, got 0'],
    ['recv_line', [], 'socket_recv_line requires 1 arguments, got 0'],
    ['starttls', [], 'socket_starttls requires 1 arguments, got 0'],
    ['close', [], 'socket_close requires 1 arguments, got 0'],
    ['listen', [str(':1')], 'socket_listen requires 2 arguments, got 1'],
    ['connect', [12], 'Mismatched types in call socket_connect(12)'],
    ['connect', [null, obj({ tls: 1 })], 'Mismatched types in call socket_connect(?)'],
    ['listen', [str('addr'), null], "Mismatched types in call socket_listen('addr', ?)"],
    ['listen', [5, nothing, obj({ tls: 1 })], 'Mismatched types in call socket_listen(5, '],
    ['connect', [str(':1'), [1]], 'socket_connect options must be an object, got [1]'],
    ['listen', [str(':1'), nothing, str('x')], "socket_listen options must be an object, got 'x'"],
    ['starttls', [socket(0), true], 'socket_starttls options must be an object, got true'],
    ['recv', [socket(0), -1], 'Second argument to socket_recv must be a non-negative int, got -1'],
    ['recv', [socket(0), -(2n ** 60n)], 'Second argument to socket_recv must be a non-negative int, got -1152921504606846976'],
    ['recv', [socket(0), new Float(4)], 'Second argument to socket_recv must be a non-negative int, got 4'],
    ['recv_exact', [socket(0), null], 'Second argument to socket_recv_exact must be a non-negative int, got ?'],
    ['send', [socket(0), 5], 'Second argument to socket_send must be a string, got 5'],
    ['recv_until', [socket(0), str('')], "Second argument to socket_recv_until must be a non-empty string, got ''"],
    [
      'set_timeout',
      [socket(0), -1],
      'Second argument to socket_set_timeout must be a non-negative number, ? or {read: number, write: number}, got -1',
    ],
    ['connect', [str(':1'), obj({ tls: true, server: true })], 'TLS server mode requires certFile and keyFile'],
    ['connect', [str('bad address'), obj({ tls: true, server: true })], 'TLS server mode requires certFile and keyFile'],
    ['listen', [str('bad address'), nothing, obj({ tls: true })], 'TLS server mode requires certFile and keyFile'],
  ];
  for (const [name, second] of [
    ['send', str('x')],
    ['recv', 1],
    ['recv_exact', 1],
    ['recv_line', null],
    ['starttls', null],
    ['close', null],
  ] as const) {
    const rest = second === null ? [] : [second];
    for (const given of [
      null,
      EMPTY,
      1,
      new Float(1),
      true,
      str('x'),
      atom('socket'),
      [socket(0)],
      obj({}),
      obj({ type: str('socket'), id: 0 }),
    ]) {
      cases.push([name, [given, ...rest], `First argument to socket_${name} must be a socket, got ${display(given)}`]);
    }
    for (const id of [new Float(1), str('0'), null, undefined]) {
      const given = id === undefined ? obj({ type: atom('socket') }) : socket(id);
      cases.push([name, [given, ...rest], `Socket ${display(given)} is malformed`]);
    }
    for (const id of [2, -1, 2n ** 60n])
      cases.push([name, [socket(id), ...rest], `Socket ${display(socket(id))} is not available`]);
  }
  cases.push(['starttls', [socket(7), [1]], 'Socket {id: 7, type: :socket} is not available']);
  for (const [name, args] of [
    ['connect', [str(':1')]],
    ['starttls', [socket(0)]],
    ['listen', [str(':1'), nothing]],
  ] as const) {
    for (const option of ['tls', 'server', 'insecureSkipVerify']) {
      for (const value of [null, 1, str('true'), atom('true')]) {
        cases.push([
          name,
          [...args, obj({ [option]: value })],
          `socket_${name} options.${option} must be a bool, got ${display(value)}`,
        ]);
      }
    }
    for (const option of ['serverName', 'certFile', 'keyFile']) {
      for (const value of [null, 1, true, atom('x')]) {
        cases.push([
          name,
          [...args, obj({ [option]: value })],
          `socket_${name} options.${option} must be a string, got ${display(value)}`,
        ]);
      }
    }
    cases.push([name, [...args, obj({ keyFile: 1, tls: 1 })], `socket_${name} options.tls must be a bool, got 1`]);
  }
  for (const [name, args, option, value, shape] of [
    ['connect', [str(':1')], 'timeout', -1, 'a non-negative number'],
    ['recv', [socket(0), 1], 'timeout', str('1'), 'a non-negative number'],
    ['send', [socket(0), str('x')], 'timeout', new Float(-0.5), 'a non-negative number'],
    ['recv_line', [socket(0)], 'maxLine', 0, 'a positive int'],
    ['recv_all', [socket(0)], 'maxBytes', new Float(1), 'a positive int'],
    ['connect', [str(':1')], 'minVersion', str('1.1'), "'1.2' or '1.3'"],
    ['connect', [str(':1')], 'alpn', [1], 'a list of strings'],
    ['listen', [str(':1'), nothing], 'clientAuth', atom('maybe'), ':request or :require'],
    ['connect', [str(':1')], 'keepAlive', 0, 'a positive number or false'],
    ['connect', [str(':1')], 'noDelay', 1, 'a bool'],
  ] as const) {
    cases.push([
      name,
      [...args, obj({ [option]: value as Value })],
      `socket_${name} options.${option} must be ${shape}, got ${display(value as Value)}`,
    ]);
  }

  it(`are reported in the reference's words (${cases.length} cases)`, async () => {
    const { driver } = await pair();
    for (const [name, args, text] of cases) {
      const error: unknown = await driver.call(name, ...args).catch((one: unknown) => one);
      const shown = String((error as { reason?: unknown }).reason);
      expect(`${name}: ${text.endsWith(' ') ? shown.slice(0, text.length) : shown}`).toBe(`${name}: ${text}`);
    }
  });

  it('are not seen in unknown options, nor in keys that every JavaScript object has', async () => {
    const driver = makeDriver();
    await driver.listen(':80');
    const options = obj({ constructor: 1, toString: 2, whatever: 3 });
    expect(plain(await driver.call('connect', str(':80'), options))).toMatchObject({ type: 'ok' });
  });
});

describe('bad addresses', () => {
  for (const [address, connecting, listening] of [
    ['', 'dial tcp: missing address', null],
    [
      'localhost',
      'dial tcp: address localhost: missing port in address',
      'listen tcp: address localhost: missing port in address',
    ],
    ['h:65536', 'dial tcp: address 65536: invalid port', 'listen tcp: address 65536: invalid port'],
  ] as const) {
    it(`are error values: ${JSON.stringify(address)}`, async () => {
      const driver = makeDriver();
      expect(plain(await driver.call('connect', str(address)))).toEqual({
        type: 'error',
        error: `Could not connect socket: ${connecting}`,
        code: 'address',
      });
      const listened = await driver.call('listen', str(address), () => null);
      if (listening === null) expect(typeof listened).toBe('function');
      else expect(plain(listened)).toEqual({ type: 'error', error: `Could not listen on socket: ${listening}`, code: 'address' });
    });
  }
});

describe('a policy', () => {
  it('forbids what it does not like', async () => {
    const driver = new Driver(memoryNetwork(), loop, {
      mayConnect: (target) => target.kind === 'tcp' && target.port === 80,
      mayListen: () => false,
    });
    expect(plain(await driver.call('connect', str(':81')))).toMatchObject({ code: 'permission' });
    expect(plain(await driver.call('connect', str(':80')))).toMatchObject({ code: 'refused' });
    expect(plain(await driver.call('listen', str(':80'), () => null))).toMatchObject({ code: 'permission' });
  });
});

describe('a timeout', () => {
  const soon = obj({ timeout: new Float(0.01) });

  for (const [name, args, prefix] of [
    ['recv', [10], 'Could not read socket data: '],
    ['recv_exact', [10], 'Could not read exact socket data: '],
    ['recv_line', [], 'Could not read socket line: '],
    ['recv_until', [str(';')], 'Could not read socket data: '],
    ['recv_all', [], 'Could not read socket data: '],
  ] as const) {
    it(`of ${name} loses nothing`, async () => {
      const { driver, a, b } = await pair();
      if (name !== 'recv') await driver.call('send', b, str('half'));
      expect(plain(await driver.call(name, a, ...args, soon))).toEqual({
        type: 'error',
        error: `${prefix}i/o timeout`,
        code: 'timeout',
      });
      await driver.call('send', b, str(' and rest\n'));
      const { data } = plain(await driver.call('recv_line', a)) as { data: string };
      expect(data).toBe(name === 'recv' ? ' and rest' : 'half and rest');
    });
  }

  it('can be set for a socket, and a call can have none', async () => {
    const { driver, a, b } = await pair();
    expect(plain(await driver.call('set_timeout', a, obj({ read: new Float(0.01) })))).toEqual({ type: 'ok' });
    expect(plain(await driver.call('recv', a, 1))).toMatchObject({ code: 'timeout' });
    const waiting = driver.call('recv', a, 1, obj({ timeout: 0 }));
    await new Promise((resolve) => setTimeout(resolve, 30));
    await driver.call('send', b, str('x'));
    expect(plain(await waiting)).toEqual({ type: 'data', data: 'x' });
    await driver.call('set_timeout', a, null);
    const again = driver.call('recv', a, 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await driver.call('send', b, str('y'));
    expect(plain(await again)).toEqual({ type: 'data', data: 'y' });
  });

  it('of one reader lets the next one have what is there', async () => {
    const { driver, a, b } = await pair();
    await driver.call('send', b, str('abc'));
    const [first, second] = await Promise.all([driver.call('recv_exact', a, 10, soon), driver.call('recv', a, 10)]);
    expect(plain(first)).toMatchObject({ code: 'timeout' });
    expect(plain(second)).toEqual({ type: 'data', data: 'abc' });
  });

  it('of send tells how much was taken and makes later sends fail', async () => {
    const { driver, a } = await pair();
    const result = plain(await driver.call('send', a, str('x'.repeat(1 << 20)), soon));
    expect(result).toMatchObject({
      type: 'error',
      error: 'Could not write socket data: i/o timeout',
      code: 'timeout',
      bytes: expect.any(Number),
    });
    expect(plain(await driver.call('send', a, str('more')))).toMatchObject({ code: 'timeout' });
    expect(plain(await driver.call('close', a))).toEqual({ type: 'closed' });
  });

  it('of connect gives it up', async () => {
    const silent = { ...memoryNetwork(), connect: () => () => void calls.push('given up') };
    const calls: string[] = [];
    const driver = new Driver(silent, loop);
    expect(plain(await driver.call('connect', str(':80'), soon))).toEqual({
      type: 'error',
      error: 'Could not connect socket: i/o timeout',
      code: 'timeout',
    });
    expect(calls).toEqual(['given up']);
  });
});

describe('maxLine', () => {
  it('can be given with connect, with listen and with each call, and takes nothing', async () => {
    const { driver, a, b } = await pair(obj({ maxLine: 5 }), obj({ maxLine: 6 }));
    await driver.call('send', a, str('1234567\n'));
    await driver.call('send', b, str('1234567'));
    const tooLong = (limit: number) => ({
      type: 'error',
      error: `Could not read socket line: line longer than ${limit} bytes`,
      code: 'limit',
    });
    expect(plain(await driver.call('recv_line', a))).toEqual(tooLong(5));
    expect(plain(await driver.call('recv_line', b))).toEqual(tooLong(6));
    expect(plain(await driver.call('recv_line', b, obj({ maxLine: 7 })))).toEqual({ type: 'data', data: '1234567' });
    expect(plain(await driver.call('recv', a, 100))).toEqual({ type: 'data', data: '1234567' });
  });
});

describe('recvUntil', () => {
  it('returns the bytes before the delimiter, and the rest with an error at the end', async () => {
    const { driver, a, b } = await pair();
    await driver.call('send', b, str('one\r;;two;;;rest'));
    await driver.call('close', b);
    expect(plain(await driver.call('recv_until', a, str(';;')))).toEqual({ type: 'data', data: 'one\r' });
    expect(plain(await driver.call('recv_until', a, str(';;'), obj({ keep: true })))).toEqual({ type: 'data', data: 'two;;' });
    expect(plain(await driver.call('recv_until', a, str(';;')))).toEqual({
      type: 'error',
      error: 'Could not read socket data: unexpected EOF',
      code: 'eof',
      data: ';rest',
    });
    expect(plain(await driver.call('recv_until', a, str(';;')))).toEqual({ type: 'closed' });
  });

  it('has a limit', async () => {
    const { driver, a, b } = await pair();
    await driver.call('send', b, str('123456'));
    expect(plain(await driver.call('recv_until', a, str(';'), obj({ maxLine: 5 })))).toEqual({
      type: 'error',
      error: 'Could not read socket data: no delimiter within 5 bytes',
      code: 'limit',
    });
    expect(plain(await driver.call('recv', a, 10))).toEqual({ type: 'data', data: '123456' });
  });
});

describe('recvAll', () => {
  it('returns everything up to the end, which may be nothing', async () => {
    const { driver, a, b } = await pair();
    const all = driver.call('recv_all', a);
    await driver.call('send', b, str('one\n'));
    await driver.call('send', b, str('two'));
    await driver.call('close', b);
    expect(plain(await all)).toEqual({ type: 'data', data: 'one\ntwo' });
    expect(plain(await driver.call('recv_all', a))).toEqual({ type: 'data', data: '' });
  });

  it('has a limit', async () => {
    const { driver, a, b } = await pair();
    await driver.call('send', b, str('123456'));
    expect(plain(await driver.call('recv_all', a, obj({ maxBytes: 5 })))).toMatchObject({ code: 'limit' });
    expect(plain(await driver.call('recv', a, 10))).toEqual({ type: 'data', data: '123456' });
  });
});

describe('recvExact', () => {
  it('refuses what no string can hold, without setting memory aside for it', async () => {
    const { driver, a } = await pair();
    for (const size of [2 ** 31, 2 ** 53 - 1, 2n ** 63n - 1n]) {
      expect(errorOf(await driver.call('recv_exact', a, size))).toBe(
        'Could not read exact socket data: requested size exceeds limit',
      );
    }
  });
});

describe('closeWrite', () => {
  it('ends one direction after all that was sent, and leaves the other', async () => {
    const { driver, a, b } = await pair();
    const sending = driver.call('send', a, str('x'.repeat(200_000)));
    const small = driver.call('send', a, str('last'));
    expect(plain(await driver.call('close_write', a))).toEqual({ type: 'closed' });
    expect(errorOf(await driver.call('send', a, str('y')))).toMatch(/^Could not write socket data: .*: broken pipe$/);
    expect((plain(await driver.call('recv_all', b)) as { data: string }).data).toBe(`${'x'.repeat(200_000)}last`);
    expect([plain(await sending), plain(await small)]).toEqual([
      { type: 'sent', bytes: 200_000 },
      { type: 'sent', bytes: 4 },
    ]);
    await driver.call('send', b, str('answer\n'));
    expect(plain(await driver.call('recv_line', a))).toEqual({ type: 'data', data: 'answer' });
    expect(plain(await driver.call('close_write', a))).toEqual({ type: 'closed' });
  });
});

describe('serve', () => {
  it('tells its address, counts, and drains', async () => {
    const driver = makeDriver();
    const events: Obj[] = [];
    const server = (await driver.call('serve', str(':0'), (event: Obj) => {
      events.push(event);
      return null;
    })) as Obj;
    const { local } = plain(server) as { local: string };
    const port = local.slice(local.lastIndexOf(':'));
    const a = socketOf(await driver.call('connect', str(port)));
    await driver.call('connect', str(port));
    expect(plain((server.stats as Fn)() as Value)).toMatchObject({ type: 'ok', accepted: 2, open: 2, listening: true });

    const draining = driver.run(server.drain as Fn);
    expect(plain(await driver.call('connect', str(port)))).toMatchObject({ code: 'refused' });
    await driver.call('close', socketOf(events[0] as Obj));
    await driver.call('close', socketOf(events[1] as Obj));
    expect(plain(await draining)).toEqual({ type: 'ok', remaining: 0 });
    expect(plain(await driver.call('recv', a, 1))).toEqual({ type: 'closed' });
    expect((server.close as Fn)()).toBeNull();
  });

  it('closes what is left when the time of drain is over', async () => {
    const driver = makeDriver();
    const server = (await driver.call('serve', str(':80'), () => null)) as Obj;
    const a = socketOf(await driver.call('connect', str(':80')));
    expect(plain(await driver.run(server.drain as Fn, new Float(0.01)))).toEqual({ type: 'ok', remaining: 1 });
    expect(plain(await driver.call('recv', a, 1))).toEqual({ type: 'closed' });
  });
});

describe('info', () => {
  it('describes a socket, also a closed one', async () => {
    const { driver, a, b } = await pair();
    await driver.call('send', b, str('12345'));
    await driver.call('recv', a, 2);
    const known = {
      type: 'ok',
      tls: false,
      server: false,
      protocol: null,
      cipher: null,
      alpn: null,
      serverName: null,
      verified: false,
      peer: null,
      remote: '127.0.0.1:80',
      local: '127.0.0.1:49152',
      bytesIn: 5,
      bytesOut: 0,
      buffered: 3,
      cleanEnd: false,
      proxy: null,
    };
    expect(plain(await driver.call('info', a))).toEqual({ ...known, open: true });
    expect(plain(await driver.call('info', b))).toMatchObject({ server: true, bytesOut: 5, bytesIn: 0 });
    await driver.call('close', a);
    expect(plain(await driver.call('info', a))).toMatchObject({ open: false, remote: '127.0.0.1:80' });
  });
});

describe('a closed socket', () => {
  it('is known as closed even after thousands of others', async () => {
    const driver = makeDriver();
    const listener = await driver.listen(':80');
    const first = socketOf(await driver.call('connect', str(':80')));
    await driver.call('close', first);
    for (let i = 0; i < 2100; i++) {
      await driver.call('close', socketOf(await driver.call('connect', str(':80'))));
      await driver.call('close', socketOf(await listener.next()));
    }
    expect(plain(await driver.call('close', first))).toEqual({ type: 'closed' });
    expect(errorOf(await driver.call('send', first, str('x')))).toBe(
      'Could not write socket data: write tcp: use of closed network connection',
    );
    listener.close();
  });
});

describe('a runtime without sockets', () => {
  const { machine } = makeDriver();
  const registry = new Registry().add(unavailableSockets());
  const table = registry.functions(machine);
  const functions = registry.all().map(({ name }) => [name, table.get(name) as Fn] as const);
  const unavailable = (name: string) => ({ type: 'error', error: `${name}() unavailable in this runtime` });

  it('has every socket builtin', async () => {
    const native = makeDriver();
    expect(functions.map(([name]) => name)).toEqual(native.names());
  });

  it('answers every call with an error value, whatever the arguments', () => {
    for (const [name, fn] of functions) {
      for (const args of [[], [3, 4], [null, 3], [str('x'), null, obj({})]]) {
        expect(plain(fn(...args) as Value)).toEqual(unavailable(name));
      }
    }
  });

  it('calls a function at the end at once, except the handler of a listener', () => {
    for (const [name, fn] of functions) {
      if (name.startsWith('__')) continue; // called by lib/socket.oak only, without callbacks
      const got: unknown[] = [];
      const result = fn(str('x'), (value: Value) => {
        got.push(plain(value));
        return 5;
      });
      const listens = name === 'socket_listen' || name === 'socket_serve';
      expect([name, plain(result as Value), got]).toEqual([
        name,
        listens ? unavailable(name) : null,
        listens ? [] : [unavailable(name)],
      ]);
    }
  });
});
