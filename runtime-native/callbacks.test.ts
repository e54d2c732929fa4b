/** Callbacks, limits and results of embedders: whatever they are ends a run's promise at most, never the process. */
import { setTimeout as delay } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Boxed,
  builtin,
  createRuntime,
  Float,
  memoryNetwork,
  type RuntimeOptions,
  StoppedError,
  socketBuiltins,
} from './index.ts';

/** What has escaped to the process. */
let loose: unknown[] = [];
const note = (error: unknown): void => void loose.push(error);
beforeEach(() => {
  loose = [];
  process.on('uncaughtException', note).on('unhandledRejection', note);
});
afterEach(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
});

const boom = (): never => {
  throw new Error('boom');
};
const soon = async (): Promise<never> => boom();

/** What a run fails with; or what it gives. */
async function outcome(text: string, options: RuntimeOptions): Promise<unknown> {
  const ended = await createRuntime({ limits: { timeMs: 3000 }, ...options })
    .run(text)
    .then(
      ({ value }) => value,
      (error: unknown) => error,
    );
  await delay(5);
  expect(loose).toEqual([]);
  return ended;
}

describe('what a callback throws, at once or as a promise, is what the run fails with', () => {
  const thread = "go(fn() { wait(0.005), print('x') })\nwait(0.05)";
  const connect = "import('socket').connect('localhost:1', { timeout: 1 })\nwait(0.05)";
  const rule = (name: string, policy: object) => [name, { network: { backend: 'system', ...policy } }, connect] as const;
  const cases: readonly (readonly [string, object, string])[] = [
    ['output in a thread', { output: boom }, thread],
    ['output at the end', { output: boom }, "print('x')"],
    ['output of much', { output: boom }, "print(import('str').padEnd('', 100000, 'x'))\nwait(0.05)"],
    ['output later', { output: soon }, "print('x')\nwait(0.05)"],
    ['output later, at the end', { output: soon }, "print('x')"],
    ['outputBytes', { output: undefined, outputBytes: boom }, thread],
    ['outputBytes later', { output: undefined, outputBytes: soon }, thread],
    ['onProblem', { onProblem: boom }, 'go(fn() x.y.z)\nwait(0.05)'],
    ['onProblem later', { onProblem: soon }, 'go(fn() x.y.z)\nwait(0.05)'],
    ['input', { input: { [Symbol.iterator]: () => ({ next: boom }) } }, 'input()\nwait(0.05)'],
    ['input later', { input: { [Symbol.asyncIterator]: () => ({ next: soon }) } }, 'input()\nwait(0.05)'],
    ['modules', { modules: { find: boom } }, "import('nothing')"],
    ['files', { files: { open: boom, list: boom, stat: boom, makeDirectory: boom, remove: boom } }, "wait(0.001)\nstat('x')"],
    ['watch', { network: memoryNetwork(), watch: { tell: boom, bytes() {} } }, connect],
    rule('mayConnect', { mayConnect: boom }),
    rule('mayReach', { mayReach: boom }),
    ['mayListen', { network: { backend: 'system', mayListen: boom } }, "import('socket').listen('127.0.0.1:0', fn(e) ?)"],
  ];
  for (const [name, options, text] of cases) {
    it(name, async () => expect(await outcome(text, { output() {}, ...options })).toMatchObject({ message: 'boom' }));
  }

  it('a builtin of the registry', async () => {
    const fails = builtin({ name: 'fails', group: 'runtime', help: '', params: [], run: boom });
    expect(await outcome('wait(0.001)\nfails()', { registry: (known) => known.add([fails]) })).toMatchObject({ message: 'boom' });
  });

  it('evaluate and call fail with it, too', async () => {
    const runtime = createRuntime({ modules: { find: boom } });
    await expect(runtime.evaluate("import('x')")).rejects.toThrow('boom');
    const loaded = await createRuntime({ modules: { find: boom } }).load("fn f import('x')");
    await expect(loaded.call('f')).rejects.toThrow('boom');
  });
});

describe('a rule allows with true alone', () => {
  const text =
    "{ connect: connect, listen: listen } := import('socket')\n[connect('127.0.0.1:1').code, type(listen('127.0.0.1:0', fn(e) ?))]";
  for (const given of [undefined, 0, 1, 'yes', {}, Promise.resolve(true), Promise.reject(new Error('late'))]) {
    it(`not with ${typeof given} ${JSON.stringify(given)}`, async () => {
      const rule = (() => given) as unknown as () => boolean;
      for (const name of ['mayConnect', 'mayListen']) {
        const error = await outcome(text, { network: { backend: memoryNetwork(), [name]: rule } });
        expect(error).toBeInstanceOf(TypeError);
        expect(error).toHaveProperty('message', expect.stringContaining(`${name} must return true or false`));
      }
    });
  }

  it('also where socketBuiltins is called directly', async () => {
    const policy = { mayConnect: (() => 1) as unknown as () => boolean };
    const registry: RuntimeOptions['registry'] = (known) => known.add(socketBuiltins(memoryNetwork(), policy));
    expect(await outcome("import('socket').connect('127.0.0.1:1').code", { registry, values: { atoms: 'text' } })).toBe(
      'permission',
    );
  });
});

