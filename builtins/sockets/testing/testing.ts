/**
 * For tests of sockets: a machine whose threads are calls made from JavaScript, and the checks that every transport must pass.
 *
 * It imports no test framework: `checkConnection` is given the functions that it needs, so that embedders can hold a network
 * of their own to the same checks.
 */

import type { BuiltinFunctions } from '../../../language/modules.ts';
import type { Host } from '../../../language/runtime/host.ts';
import { Machine } from '../../../language/runtime/machine.ts';
import { toText } from '../../../language/runtime/render.ts';
import { type Fn, getKey, isObject, type Obj, obj, Str, str, type Value } from '../../../language/values/values.ts';
import type { FileBackend } from '../../files.ts';
import { Registry } from '../../registry.ts';
import type { SocketBackend } from '../backend.ts';
import { socketBuiltins } from '../builtins.ts';
import type { SocketPolicy } from '../policy.ts';
import type { SocketWatch } from '../watch.ts';

/** A host without output; the clock and the event loop come from the caller. */
export type Loop = Pick<Host, 'now' | 'defer' | 'timer'>;

/** A machine with the socket builtins, driven from JavaScript. */
export class Driver {
  readonly machine: Machine;
  /** What ended threads that ended in an error. */
  readonly errors: unknown[] = [];
  /** How often the machine had nothing left to do. */
  idle = 0;
  readonly #functions: BuiltinFunctions;

  constructor(backend: SocketBackend, loop: Loop, policy?: SocketPolicy, watch?: SocketWatch, files?: FileBackend) {
    const host: Host = { ...loop, write() {}, flush() {} };
    this.machine = new Machine(host, {
      failed: (_thread, error) => this.errors.push(error),
      idle: () => this.idle++,
    });
    this.#functions = new Registry().add(socketBuiltins(backend, policy, watch, files)).functions(this.machine);
  }

