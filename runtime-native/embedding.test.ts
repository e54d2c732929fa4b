import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import {
  createRuntime,
  EMPTY,
  Float,
  type JsValue,
  MagnoliaError,
  MemoryFiles,
  memoryNetwork,
  type RuntimeOptions,
  StoppedError,
} from './index.ts';

const root = resolve(dirname(__filename), '..');
const SPIN = 'fn spin spin()\nspin()';

async function resultOf(text: string, options: RuntimeOptions = {}): Promise<JsValue> {
  return (await createRuntime(options).run(text)).value;
}

/** What something fails with. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );
}

async function stopReason(text: string, options: RuntimeOptions): Promise<unknown> {
  const error = await failureOf(createRuntime({ output() {}, ...options }).run(text));
  return error instanceof StoppedError ? error.reason : error;
}

describe('run', () => {
  it('returns the status and the value of a program that has ended with all its threads', async () => {
    let output = '';
    const runtime = createRuntime({ output: (text) => (output += text) });
    const ended = await runtime.run("go(fn() { wait(0.01), print('thread') })\nprint('main ')\n6 * 7");
    expect([ended, output]).toEqual([{ status: 0, value: 42, problems: [] }, 'main thread']);
  });

  it('returns the status of exit', async () => {
    expect(await createRuntime().run('exit(3)')).toEqual({ status: 3, value: null, problems: [] });
  });

  it('runs a program once', async () => {
    const runtime = createRuntime();
    await runtime.run('1');
    expect(await failureOf(runtime.run('1'))).toMatchObject({ name: 'StoppedError', reason: 'ended' });
  });

  it('fails with the error of the main thread as data and as a report', async () => {
    const error = await failureOf(createRuntime().run({ file: 'a.oak', text: "fn f(x) x + 'é'\nf(1)" }));
    expect(error).toBeInstanceOf(MagnoliaError);
    expect(error).toMatchObject({
      message: "Cannot + incompatible values 1, 'é'",
      problem: { kind: 'runtime', file: 'a.oak', line: 1, column: 11, inThread: false },
      report: expect.stringContaining('Position: [1:11]'),
    });
    expect(await failureOf(createRuntime().run('1 +'))).toMatchObject({ problem: { kind: 'parse', line: 1 } });
    expect(await failureOf(createRuntime().run('chan_recv(make_chan())'))).toMatchObject({ message: /^Deadlock/ });
  });

  it('tells errors in other threads without ending', async () => {
    const told: string[] = [];
    const { status, value, problems } = await createRuntime({ onProblem: ({ message }) => told.push(message) }).run(
      'go(fn() nope())\nwait(0.001)\n5',
    );
    expect([status, value, problems.length, told]).toEqual([1, 5, 1, ['? is not a function and cannot be called']]);
  });

  it('runs a file of the system, with what it imports', async () => {
    const file = join(root, 'spec/stdlib/sort/by-key.oak');
    let output = '';
    await createRuntime({ files: 'system', output: (text) => (output += text) }).run({ file });
    expect(output).toBe(readFileSync(file.replace('.oak', '.out'), 'utf8'));
  });

  it('hands on characters whole, and bytes as they are', async () => {
    const pieces: string[] = [];
    await createRuntime({ output: (text) => pieces.push(text) }).run(
      "print('\\xc3'), wait(0.001), print('\\xa9!'), print('\\xc3')",
    );
    expect(pieces).toEqual(['é!', '\ufffd']);
    const bytes: number[] = [];
    await createRuntime({ outputBytes: (some) => bytes.push(...some) }).run("print('\\xc3\\x00')");
    expect(bytes).toEqual([0xc3, 0]);
  });

  it('reads lines from whatever input is given', async () => {
    async function* pieces() {
      yield 'one\ntw';
      await delay(1);
      yield new Uint8Array([0x6f, 0x0a, 0x65]);
    }
    const program = '[input().data, input().data, input(), input().error]';
    const values = { atoms: 'text' } as const;
    expect(await resultOf(program, { input: pieces(), values })).toEqual([
      'one',
      'two',
      { type: 'error', error: 'EOF', data: 'e' },
      'EOF',
    ]);
    expect(await resultOf('[input().data, input().error]', { input: 'x\n' })).toEqual(['x', 'EOF']);
    expect(await resultOf('input().error')).toBe('EOF');
  });

  it('returns arguments and variables', async () => {
    expect(await resultOf('[args().2, env()]', { args: ['ä'], env: { A: 'b', C: undefined } })).toEqual(['ä', { A: 'b' }]);
  });
});

describe('what a program may do', () => {
  it('is nothing of the system unless it is given', async () => {
    const values = { atoms: 'text' } as const;
    for (const [call, name] of [
      ["socket_connect('127.0.0.1:1')", 'socket_connect'],
      ["open('/etc/passwd')", 'open'],
      ["exec('ls', [], '')", 'exec'],
    ] as const) {
      expect(await resultOf(call, { values })).toEqual({ type: 'error', error: `${name}() unavailable in this runtime` });
    }
    expect(await resultOf('[env(), ___runtime_proc()]')).toEqual([{}, { pid: 0, exe: null }]);
    expect(await failureOf(createRuntime().run({ file: __filename }))).toMatchObject({ message: /no files/ });
    expect(await failureOf(createRuntime().run(`import('${__filename}')`))).toMatchObject({ message: /^Could not open/ });
  });

  it('can be files in memory, which the embedder sees', async () => {
    const files = new MemoryFiles({ 'data/in.txt': 'abc' }, '/home');
    const program = `fs := import('fs')
      fs.writeFile('out.txt', fs.readFile('data/in.txt') + '!')
      [fs.readFile('/home/out.txt'), fs.readFile('nowhere'), ls('data').data.0.name, stat('.').data.dir]`;
    expect(await resultOf(program, { files })).toEqual(['abc!', null, 'in.txt', true]);
    expect([files.text('out.txt'), files.paths()]).toEqual(['abc!', ['/home/data/in.txt', '/home/out.txt']]);
  });

  it('can be a conversation of two runtimes over a network in memory', async () => {
    const network = memoryNetwork();
    const server = createRuntime({ network });
    await server.load(`socket := import('socket')
      stop := socket.listen('127.0.0.1:7000', fn(evt) socket.sendLine(evt.socket, 'got ' + socket.recvLine(evt.socket).data))`);
    const client = `socket := import('socket')
      s := socket.connect('127.0.0.1:7000').socket
      socket.sendLine(s, 'hi')
      socket.recvLine(s).data`;
    expect(await resultOf(client, { network })).toBe('got hi');
    server.stop();
    expect(await resultOf("socket_connect('127.0.0.1:7000').type", { network })).toBe(Symbol.for('error'));
  });

  it('ends with the program: its listeners and connections are closed', async () => {
    const gone = new Promise<void>((done) => {
      const server = createServer((stream) =>
        stream
          .on('close', () => server.close(() => done()))
          .on('error', () => {})
          .resume(),
      );
      server.listen(0, '127.0.0.1', async () => {
        const { port } = server.address() as { port: number };
        const runtime = createRuntime({ network: 'system' });
        await runtime.evaluate(`socket_connect('127.0.0.1:${port}')`);
        await runtime.evaluate("socket_listen('127.0.0.1:0', fn(evt) ?)");
        runtime.stop();
      });
    });
    await gone;
  });

  it('ends with the program: so do other programs that it has started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'magnolia-embedding-'));
    const file = join(folder, 'pid');
    const controller = new AbortController();
    const options = { processes: 'system', signal: controller.signal } as const;
    const running = failureOf(createRuntime(options).run(`exec('sh', ['-c', 'echo $$ > ${file}; exec sleep 1000'], '')`));
    const pid = await until(() => Number(existsSync(file) ? readFileSync(file, 'utf8') : '0'));
    controller.abort();
    expect(await running).toMatchObject({ name: 'AbortError' });
    await until(() => !isAlive(pid));
    rmSync(folder, { recursive: true });
  });
});

/** Asks again until the answer is something. */
async function until<T>(ask: () => T): Promise<T> {
  for (;;) {
    const answer = ask();
    if (answer) return answer;
    await delay(5);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('load and evaluate', () => {
  it('keep a program so that its functions can be called', async () => {
    const runtime = createRuntime();
    const program = await runtime.load(
      "std := import('std')\ncount := 0\nfn next() count <- count + 1\nfn later(x) { wait(0.001), x }",
    );
    expect(program.names()).toEqual(['std', 'count', 'next', 'later']);
    expect(await Promise.all([program.call('later', [1n, 'x']), program.call('next'), program.call('next')])).toEqual([
      [1, 'x'],
      1,
      2,
    ]);
    expect(program.get('count')).toBe(2);
    expect(await failureOf(program.call('count'))).toBeInstanceOf(TypeError);
    expect(await runtime.evaluate('y := 20')).toBe(20);
    expect(await runtime.evaluate('y + 1')).toBe(21);
    runtime.stop();
    expect(await failureOf(program.call('next'))).toMatchObject({ reason: 'stop' });
  });

  it('fail with errors that have their place, and go on after them', async () => {
    const runtime = createRuntime();
    const program = await runtime.load({ text: '\nfn boom() nope.x', file: 'b.oak' });
    expect(await failureOf(program.call('boom'))).toMatchObject({ problem: { file: 'b.oak', line: 2 } });
    expect(await failureOf(runtime.load('('))).toMatchObject({ problem: { kind: 'parse' } });
    expect(await failureOf(runtime.load('fn f() nope(1)\nf() + 1'))).toMatchObject({
      problem: {
        line: 1,
        trace: [
          { name: 'f', file: '(program)' },
          { name: null, line: 2 },
        ],
      },
    });
    expect(await failureOf(runtime.evaluate('1 + :a'))).toBeInstanceOf(MagnoliaError);
    expect(await runtime.evaluate('1')).toBe(1);
    runtime.stop();
  });

  it('fail with the part of the text that is to blame', async () => {
    for (const [text, marked, start, end] of [
      ['x := 1\n  len(:a + 2) // ü', ':a + 2', [2, 7], [2, 13]],
      ["s := '\u{1f600}é' + (1 +\n :b)", '1 +\n :b', [1, 14], [2, 4]],
      ['\nf(1, 2\n', '\n', [2, 7], [3, 1]],
      ['x := )', ')', [1, 6], [1, 7]],
    ] as const) {
      const error = await failureOf(createRuntime().run(text));
      const span = error instanceof MagnoliaError ? error.problem.span : null;
      expect(span === null ? null : text.slice(span.start.offset, span.end.offset)).toBe(marked);
      expect(span).toMatchObject({ start: { line: start[0], column: start[1] }, end: { line: end[0], column: end[1] } });
    }
  });

  it('end when the program calls exit', async () => {
    for (const program of ['exit(4)', 'go(fn() exit(4))\nwait(1)']) {
      expect(await failureOf(createRuntime().evaluate(program))).toMatchObject({ reason: 'exit', status: 4 });
    }
  });
});

describe('options', () => {
  for (const [options, message] of [
    [{ files: 'sytem' }, "The option files has to be 'none', 'system' or an object, not 'sytem'"],
    [{ processes: 'sytem' }, "The option processes has to be 'none' or 'system', not 'sytem'"],
    [{ network: 'sytem' }, "The option network has to be 'none', 'system' or an object, not 'sytem'"],
    [{ network: { backend: 'sytem' } }, "The option network.backend has to be 'system' or an object, not 'sytem'"],
    [{ network: { mayConect: () => false } }, 'There is no option network.mayConect; did you mean network.mayConnect?'],
    [{ files: null }, "The option files has to be 'none', 'system' or an object, not null"],
    [{ limits: { timeMS: 5 } }, 'There is no option limits.timeMS; did you mean limits.timeMs?'],
    [{ values: { atoms: 'texts' } }, "The option values.atoms has to be 'symbols' or 'text', not 'texts'"],
    [{ ouput() {} }, 'There is no option ouput; did you mean output?'],
    [{ sandbox: true }, 'There is no option sandbox'],
  ] satisfies [object, string][]) {
    it(`are not misspelled in silence: ${message}`, () => {
      expect(() => createRuntime(options as RuntimeOptions)).toThrow(new TypeError(message)); // as JavaScript may give them
    });
  }

  it('may be left open, and a foreign network may have other fields', () => {
    const network = Object.assign(memoryNetwork(), { more: 1 });
    createRuntime({ network, files: undefined, limits: undefined } as unknown as RuntimeOptions);
  });
});

describe('JavaScript functions', () => {
  it('are called with JavaScript values, and may give promises', async () => {
    const builtins = {
      sum: (...all: number[]) => all.reduce((a, b) => a + b, 0),
      later: async (value: JsValue) => await delay(1, value),
      nothing: () => {},
    };
    expect(await resultOf('[sum(1, 2, 3), later({ a: [:b] }), nothing(), sum([1, 2]...)]', { builtins })).toEqual([
      6,
      { a: [Symbol.for('b')] },
      null,
      3,
    ]);
  });

  it('are errors of the program where they throw, with what they threw as cause', async () => {
    const builtins = {
      bad: () => {
        throw new Error('no ü');
      },
      worse: async () => {
        await delay(1);
        throw new Error('later');
      },
      odd: () => new Date() as unknown as null,
    };
    expect(await failureOf(createRuntime({ builtins }).run('x := 1\n x + bad()'))).toMatchObject({
      message: 'bad failed: no ü',
      cause: { message: 'no ü' },
      problem: { line: 2, column: 9 },
    });
    expect(await failureOf(createRuntime({ builtins }).run('\nfn f() { worse(), 1 }\nf()'))).toMatchObject({
      message: 'worse failed: later',
      problem: { line: 2, column: 15, trace: [{ name: 'f' }, { name: null }] },
    });
    expect(await failureOf(createRuntime({ builtins }).run('odd()'))).toMatchObject({ message: /Date has no counterpart/ });
    const { status } = await createRuntime({ builtins, onProblem() {} }).run('go(fn() worse())');
    expect(status).toBe(1);
  });

  it('can call Magnolia functions, also while they are being called', async () => {
    const builtins = { twice: async (f: (x: number) => Promise<JsValue>) => [await f(1), await f(2)] };
    expect(await resultOf('twice(fn(x) twice(fn(y) x * 10 + y))', { builtins })).toEqual([
      [11, 12],
      [21, 22],
    ]);
  });

  it('and Magnolia functions keep their identity both ways', async () => {
    const js = () => 1;
    const builtins = { give: () => js, take: (f: unknown) => f === js, same: (f: null) => f };
    expect(await resultOf('fn f() 1\n[give() = give(), take(give()), same(f) = f, give()()]', { builtins })).toEqual([
      true,
      true,
      true,
      1,
    ]);
  });
});

describe('values', () => {
  it('are what they were when they come back', async () => {
    const runtime = createRuntime();
    const same = (await runtime.load('fn same(x) x')).get('same') as (x: unknown) => Promise<JsValue>;
    const cycle: JsValue[] = [1];
    cycle.push(cycle);
    for (const value of [
      null,
      true,
      1,
      -1.5,
      2 ** 53 - 1,
      2n ** 60n,
      -(2n ** 63n),
      'ä€😀',
      '',
      Symbol.for('ok'),
      EMPTY,
      [],
      [[1], {}],
      { a: { b: [null] } },
      cycle,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
      1e300,
      JSON.parse('{"__proto__": 1, "constructor": 2}'),
    ]) {
      expect(await same(value)).toEqual(value);
    }
    expect(await same(new Uint8Array([104, 105]))).toBe('hi');
    expect(await same(new Map([['k', 5n]]))).toEqual({ k: 5 });
    expect(await same(undefined)).toBe(null);
    for (const wrong of [2n ** 63n, new Date(), /x/, new Set()]) expect(await failureOf(same(wrong))).toBeInstanceOf(Error);
    let deep: JsValue = [];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(Array.isArray(await same(deep))).toBe(true);
    runtime.stop();
  });

  it('are ints and floats as JavaScript has them', async () => {
    const builtins = { kinds: () => [1, 1.5, new Float(2), 2n ** 62n, 2 ** 60] };
    expect(await resultOf("import('std').map(kinds(), fn(x) string(type(x)))", { builtins })).toEqual([
      'int',
      'float',
      'float',
      'int',
      'float',
    ]);
  });

  it('can be bytes and plain text', async () => {
    expect(await resultOf("['\\xff', :a]", { values: { strings: 'bytes', atoms: 'text' } })).toEqual([
      new Uint8Array([255]),
      'a',
    ]);
    expect(await resultOf("'\\xff'")).toBe('\ufffd');
  });
});

describe('stopping', () => {
  it('ends a program that spins', async () => {
    const controller = new AbortController();
    const running = createRuntime({ signal: controller.signal }).run(SPIN);
    await delay(20);
    controller.abort();
    expect(await failureOf(running)).toMatchObject({ name: 'AbortError' });
    expect(await failureOf(createRuntime({ signal: controller.signal }).run('1'))).toMatchObject({ name: 'AbortError' });
  });

  it('works from within: what the program has called stops it', async () => {
    const controller = new AbortController();
    let output = '';
    const options = {
      signal: controller.signal,
      output: (text: string) => (output += text),
      builtins: { abort: () => controller.abort('enough') },
    };
    expect(await failureOf(createRuntime(options).run("print('a'), abort(), print('b')"))).toBe('enough');
    expect(output).toBe('a');
  });

  it('ends timers and threads that wait', async () => {
    const runtime = createRuntime();
    const running = failureOf(runtime.run('go(fn() wait(1000))\nwait(1000)'));
    await delay(5);
    runtime.stop();
    expect(await running).toMatchObject({ reason: 'stop' });
  });

  it('happens while a program or an import is compiled', async () => {
    const long = 'x := [1, 2, 3]\n'.repeat(5000);
    expect(await stopReason(long, { limits: { timeMs: 1 } })).toBe('timeMs');
    expect(await stopReason("import('long')", { files: { 'long.oak': long }, limits: { timeMs: 1 } })).toBe('timeMs');
  });

  it('happens at each limit', async () => {
    expect(await stopReason(SPIN, { limits: { timeMs: 50 } })).toBe('timeMs');
    expect(await stopReason('wait(1000)', { limits: { timeMs: 20 } })).toBe('timeMs');
    let output = '';
    const print = "fn more() { print('0123456789'), more() }\nmore()";
    expect(await stopReason(print, { limits: { outputBytes: 25 }, output: (text) => (output += text) })).toBe('outputBytes');
    expect(output).toBe('0123456789012345678901234'.slice(0, 25));
    expect(await stopReason('fn more() { go(fn() wait(9)), more() }\nmore()', { limits: { threads: 9 } })).toBe('threads');
    expect(await stopReason('fn more(l) { l << [l, l], more(l) }\nmore([])', { limits: { memoryBytes: 100e6 } })).toBe(
      'memoryBytes',
    );
  }, 60_000);

  it('does not happen below the limits', async () => {
    const limits = { threads: 3, outputBytes: 4, timeMs: 60_000, memoryBytes: 50e6 };
    const program = `c := make_chan()
      fn many(n) if n { 0 -> :done, _ -> { go(fn() chan_send(c, n)), chan_recv(c), 'x' + string(n), many(n - 1) } }
      print('1234'), many(20000)`;
    expect(await resultOf(program, { limits, output() {} })).toBe(Symbol.for('done'));
  }, 60_000);
});