describe('options that are numbers', () => {
  for (const limits of [
    { outputBytes: 'x' },
    { threads: '10x' },
    { timeMs: Number.NaN },
    { memoryBytes: [] },
    { timeMs: -1 },
    { timeMs: null },
  ]) {
    it(`refuse ${JSON.stringify(limits)}`, () => {
      expect(() => createRuntime({ limits: limits as object })).toThrow(TypeError);
    });
  }

  it('refuse a fuel that is none, and take no limit for Infinity', async () => {
    for (const fuel of [0, 1.5, '7']) expect(() => createRuntime({ fuel: fuel as number })).toThrow(TypeError);
    const all = Number.POSITIVE_INFINITY;
    const limits = { timeMs: all, memoryBytes: all, threads: all, outputBytes: all };
    expect((await createRuntime({ limits }).run('1')).value).toBe(1);
  });

  it('end a program before it gets an array of bytes above the limit of memory', async () => {
    const program = "s := 'x'\nfn grow(n) {\n\ts << s\n\ts.0 := 'y'\n\tn <= LEFT & grow(n + 1)\n}\ngrow(1)\nlen(s)";
    const grown = (times: number) =>
      createRuntime({ limits: { memoryBytes: 2 ** 26 } }).evaluate(program.replace('LEFT', `${times}`));
    expect(await grown(18)).toBe(2 ** 19);
    const before = process.memoryUsage().arrayBuffers;
    await expect(grown(27)).rejects.toMatchObject({ reason: 'memoryBytes' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 28);
  });
});

describe('results', () => {
  it('that have a function then are boxed, and the function is not called', async () => {
    let output = '';
    const runtime = createRuntime({ output: (text) => (output += text) });
    const result = await runtime.evaluate("{ then: fn(done) { print('called'), done(1) }, n: 5 }");
    expect(result).toBeInstanceOf(Boxed);
    expect((result as Boxed).value).toMatchObject({ n: 5 });
    expect(await runtime.evaluate('{ then: 5 }')).toEqual(Object.fromEntries([['then', 5]]));
    runtime.stop();
    const program = await createRuntime().load('fn then(x) x\nfn give { then: then }');
    expect(program.names()).toEqual(['then', 'give']);
    expect(await program.call('then', 3)).toBe(3);
    expect(await program.call('give')).toBeInstanceOf(Boxed);
    expect(output).toBe('');
  });

  it('go back as they came', async () => {
    const runtime = createRuntime();
    const same = await runtime.evaluate('fn same(x) x.n');
    const boxed = await runtime.evaluate('{ then: fn ?, n: 7 }');
    if (typeof same === 'function') expect(await same(boxed)).toBe(7);
    runtime.stop();
  });

  it('of builtins may be promises of another realm, and plain objects with then are data', async () => {
    const theirs = runInNewContext("({ later: async () => 5, fails: async () => { throw new Error('no') } })");
    expect(await outcome('later() + 1', { builtins: theirs })).toBe(6);
    expect(await outcome('fails()', { builtins: theirs })).toMatchObject({ message: 'fails failed: no' });
    expect(
      await outcome('type(plain().then)', {
        builtins: { plain: () => Object.fromEntries([['then', () => 1]]) },
        values: { atoms: 'text' },
      }),
    ).toBe('function');
  });

  it('that are floats are made of numbers only', () => {
    for (const value of ['x; 1', {}, 5n, undefined]) expect(() => new Float(value as number)).toThrow(TypeError);
    expect(new Float(2)).toBeInstanceOf(Float);
  });
});

describe('input without an end', () => {
  const pieces = function* (piece: string) {
    for (;;) yield piece;
  };
  it('is stopped by the limit of time, with a line end or without', async () => {
    for (const [piece, text] of [
      ['x', 'input()'],
      ['x\n', 'fn go { input(), go() }\ngo()'],
    ] as const) {
      const error = await outcome(text, { input: pieces(piece), limits: { timeMs: 100 } });
      expect(error).toBeInstanceOf(StoppedError);
    }
  });

  it('must be text or bytes', async () => {
    expect(await outcome('input()', { input: [5] as unknown as string[] })).toBeInstanceOf(TypeError);
    expect(() => createRuntime({ input: 5 as unknown as string })).toThrow(TypeError);
  });
});
