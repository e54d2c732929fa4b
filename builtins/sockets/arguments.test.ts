/**
 * Every builtin of the registry with every kind of value in every place and in every option: what is wrong is told in the
 * contract's words (1.3, and 8 for the extensions), and what is right is a result.
 *
 * The rules stand here once more, written from the contract and not from the code.
 */

import { expect, it } from '@jest/globals';
import { display } from '../../language/runtime/render.ts';
import {
  Atom,
  atom,
  EMPTY,
  Float,
  type Fn,
  getKey,
  isInt,
  isObject,
  keysOf,
  Obj,
  obj,
  Str,
  str,
  type Value,
} from '../../language/values/values.ts';
import { NodeHost } from '../../runtime-native/host.ts';
import { type FileBackend, NO_FILES } from '../files.ts';
import { socketBuiltins } from './builtins.ts';
import { memoryNetwork } from './memory-network.ts';
import { Driver, type Loop, type Pair, plain } from './testing/testing.ts';

const host = new NodeHost();
const loop: Loop = { now: () => host.now(), defer: (run) => host.defer(run), timer: (ms, run) => host.timer(ms, run) };
const SOCKET = atom('socket');
const socket = (id: Value): Obj => obj({ type: SOCKET, id });

/** Values of every kind. */
const values: readonly Value[] = [
  null,
  EMPTY,
  true,
  false,
  0,
  1,
  4,
  -1,
  2n ** 62n,
  -(2n ** 62n),
  new Float(0),
  new Float(1),
  new Float(0.5),
  new Float(-0.5),
  new Float(Number.NaN),
  new Float(1e300),
  str(''),
  str('x'),
  str('1.2'),
  str('127.0.0.1:1'),
  str('\0\xff'),
  atom('socket'),
  atom('request'),
  [],
  [1],
  [str('h2')],
  obj({}),
  obj({ type: str('socket'), id: 0 }),
  obj({ type: SOCKET }),
  socket(new Float(0)),
  socket(str('0')),
  socket(99_999),
  socket(-1),
  obj({ read: 1, write: new Float(0.5) }),
  obj({ __proto__: 1, constructor: 2 }),
];

// ---- the contract ----

type Rule = (value: Value, name: string) => string | null;

const isOneOf = (value: Value, names: readonly string[]): boolean => value instanceof Atom && names.includes(value.name);
const isTime = (value: Value): boolean =>
  value === null || (isInt(value) ? value >= 0 : value instanceof Float && value.value >= 0);
const isSize = (value: Value): boolean => isInt(value) && value >= 0;
const isCount = (value: Value): boolean => isInt(value) && value > 0;

const aSocket: Rule = (value, name) => {
  if (!isObject(value) || getKey(value, 'type') !== SOCKET)
    return `First argument to ${name} must be a socket, got ${display(value)}`;
  const id = getKey(value, 'id');
  if (!isInt(id)) return `Socket ${display(value)} is malformed`;
  return id === LIVE ? null : `Socket ${display(value)} is not available`;
};
const second =
  (shape: string, fits: (value: Value) => boolean): Rule =>
  (value, name) =>
    fits(value) ? null : `Second argument to ${name} must be ${shape}, got ${display(value)}`;
const aString = second('a string', (value) => value instanceof Str);
const aSize = second('a non-negative int', isSize);

type Fields = { readonly [option: string]: readonly [shape: string, fits: (value: Value) => boolean] };

