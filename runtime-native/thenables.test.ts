/** Promises of embedders that keep no rule, values that cannot be looked at, and backends that answer twice. */
import { describe, expect, it } from '@jest/globals';
import { createRuntime, MagnoliaError, type RuntimeOptions, StoppedError } from './index.ts';

type Resolve = (value: unknown) => void;

/** Something with a function `then`, of a class of its own: a promise for us. */
class Odd {
  readonly #then: (resolve: Resolve, reject: Resolve) => void;
  constructor(then: (resolve: Resolve, reject: Resolve) => void) {
    this.#then = then;
  }
  // biome-ignore lint/suspicious/noThenProperty: that is what is tested
  then(resolve: Resolve, reject: Resolve): void {
    this.#then(resolve, reject);
  }
}

/** What the program returns; of an error, its name and what it says. */
async function outcome(text: string, options: RuntimeOptions): Promise<unknown> {
  try {
    return (await createRuntime({ limits: { timeMs: 3000 }, ...options }).run(text)).value;
  } catch (error) {
    return error instanceof MagnoliaError ? error.message : error;
  }
}

const boom = (): never => {
  throw new Error('boom');
};

describe('a promise of a builtin', () => {
  const cases: readonly (readonly [string, (resolve: Resolve, reject: Resolve) => void, unknown])[] = [
    ['whose then throws', boom, 'f failed: boom'],
    ['that answers at once', (resolve) => resolve(7), 7],
    ['that throws behind its answer', (resolve) => [resolve(7), boom()], 7],
    ['that is fulfilled and rejected', (resolve, reject) => [resolve(7), reject(new Error('late'))], 7],
    ['of a promise', (resolve) => resolve(Promise.resolve(7)), 7],
    ['of a promise that fails', (resolve) => resolve(Promise.reject(new Error('no'))), 'f failed: no'],
  ];
  for (const [name, then, expected] of cases) {
    it(name, async () => expect(await outcome('f()', { builtins: { f: () => new Odd(then) as never } })).toBe(expected));
  }

  it('that answers again wakes nobody, whatever its thread waits for by then', async () => {
    let again: Resolve = () => {};
    const builtins = {
      f: () =>
        new Odd((resolve) => {
          again = resolve;
          resolve(1);
        }) as never,
      again: () => again(2),
    };
    expect(
      await outcome('x := f()\ngo(fn() again())\nb := nanotime()\nwait(0.05)\n[x, nanotime() - b > 49000000]', { builtins }),
    ).toEqual([1, true]);
  });
});

describe('what cannot be looked at', () => {
  const revoked = (target: object): object => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  for (const [name, thrown] of Object.entries({
    'a proxy that was revoked': revoked({}),
    'an error whose message throws': Object.defineProperty({}, 'message', { get: boom }),
    'a function whose text throws': Object.assign(() => {}, { toString: boom }),
  })) {
    it(`is an error at the place of the call when it is thrown: ${name}`, async () => {
      const f = (): never => {
        throw thrown;
      };
      expect(await outcome('f()', { builtins: { f } })).toBe('f failed: an error that cannot be shown');
    });
  }

  it('is an error when it is returned', async () => {
    for (const value of [revoked({}), revoked([]), Object.defineProperty({}, 'a', { get: boom, enumerable: true })]) {
      expect(await outcome('f()', { builtins: { f: () => value as never } })).toMatch(/^f failed: /);
    }
  });
});

describe('values without an end', () => {
  it('are refused before V8 ends the process over them', async () => {
    expect(await outcome('f()', { builtins: { f: () => new Array(2 ** 32 - 1) } })).toMatch(/^f failed: A list cannot have /);
  });

  it('are held to the limit of time', async () => {
    const endless = (): object => Object.defineProperty({}, 'a', { get: endless, enumerable: true });
    expect(await outcome('f()', { builtins: { f: () => endless() as never }, limits: { timeMs: 200 } })).toBeInstanceOf(
      StoppedError,
    );
  });
});

it('a backend that answers twice wakes nobody the second time', async () => {
  const files: RuntimeOptions['files'] = {
    stat(_path, done) {
      done({ kind: 'done', value: null });
      setTimeout(() => done({ kind: 'done', value: null }), 5);
    },
    open() {},
    list() {},
    makeDirectory() {},
    remove() {},
  };
  expect(await outcome("stat('x')\nb := nanotime()\nwait(0.05)\nnanotime() - b > 49000000", { files })).toBe(true);
});

it('a network may answer at once', async () => {
  const { Failure } = await import('../builtins/sockets/backend.ts');
  const network = {
    connect(_target: unknown, _tls: unknown, done: (outcome: InstanceType<typeof Failure>) => void) {
      done(new Failure('refused', 'connection refused'));
      return () => {};
    },
    listen() {},
    loadCredentials: () => ({ kind: 'bad' as const, what: 'CA' as const, detail: '' }),
  };
  expect(
    await outcome("import('socket').connect('127.0.0.1:1').code", { network: network as never, values: { atoms: 'text' } }),
  ).toBe('refused');
});

it('a signal whose listener cannot be taken away stops the program all the same', async () => {
  const reason = new Error('stop');
  const signal = {
    aborted: false,
    reason,
    addEventListener: (_type: string, listener: () => void) => void setTimeout(listener, 5),
    removeEventListener: boom,
  };
  expect(await outcome('wait(2)', { signal })).toBe(reason);
});

it('args and env are texts', () => {
  expect(() => createRuntime({ args: ['a', 5 as unknown as string] })).toThrow(
    new TypeError('The option args.1 has to be a string, not 5'),
  );
  expect(() => createRuntime({ args: 'abc' as unknown as string[] })).toThrow(TypeError);
  expect(() => createRuntime({ env: { A: null as unknown as string } })).toThrow(TypeError);
  createRuntime({ env: { A: undefined } }).stop();
});

it('the reason of a text that is no program is short', async () => {
  for (const text of [
    `x ${'y'.repeat(100_000)}`,
    '9'.repeat(100_000),
    `with ${'é'.repeat(100_000)} fn x`,
    `x |> [${'1,'.repeat(100_000)}]`,
  ]) {
    expect(String(await outcome(text, {})).length).toBeLessThan(1100);
  }
});