  /** The names of all builtins. */
  names(): string[] {
    return [...this.#functions.keys()];
  }

  /** Calls a builtin in its own thread. */
  call(name: string, ...args: Value[]): Promise<Value> {
    return this.run(this.#functions.get(`socket_${name}`) as Fn, ...args); // the tests know the names
  }

  /** Calls a function in its own thread. */
  run(fn: Fn, ...args: Value[]): Promise<Value> {
    return new Promise((resolve, reject) => {
      const thread = this.machine.spawn(fn, args);
      thread.onEnd = (result, error) => (error === null ? resolve(result) : reject(error));
    });
  }

  /** Calls several builtins one after the other in one thread, without waiting between them; returns the last result. */
  sequence(...calls: (readonly [string, ...Value[]])[]): Promise<Value> {
    return new Promise((resolve, reject) => {
      const step = (at: number): Value => {
        const [name, ...args] = calls[at] as readonly [string, ...Value[]]; // at is in range
        const result = (this.#functions.get(`socket_${name}`) as Fn)(...args);
        return at + 1 < calls.length ? step(at + 1) : (result as Value); // only the last one may wait
      };
      const thread = this.machine.spawn(step, [0]);
      thread.onEnd = (result, error) => (error === null ? resolve(result) : reject(error));
    });
  }

  /** Listens; accepted events are given out in order by `next`. */
  async listen(address: string, options: Value = null): Promise<{ result: Value; next(): Promise<Obj>; close(): void }> {
    const events: Obj[] = [];
    const waiting: ((event: Obj) => void)[] = [];
    const handler = (event: Obj): null => {
      const one = waiting.shift();
      if (one === undefined) events.push(event);
      else one(event);
      return null;
    };
    const result = await this.call('listen', str(address), handler, options);
    return {
      result,
      next: () =>
        new Promise((resolve) => {
          const event = events.shift();
          if (event === undefined) waiting.push(resolve);
          else resolve(event);
        }),
      close: () => {
        if (typeof result === 'function') result();
      },
    };
  }
}

/** A result as JavaScript sees it: texts and names of atoms as strings. */
export function plain(value: Value | undefined): unknown {
  if (value instanceof Str) return value.text;
  if (!isObject(value)) return typeof value === 'object' && value !== null ? toText(value) : value;
  const seen: { [key: string]: unknown } = {};
  for (const key of Object.keys(value)) seen[key] = plain(getKey(value, key));
  return seen;
}

/** Two ends of one connection on one machine. */
export interface Pair {
  readonly driver: Driver;
  readonly a: Value;
  readonly b: Value;
}

/** What a test framework offers; jest's functions fit. */
export interface Framework {
  it(name: string, run: () => Promise<void>): void;
  equal(actual: unknown, expected: unknown): void;
}

/**
 * Everything that a program may rely on, with any transport. `makePair` connects a new pair for each check; `canReset`
 * says whether a connection can be reset.
 */
export function checkConnection({ it, equal }: Framework, makePair: () => Promise<Pair>, canReset = true): void {
  const check = (name: string, run: (pair: Pair) => Promise<void>): void => {
    it(name, async () => {
      const pair = await makePair();
      try {
        await run(pair);
      } finally {
        await pair.driver.call('close', pair.a);
        await pair.driver.call('close', pair.b);
      }
      equal(pair.driver.errors, []);
    });
  };
  const every = (size: number): string => {
    let text = '';
    for (let i = 0; i < 256; i++) text += String.fromCharCode((i * 167 + 13) & 255);
    return text.repeat(Math.ceil(size / 256)).slice(0, size);
  };
  const errorOf = (value: Value): unknown => (plain(value) as { error?: unknown }).error;

  check('carries every byte in both directions', async ({ driver, a, b }) => {
    const all = every(256);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      equal(plain(await driver.call('send', from, str(all))), { type: 'sent', bytes: 256 });
      equal(plain(await driver.call('recv_exact', to, 256)), { type: 'data', data: all });
    }
  });

  check('answers a line with a line, many times', async ({ driver, a, b }) => {
    for (let i = 0; i < 50; i++) {
      const answer = driver.call('recv_line', a);
      await driver.call('send', a, str(`question ${i}\r\n`));
      equal(plain(await driver.call('recv_line', b)), { type: 'data', data: `question ${i}` });
      await driver.call('send', b, str(`answer ${i}\n`));
      equal(plain(await answer), { type: 'data', data: `answer ${i}` });
    }
  });

  check('carries a megabyte both ways at once', async ({ driver, a, b }) => {
    const megabyte = every(1 << 20);
    const all = await Promise.all([
      driver.call('recv_exact', b, 1 << 20),
      driver.call('recv_exact', a, 1 << 20),
      driver.call('send', a, str(megabyte)),
      driver.call('send', b, str(megabyte)),
    ]);
    equal(
      all.slice(0, 2).map((got) => getKey(got as Obj, 'data') instanceof Str && plain(got)),
      [
        { type: 'data', data: megabyte },
        { type: 'data', data: megabyte },
      ],
    );
    equal(all.slice(2).map(plain), [
      { type: 'sent', bytes: 1 << 20 },
      { type: 'sent', bytes: 1 << 20 },
    ]);
  });

  check('keeps what one read leaves for the next, of whatever kind', async ({ driver, a, b }) => {
    await driver.call('send', a, str('a line\r\n12345rest'));
    await driver.call('close', a);
    equal(plain(await driver.call('recv_line', b)), { type: 'data', data: 'a line' });
    equal(plain(await driver.call('recv_exact', b, 5)), { type: 'data', data: '12345' });
    equal(plain(await driver.call('recv', b, 2)), { type: 'data', data: 're' });
    equal(plain(await driver.call('recv_line', b)), { type: 'data', data: 'st' });
    equal(plain(await driver.call('recv_line', b)), { type: 'closed' });
  });

  check('reads nothing for a size of 0, also at the end', async ({ driver, a, b }) => {
    equal(plain(await driver.call('recv', a, 0)), { type: 'data', data: '' });
    await driver.call('close', a);
    equal(plain(await driver.call('recv', b, 10)), { type: 'closed' });
    equal(plain(await driver.call('recv_exact', b, 0)), { type: 'data', data: '' });
  });

  check('tells the end of the stream again and again, and can still be closed', async ({ driver, a, b }) => {
    await driver.call('close', a);
    for (let i = 0; i < 2; i++) {
      equal(plain(await driver.call('recv', b, 1)), { type: 'closed' });
      equal(plain(await driver.call('recv_line', b)), { type: 'closed' });
      equal(errorOf(await driver.call('recv_exact', b, 1)), 'Could not read exact socket data: EOF');
    }
    equal(plain(await driver.call('close', b)), { type: 'closed' });
    equal(plain(await driver.call('close', b)), { type: 'closed' });
  });

  check('gives the bytes of a block that the end cuts short', async ({ driver, a, b }) => {
    await driver.call('send', a, str('only this'));
    await driver.call('close', a);
    equal(plain(await driver.call('recv_exact', b, 100)), {
      type: 'error',
      error: 'Could not read exact socket data: unexpected EOF',
      code: 'eof',
      data: 'only this',
    });
  });

  check('delivers everything that was sent before close, and then the end', async ({ driver, a, b }) => {
    const text = every(300_000);
    const got = driver.call('recv_exact', b, text.length);
    await driver.call('send', a, str(text));
    await driver.call('close', a);
    equal(plain(await got), { type: 'data', data: text });
    equal(plain(await driver.call('recv', b, 1)), { type: 'closed' });
  });

  check('gathers small sends into the stream in their order', async ({ driver, a, b }) => {
    const calls = Array.from({ length: 5000 }, (_, i) => ['send', a, str(`${i}\n`)] as const);
    await driver.sequence(...calls);
    for (let i = 0; i < 5000; i++) equal(plain(await driver.call('recv_line', b)), { type: 'data', data: String(i) });
  });

  check('lets a sender wait while nobody reads', async ({ driver, a, b }) => {
    const block = every(1 << 20);
    let sent = 0;
    let over = false;
    const sender = (async () => {
      for (; sent < 24; sent++) await driver.call('send', a, str(block));
      over = true;
    })();
    await driver.call('send', b, str('go\n'));
    await driver.call('recv_line', a);
    equal(over, false);
    for (let i = 0; i < 24; i++) equal(plain(await driver.call('recv_exact', b, block.length)), { type: 'data', data: block });
    await sender;
  });

  check('does not mix the sends of several threads', async ({ driver, a, b }) => {
    const sends: Promise<Value>[] = [];
    for (let i = 0; i < 40; i++) sends.push(driver.call('send', a, str(`${String(i % 10).repeat(20_000)}\n`)));
    const counts = new Map<string, number>();
    for (let i = 0; i < 40; i++) {
      const { data } = plain(await driver.call('recv_line', b)) as { data: string };
      equal(data, (data[0] as string).repeat(20_000));
      counts.set(data[0] as string, (counts.get(data[0] as string) ?? 0) + 1);
    }
    equal(
      [...counts.values()],
      Array.from({ length: 10 }, () => 4),
    );
    await Promise.all(sends);
  });

  check('serves waiting readers in the order in which they came', async ({ driver, a, b }) => {
    const reads = [
      driver.call('recv_exact', b, 3),
      driver.call('recv_line', b),
      driver.call('recv', b, 100),
      driver.call('recv_line', b),
    ];
    await driver.call('send', a, str('ab'));
    await driver.call('send', a, str('cline\nsome'));
    const first = await Promise.all(reads.slice(0, 3));
    equal(first.map(plain), [
      { type: 'data', data: 'abc' },
      { type: 'data', data: 'line' },
      { type: 'data', data: 'some' },
    ]);
    await driver.call('send', a, str('last\n'));
    equal(plain(await (reads[3] as Promise<Value>)), { type: 'data', data: 'last' });
  });

  for (const [name, args, prefix] of [
    ['recv', [10], 'Could not read socket data: '],
    ['recv_exact', [10], 'Could not read exact socket data: '],
    ['recv_line', [], 'Could not read socket line: '],
  ] as const) {
    check(`wakes a thread that waits in ${name} when the socket is closed`, async ({ driver, a }) => {
      const waiting = driver.call(name, a, ...args);
      equal(plain(await driver.call('close', a)), { type: 'closed' });
      const text = errorOf(await waiting);
      equal([String(text).startsWith(prefix), String(text).endsWith('use of closed network connection')], [true, true]);
      equal(errorOf(await driver.call(name, a, ...args)), text);
    });
  }

  check('wakes senders when the socket is closed', async ({ driver, a }) => {
    const waiting = Array.from({ length: 24 }, () => driver.call('send', a, str(every(1 << 20))));
    await driver.call('recv', a, 0);
    await driver.call('close', a);
    const ends = (await Promise.all(waiting)).map((result) => errorOf(result) ?? 'sent');
    equal(String(ends.at(-1)).endsWith('use of closed network connection'), true);
    equal(String(ends.at(-1)).startsWith('Could not write socket data: write tcp '), true);
  });

  check('sends in the other direction after the peer has closed its own', async ({ driver, a, b }) => {
    await driver.call('close', a);
    equal(plain(await driver.call('recv', b, 1)), { type: 'closed' });
    equal(plain(await driver.call('send', b, str('still there?'))), { type: 'sent', bytes: 12 });
  });

  check('reports a reset to the peer, after all that was read before', async ({ driver, a, b }) => {
    await driver.call('send', a, str('last words\n'));
    equal(plain(await driver.call('recv_line', b)), { type: 'data', data: 'last words' });
    const waiting = driver.call('recv', b, 1);
    equal(plain(await driver.call('close', a, obj({ reset: true }))), { type: 'closed' });
    const result = plain(await waiting) as { type: unknown; code?: unknown };
    if (canReset) equal([result.type, result.code], ['error', 'reset']);
    else equal(result, { type: 'closed' });
  });

  check('ends one direction and goes on in the other', async ({ driver, a, b }) => {
    await driver.call('send', a, str('question'));
    equal(plain(await driver.call('close_write', a)), { type: 'closed' });
    equal(plain(await driver.call('recv_all', b)), { type: 'data', data: 'question' });
    await driver.call('send', b, str(every(100_000)));
    await driver.call('close', b);
    equal(plain(await driver.call('recv_all', a)), { type: 'data', data: every(100_000) });
  });
}