const bool = ['a bool', (value: Value) => typeof value === 'boolean'] as const;
const text = ['a string', (value: Value) => value instanceof Str] as const;
const time = ['a non-negative number', isTime] as const;
const count = ['a positive int', (value: Value) => value === null || isCount(value)] as const;
const tlsFields: Fields = {
  tls: bool,
  server: bool,
  insecureSkipVerify: bool,
  serverName: text,
  certFile: text,
  keyFile: text,
  caFile: text,
  ca: text,
  cert: text,
  key: text,
  minVersion: ["'1.2' or '1.3'", (value) => value === null || (value instanceof Str && value.text === '1.2')],
  alpn: [
    'a list of strings',
    (value) => value === null || (Array.isArray(value) && value.every((one) => one instanceof Str && one.length > 0)),
  ],
};
const stream: Fields = {
  maxLine: count,
  noDelay: bool,
  keepAlive: [
    'a positive number or false',
    (value) => typeof value === 'boolean' || value === null || (isTime(value) && !isZero(value)),
  ],
  linger: time,
};
const isZero = (value: Value): boolean => value === 0 || (value instanceof Float && value.value === 0);
const connectFields: Fields = { ...tlsFields, timeout: time, ...stream };
const server: Fields = {
  clientAuth: [':request or :require', (value) => value === null || isOneOf(value, ['request', 'require'])],
  sni: [
    'an object of {certFile, keyFile} or {cert, key} by name',
    (value) => value === null || (isObject(value) && keysOf(value).length === 0), // no other value of ours is one
  ],
};
const startTlsFields: Fields = { ...tlsFields, timeout: time, ...server };
const listenFields: Fields = {
  ...tlsFields,
  handshakeTimeout: time,
  ...stream,
  backlog: count,
  maxConnections: count,
  ...server,
  proxyProtocol: [':require or :trusted', (value) => value === null || isOneOf(value, ['require', 'trusted'])],
  trusted: [
    "a list of addresses such as '10.0.0.0/8', '::1', 'unix:' or '*'",
    (value) => value === null || (Array.isArray(value) && value.length === 0), // no other value of ours is one
  ],
  reusePort: bool,
};
const pipeFields: Fields = { idle: time, maxBytes: count };
const closeFields: Fields = { reset: bool };
const callFields: Fields = { timeout: time, maxLine: count, maxBytes: count, keep: bool };

const options =
  (fields: Fields): Rule =>
  (value, name) => {
    if (value === null) return null;
    if (!isObject(value)) return `${name} options must be an object, got ${display(value)}`;
    for (const [option, [shape, fits]] of Object.entries(fields)) {
      const given = getKey(value, option);
      if (given !== undefined && !fits(given)) return `${name} options.${option} must be ${shape}, got ${display(given)}`;
    }
    return null;
  };
/** Of reads and writes: in the reference they have none, and an argument too many is not a mistake. */
const callOptions: Rule = (value, name) => (isObject(value) ? options(callFields)(value, name) : null);
const closeOptions: Rule = (value, name) => (isObject(value) ? options(closeFields)(value, name) : null);

/** Certificates are looked at last, and there are none in memory. */
function certificates(name: string, given: Value): string | null {
  if (!['socket_connect', 'socket_starttls', 'socket_listen', 'socket_serve'].includes(name) || !isObject(given)) return null;
  const has = (option: string): boolean => ((getKey(given, option) as Str | undefined)?.length ?? 0) > 0;
  const isOn = (option: string): boolean => getKey(given, option) === true;
  const isListening = name === 'socket_listen' || name === 'socket_serve';
  if (!isOn('tls') && name !== 'socket_starttls') return null;
  const presents = (has('cert') || has('certFile')) && (has('key') || has('keyFile'));
  if ((isListening || isOn('server')) && !presents) return 'TLS server mode requires certFile and keyFile';
  return presents || has('ca') || has('caFile') ? 'Could not load TLS certificate: this network has no TLS' : null;
}

/** Options of listeners that need another one, or that this network does not have. */
function together(name: string, given: Value): string | null {
  if (!isObject(given)) return null;
  const proxy = getKey(given, 'proxyProtocol');
  if (proxy !== undefined && proxy !== null && (getKey(given, 'trusted') ?? null) === null) {
    return `${name} options.trusted must be given with proxyProtocol, such as ['10.0.0.0/8', '::1']`;
  }
  if (getKey(given, 'reusePort') !== true) return null;
  return `${name} options.reusePort is not available in this runtime: it needs Node 22.12 or later`;
}

const isCallable = (value: Value | undefined): boolean => typeof value === 'function';
const anAddress: Rule = (value, name) => (value instanceof Str ? null : `Mismatched types in call ${name}(${display(value)})`);
const width: Rule = (value, name) =>
  value === null || value === 1 || value === 2 || value === 4
    ? null
    : `The length of a packet in ${name} must be 1, 2 or 4 bytes, got ${display(value)}`;

/** For each builtin its rules in order, and how many arguments it needs. */
const contract: { readonly [name: string]: { rules: readonly Rule[]; needs: number; fields?: Fields } } = {
  socket_connect: { needs: 1, rules: [anAddress, options(connectFields)], fields: connectFields },
  socket_send: { needs: 2, rules: [aSocket, aString, callOptions], fields: callFields },
  socket_recv: { needs: 2, rules: [aSocket, aSize, callOptions], fields: callFields },
  socket_peek: { needs: 2, rules: [aSocket, aSize, callOptions], fields: callFields },
  socket_recv_exact: { needs: 2, rules: [aSocket, aSize, callOptions], fields: callFields },
  socket_recv_line: { needs: 1, rules: [aSocket, callOptions], fields: callFields },
  socket_recv_until: {
    needs: 2,
    rules: [aSocket, second('a non-empty string', (value) => value instanceof Str && value.length > 0), callOptions],
    fields: callFields,
  },
  socket_recv_all: { needs: 1, rules: [aSocket, callOptions], fields: callFields },
  socket_send_packet: { needs: 2, rules: [aSocket, aString, width, callOptions], fields: callFields },
  socket_recv_packet: { needs: 1, rules: [aSocket, width, callOptions], fields: callFields },
  socket_starttls: { needs: 1, rules: [aSocket, options(startTlsFields)], fields: startTlsFields },
  socket_handshake: { needs: 1, rules: [aSocket, callOptions], fields: callFields },
  socket_pipe: {
    needs: 2,
    rules: [aSocket, (value, name) => aSocket(value, name)?.replace(/^First/, 'Second') ?? null, options(pipeFields)],
    fields: pipeFields,
  },
  socket_close: { needs: 1, rules: [aSocket, closeOptions], fields: closeFields },
  socket_close_write: { needs: 1, rules: [aSocket] },
  socket_set_timeout: {
    needs: 2,
    rules: [
      aSocket,
      second('a non-negative number, ? or {read: number, write: number}', (value) =>
        isObject(value)
          ? ['read', 'write'].every((key) => getKey(value, key) === undefined || isTime(getKey(value, key) as Value))
          : isTime(value),
      ),
    ],
  },
  socket_info: { needs: 1, rules: [aSocket] },
  socket_listen: { needs: 2, rules: [options(listenFields)], fields: listenFields },
  socket_serve: { needs: 2, rules: [options(listenFields)], fields: listenFields },
};

/** The mistake that the contract finds in a call; null when there is none. */
function mistakeIn(name: string, args: readonly Value[]): string | null {
  const { rules, needs } = contract[name] as { rules: readonly Rule[]; needs: number }; // the caller has it from there
  if (args.length < needs) return `${name} requires ${needs} arguments, got ${args.length}`;
  if (name === 'socket_listen' || name === 'socket_serve') {
    const [address = null, handler = null, given = null] = args;
    if (!(address instanceof Str) || !isCallable(handler)) {
      return `Mismatched types in call ${name}(${display(address)}, ${display(handler)})`;
    }
    return options(listenFields)(given, name) ?? together(name, given) ?? certificates(name, given);
  }
  for (const [place, rule] of rules.entries()) {
    const complaint = place < args.length ? rule(args[place] as Value, name) : null;
    if (complaint !== null) return complaint;
  }
  return certificates(name, args[1] ?? null);
}

// ---- the calls ----

const LIVE = 0;
const live = socket(LIVE);
const nothing = (() => null) as Fn;

/** Arguments for the places that a call does not test. */
const right: { readonly [name: string]: readonly Value[] } = Object.fromEntries(
  Object.keys(contract).map((name) => {
    if (name === 'socket_connect') return [name, [str(':1')]];
    if (name === 'socket_listen' || name === 'socket_serve') return [name, [str(':1'), nothing]];
    if (name === 'socket_pipe') return [name, [live, live]];
    if (name === 'socket_recv_until' || name.startsWith('socket_send')) return [name, [live, str('x')]];
    return [
      name,
      ['socket_recv', 'socket_peek', 'socket_recv_exact'].includes(name) || name === 'socket_set_timeout' ? [live, 1] : [live],
    ];
  }),
);

/** All calls of one builtin. */
function callsOf(name: string, places: number): Value[][] {
  const good = right[name] as Value[];
  const calls: Value[][] = [];
  for (let length = 0; length <= good.length; length++) calls.push(good.slice(0, length));
  for (let place = 0; place < places; place++) {
    for (const value of values) {
      const args: Value[] = [];
      for (let i = 0; i < Math.max(place + 1, good.length); i++) args.push(i === place ? value : (good[i] ?? null));
      calls.push(args);
      if (place === 0) calls.push([value, ...values.slice(3, 3 + places - 1)]); // two mistakes: the first is told
    }
  }
  const { fields } = contract[name] as { fields?: Fields };
  for (const option of Object.keys(fields ?? {})) {
    for (const value of values) {
      const args = [...good];
      while (args.length < places - 1) args.push(null);
      calls.push([...args, obj({ [option]: value, unknownOption: value })]);
    }
  }
  if (fields !== undefined) {
    calls.push([
      ...good,
      ...Array<null>(places - 1 - good.length).fill(null),
      obj({ tls: true, server: true, keyFile: str('k') }),
    ]);
  }
  return calls;
}

/** Every file is there, and empty. */
const emptyFiles: FileBackend = {
  ...NO_FILES,
  stat: (_path, done) => done({ kind: 'done', value: null }),
  open: (_path, _mode, _permissions, done) =>
    done({
      kind: 'done',
      value: {
        read: (_offset, _length, read) => read({ kind: 'done', value: '' }),
        write: (_offset, _bytes, written) => written({ kind: 'done', value: null }),
        close: (closed) => closed({ kind: 'done', value: null }),
      },
    }),
};

/** Makes one socket with the number LIVE, and its peer. */
async function pair(): Promise<Pair> {
  const driver = new Driver(memoryNetwork(), loop, undefined, undefined, emptyFiles);
  const listener = await driver.listen(':80');
  const event = listener.next();
  await driver.call('connect', str(':80'));
  await event;
  listener.close();
  return { driver, a: live, b: socket(1) };
}

/** What programs call; names with `__` are for lib/socket.oak. */
const table = socketBuiltins(memoryNetwork()).filter(({ name }) => !name.startsWith('__'));

it('has a rule for every builtin of the registry', () => {
  const names = table.map(({ name }) => name);
  const withoutRule = names.filter((name) => !(name in contract)).map((name) => `${name} has no rule in \`contract\``);
  const withoutBuiltin = Object.keys(contract).filter((name) => !names.includes(name));
  expect([...withoutRule, ...withoutBuiltin.map((name) => `the rule ${name} has no builtin`)]).toEqual([]);
});

let cases = 0;
for (const { name, params, callback } of table.filter(({ name }) => name in contract)) {
  const calls = callsOf(name, params.length);
  cases += calls.length * (callback === true ? 2 : 1);

  it(`${name}: ${calls.length} calls`, async () => {
    const wrong: unknown[] = [];
    let { driver } = await pair();
    for (const args of calls) {
      const expected = mistakeIn(name, args);
      const shown = `${name}(${args.map((arg) => display(arg)).join(', ')})`;
      const call = driver.call(name.slice('socket_'.length), ...args).then(
        (result) => ({ result }),
        (error: { reason?: unknown }) => ({ mistake: String(error.reason ?? error) }),
      );
      if (expected === null) await endCall(driver);
      const outcome = await call;
      if ('mistake' in outcome ? outcome.mistake !== expected : expected !== null || !isResult(outcome.result)) {
        wrong.push({ shown, expected, outcome: 'mistake' in outcome ? outcome.mistake : plain(outcome.result) });
      }
      if (expected === null) ({ driver } = await pair());
    }
    expect(wrong).toEqual([]);
  });

  if (callback === true) {
    it(`${name}: the same calls with a callback`, async () => {
      const wrong: unknown[] = [];
      for (const args of calls) {
        const expected = mistakeIn(name, args);
        if (expected === null) continue;
        const { driver } = await pair();
        let called = 0;
        const back = (() => {
          called++;
          return null;
        }) as Fn;
        const result = await driver.call(name.slice('socket_'.length), ...args, back);
        await new Promise((resolve) => setImmediate(resolve));
        const told = driver.errors.map((error) => String((error as { reason?: unknown }).reason));
        if (result !== null || called > 0 || told.length !== 1 || told[0] !== expected)
          wrong.push({ args, expected, told, called });
      }
      expect(wrong).toEqual([]);
    });
  }
}

it('are enough calls', () => {
  expect(cases).toBeGreaterThan(1500);
});

/** Brings a call to an end that waits for the peer. */
async function endCall(driver: Driver): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await driver.call('close', live);
}

function isResult(value: Value): boolean {
  if (typeof value === 'function') {
    value();
    return true;
  }
  if (!(value instanceof Obj)) return false;
  if (typeof value.close === 'function') value.close();
  return isOneOf(value.type as Value, ['ok', 'data', 'sent', 'closed', 'error']);
}
