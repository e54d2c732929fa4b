/** The command itself, started as users start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../scripts/free-port.ts';

const root = resolve(dirname(__filename), '../..');
const cli = join(root, 'dist/cli.cjs');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-cli-'));
const env = {
  ...process.env,
  HOME: folder,
  NO_COLOR: '1',
  FORCE_COLOR: undefined,
  MAGNOLIA_LIB: undefined,
  MAGNOLIA_FUEL: undefined,
};

afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly out: string;
  readonly err: string;
  readonly status: number | null;
}

const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill(); // those that a failed test has left behind
});

function start(command: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(command, args, { cwd: folder, env: { ...env, ...more } });
  started.push(child);
  return child;
}

/** Starts the command with this standard input and waits for its end. */
function magnolia(args: readonly string[], input = '', more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = start(process.execPath, [cli, ...args], more);
  child.stdin?.on('error', () => {}).end(input); // it may end without reading
  return ended(child);
}

function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk));
  return new Promise((done) => child.on('close', (status) => done({ out, err, status })));
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('magnolia FILE', () => {
  it('runs the program, with all that follows as its arguments', async () => {
    file('args.oak', "print(string(args()) + '\\n')");
    const { out, err, status } = await magnolia(['args.oak', '--help', 'run', '-x', 'ä b']);
    expect(out).toMatch(/^\['.*', 'args\.oak', '--help', 'run', '-x', 'ä b'\]\n$/);
    expect([err, status]).toEqual(['', 0]);
  });

  for (const [text, status] of [
    ['1', 0],
    ['exit(7)', 7],
    ['exit(263)', 7],
    ['exit(-1)', 255],
    ['nope.x', 1],
    ['f(', 1],
    ['wait(0.001, fn() exit(3))', 3],
    ['fn f(n) if n { 0 -> exit(4), _ -> 1 + f(n - 1) }, f(10000)', 4],
  ] as const) {
    it(`ends with status ${status} after ${text}`, async () => {
      expect((await magnolia(['run', file('status.oak', text)])).status).toBe(status);
    });
  }

  it('shows an error with its place, and keeps what was printed before', async () => {
    const path = file('wrong.oak', "print('before\\n')\nfn half(n) n / zero\nhalf('x') + 1\n");
    const { out, err, status } = await magnolia(['wrong.oak']);
    expect([out, status]).toEqual(['before\n', 1]);
    expect(err).toBe(`Hint: \`zero\` is not defined here

Runtime Error: Cannot / incompatible values 'x', ?
  File: ${path}
  Position: [2:14]

    1 │ print('before\\n')
    2 │ fn half(n) n / zero
      │            ~~^~~~~~
    3 │ half('x') + 1

  Stack Trace:
    in fn half [2:1], called at wrong.oak 3:5
    in top level [3:5]
`);
  });

  it('shows what is wrong with a malformed program, and runs none of it', async () => {
    file('bad.oak', "print('before')\nx := [1, 2\n");
    const { out, err, status } = await magnolia(['bad.oak']);
    expect([out, status]).toEqual(['', 1]);
    expect(err).toContain('Parse Error: ');
    expect(err).not.toContain('.js');
  });

  it('reports a missing file, and which one was probably meant', async () => {
    file('greeting.oak', '1');
    for (const [name, message] of [
      ['nowhere.oak', 'magnolia: Could not open nowhere.oak: no such file\n'],
      ['greetign.oak', 'magnolia: Could not open greetign.oak: no such file; did you mean greeting.oak?\n'],
      ['./greeting', 'magnolia: Could not open ./greeting: no such file; did you mean ./greeting.oak?\n'],
      ['.', 'magnolia: Could not open .: it is a directory\n'],
    ] as const) {
      expect(await magnolia([name])).toEqual({ out: '', err: message, status: 1 });
    }
  });

  it('takes programs from standard input', async () => {
    for (const args of [[], ['-']]) expect((await magnolia(args, "print('in')")).out).toBe('in');
    expect((await magnolia(['-', 'a'], 'print(args().2)')).out).toBe('a');
  });

  it('runs a program that names it in its first line', async () => {
    symlinkSync(cli, join(folder, 'magnolia'));
    const script = file('script.oak', "#!/usr/bin/env magnolia\nprint('run')\n");
    chmodSync(script, 0o755);
    expect(await ended(start(script, [], { PATH: `${folder}:${process.env.PATH}` }))).toEqual({ out: 'run', err: '', status: 0 });
  });

  it('colours errors only when asked to', async () => {
    file('colour.oak', 'nope.x');
    expect((await magnolia(['colour.oak'])).err).not.toContain('\x1b');
    expect((await magnolia(['colour.oak'], '', { FORCE_COLOR: '1', NO_COLOR: undefined })).err).toContain('\x1b[');
  });

  it('takes the library from --lib or MAGNOLIA_LIB', async () => {
    file('mylib/std.oak', "fn greet() print('mine')");
    file('lib.oak', "import('std').greet()");
    expect((await magnolia(['--lib', 'mylib', 'lib.oak'])).out).toBe('mine');
    expect((await magnolia(['lib.oak'], '', { MAGNOLIA_LIB: 'mylib' })).out).toBe('mine');
    expect((await magnolia(['lib.oak'])).status).toBe(1);
  });

  it('does the same however little fuel there is', async () => {
    file('fuel.oak', 'fn sum(n) if n { 0 -> 0, _ -> n + sum(n - 1) }, print(string(sum(1000)))');
    for (const fuel of ['1', '2', '7', '1000']) expect((await magnolia(['--fuel', fuel, 'fuel.oak'])).out).toBe('500500');
  });
});

describe('magnolia eval', () => {
  for (const [args, out] of [
    [['1 + 2'], '3\n'],
    [['1', '+', '2'], '3\n'],
    [["'a\\nb'"], 'a\nb\n'],
    [["'é'"], 'é\n'],
    [[':atom'], 'atom\n'],
    [["['a', :b, ?]"], "['a', :b, ?]\n"],
    [['-1'], '-1\n'],
    [['{ a: :b }'], '{a: :b}\n'],
    [["import('std')"], '{module}\n'],
  ] as const) {
    it(`prints the value of ${args.join(' ')}`, async () => {
      expect(await magnolia(['eval', ...args])).toEqual({ out, err: '', status: 0 });
    });
  }

  it('fails for an error', async () => expect((await magnolia(['eval', 'nope.x'])).status).toBe(1));
});

describe('magnolia check', () => {
  it('says nothing about programs without mistakes, and does not run them', async () => {
    file('fine.oak', 'print(1), exit(5)');
    expect(await magnolia(['check', 'fine.oak', 'fine.oak'])).toEqual({ out: '', err: '', status: 0 });
  });

  it('shows the mistakes of all files', async () => {
    file('fine.oak', 'x := 1');
    const path = file('unclosed.oak', 'x := (');
    const { err, status } = await magnolia(['check', 'unclosed.oak', 'fine.oak', 'nowhere.oak']);
    expect(status).toBe(1);
    expect(err).toContain('Parse Error: ');
    expect(err).toContain(`${path}:1:6`);
    expect(err).toContain('Could not open nowhere.oak');
  });
});

describe('what else there is', () => {
  for (const [args, expected] of [
    [['--version'], /^magnolia \d+\.\d+\.\d+\n$/],
    [['--help'], /^Usage:/],
    [['help', 'print'], /^print\(/],
    [['help', 'std.map'], /^std\.map\(xs, f\)\n {4}/],
    [['help', 'std'], /std := import\('std'\).*map\(xs, f\)/s],
    [['help', 'sendLine'], /^socket\.sendLine\(/],
    [['help', 'eval'], /^magnolia eval/],
    [['help', 'if'], /^If\n\n`if` compares/],
    [['help', 'library'], /\n {4}datetime +points in time[^\n]* text\n/],
    [['help', 'builtins'], /\n {4}len +how many/],
    [['help', 'email'], /\n {4}smtp\n/],
    [['help', 'math'], /\n {4}mean\(xs\)\n/],
  ] as const) {
    it(`magnolia ${args.join(' ')}`, async () => {
      const { out, err, status } = await magnolia(args);
      expect(out).toMatch(expected);
      expect([err, status]).toEqual(['', 0]);
    });
  }

  for (const [args, message] of [
    [['--fule', '1'], 'there is no flag --fule; did you mean --fuel?'],
    [['chekc', 'x.oak'], 'there is no command chekc; did you mean check?'],
    [['--lib', 'nowhere', 'x.oak'], '--lib: there is no folder nowhere'],
    [['eval'], 'eval needs PROGRAM'],
  ] as const) {
    it(`magnolia ${args.join(' ')} is wrong`, async () => {
      const { out, err, status } = await magnolia(args);
      expect(err).toContain(`magnolia: ${message}\n`);
      expect([out, status]).toEqual(['', 2]);
    });
  }

  it('magnolia help knows what was meant', async () => {
    expect((await magnolia(['help', 'pritn'])).err).toBe('magnolia: there is no help for pritn; did you mean print?\n');
    expect((await magnolia(['help', 'std.mpa'])).err).toBe('magnolia: there is no mpa in std; did you mean std.map?\n');
    expect((await magnolia(['help', 'std.qqqqqq'])).err).toBe(
      'magnolia: there is no qqqqqq in std; magnolia help std lists what there is\n',
    );
  });
});

describe('magnolia repl', () => {
  it('prints values, keeps names and the last value, and goes on after errors', async () => {
    const input =
      "x := 'a'\nx + 'b'\n__ + 'c'\n?\nnope.x\nfn twice(n) {\n  n * 2\n}\ntwice(21)\n[1,\n2]\nimport('std').map([1], fn(n) n + 1)\nlater := 1";
    const { out, err, status } = await magnolia(['repl'], input);
    expect(out).toBe("'a'\n'ab'\n'abc'\nfn twice(n)\n42\n[1, 2]\n[2]\n1\n");
    expect(err).toContain('Runtime Error: Expected string, list, or object');
    expect(status).toBe(0);
  });

  it('shows an input that is never completed', async () => {
    const { err, status } = await magnolia(['repl'], '[1,\n2');
    expect(err).toContain('Parse Error: ');
    expect(status).toBe(0);
  });

  /** A session at a terminal: what is typed when a certain text has appeared. */
  function atTerminal(steps: readonly (readonly [shown: string, typed: string])[]): Promise<Ended> {
    const child = start('script', ['-qec', `'${process.execPath}' '${cli}'`, '/dev/null'], {
      TERM: 'xterm',
      MAGNOLIA_DEBUG: '1',
    });
    const left = [...steps];
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk;
      const [shown, typed] = left[0] ?? [];
      if (shown === undefined || typed === undefined || !seen.includes(shown)) return;
      seen = '';
      left.shift();
      child.stdin?.write(typed);
    });
    return ended(child).then((end) => {
      child.stdin?.destroy();
      return end;
    });
  }

  it('survives Ctrl-C while a program spins, while it waits and while one is typed; Ctrl-D ends it', async () => {
    const { out, status } = await atTerminal([
      ['> ', "fn spin() spin(), print('spin' + 'ning'), spin()\r"],
      ['spinning', '\x03'],
      ['> ', "print('wait' + 'ing'), wait(1000)\r"],
      ['waiting', '\x03'],
      ['> ', '(1 + \r'],
      ['… ', '\x03'],
      ['> ', '20 + 3\r'],
      ['23', '\x04'],
    ]);
    expect(out).toContain('23');
    expect(status).toBe(0);
  });

  it('forgets at Ctrl-C what was typed of a line', async () => {
    const { out } = await atTerminal([
      ['> ', 'nope(\x1b[D'],
      ['nope(', '\x03'],
      ['^C\r\n\x1b', '20 + 3\r'],
      ['23', '\x04'],
    ]);
    expect(out).toMatch(/\D23\r\n/);
  });

  it('returns lines to a program that reads them, and the end of its input by Ctrl-D', async () => {
    const { out, status } = await atTerminal([
      ['> ', "{ stdin: stdin } := import('std'), print('na' + 'me? '), 'hello ' + input().data + '!'\r"],
      ['name? ', 'anN\x7fn\r'],
      ["'hello ann!'\r\n\x1b", "fn read() { print('go' + 'on '), [stdin()] }, read()\r"],
      ['goon ', 'one\r'],
      ['one\r\r\n', 'two\r'],
      ['two\r\r\n', '\x04'],
      ["two\\n']\r\n\x1b", "print('wa' + 'its '), input()\r"],
      ['waits ', '\x03'],
      ['Interrupted', "input().data + '.'\r"],
      ["'.'\r\r\n", 'again\r'],
      ["'again.'\r\n\x1b", '\x1b[A'],
      ["input().data + '.'", '\x15\x04'],
    ]);
    expect(out).toContain('\x1b[0Jname? an'); // Backspace draws what the program has printed anew, not the prompt
    expect(status).toBe(0);
  });

  it('reads lines of a pipe as a program of the same pipe asks for them', async () => {
    const { out, err, status } = await magnolia(['repl'], "x := input()\nhello\nx.data + '!'\nimport('std').stdin()\na\nb");
    expect(out).toBe("{data: 'hello', type: :data}\n'hello!'\n'a\\nb\\n'\n");
    expect([err, status]).toEqual(['', 0]);
  });

  it('answers help, exit and quit, unless they are variables', async () => {
    const { out } = await magnolia(['repl'], 'help\nexit\nquit\nhelp std.map\nquit := 7\nquit');
    expect(out).toMatch(/^An expression .*\nexit\(0\) or .*\nexit\(0\) or .*\nstd\.map\(xs, f\)\n[\s\S]*\n7\n7\n$/);
  });

  it('draws the prompt anew below what a timer prints', async () => {
    const { out } = await atTerminal([
      ['> ', "wait(0.3, fn() print('ti' + 'ck'))\r"],
      ['))\r\r\n', '12'],
      ['tick', '34 + 1\r'],
      ['1235', '\x04'],
    ]);
    expect(out).toContain('tick\r\n\x1b[1G\x1b[0J> 12');
  });

  it('keeps an input of several lines as one entry of the history, and searches in it', async () => {
    const { out, status } = await atTerminal([
      ['> ', 'fn twice(n) {\r'],
      ['… ', 'n * 2\r'],
      ['… ', '}\r'],
      ['> ', "greeting := 'hel' + 'lo'\r"],
      ['> ', '\x12tw'],
      ["search 'tw'", '\r'], // defines it again
      ['> ', '\x12nowhere'],
      ["nothing more with 'nowhere'", '\x07'],
      ['> ', '\x1b[A'], // the block came last
      ['}', '\x15twice(700 + 50)\r'],
      ['1500', '\x04'],
    ]);
    expect(out).toContain('fn twice(n) {\r\nn * 2\r\n}');
    expect(out).toContain('fn twice(n)\r\n'); // its value
    expect(status).toBe(0);
    expect(readFileSync(join(folder, '.magnolia_history'), 'utf8')).toContain('fn twice(n) {\rn * 2\r}\n');
  });

  it('says in its first line which version it is, and names that nothing defines', async () => {
    const { out } = await atTerminal([
      ['help explains', 'prinn\r'],
      ['There is no prinn; it is ? here. Did you mean print?', '\x04'],
    ]);
    expect(out).toMatch(/^Magnolia \d+\.\d+\.\d+\. /);
  });

  it('shows values as literals, and functions by how they are called', async () => {
    const inputs = ["'it\\'s\\n\\x00'", '2.0', '[:a, ?, 1]', "{'b c': fn(x, y...) x, d: print}", "type(import('str'))"];
    const { out } = await magnolia(['repl'], inputs.join('\n'));
    expect(out).toBe("'it\\'s\\n\\x00'\n2.0\n[:a, ?, 1]\n{'b c': fn(x, y...), d: fn print(text)}\n:object\n");
    const { out: list } = await magnolia(['repl'], "import('std').range(30)\nimport('sort')");
    expect(list).toMatch(/^\[\n {2}0, 1, .*, 21\n {2}22, .*29\n\]\n\{\n {2}psort: fn psort\(/);
    expect(list).not.toContain('socket_connect');
  });

  it('completes names and keys', async () => {
    const { out, status } = await atTerminal([
      ['> ', 'object := {firstKey: 11, secondKey: 22}\r'],
      ['22}\r\n\x1b', 'obj\t'], // a tab in the middle of what comes at once counts as pasted
      ['object', '.sec\t'],
      ['.secondKey', ' + 200\r'],
      ['222', '\x04'],
    ]);
    expect(out).toContain('222');
    expect(status).toBe(0);
  });
});

describe('the examples', () => {
  const example = (name: string): string => join(root, 'examples', `${name}.oak`);

  it('hello-socket says hello', async () => {
    expect(await magnolia([example('hello-socket')])).toEqual({ out: 'hello\n', err: '', status: 0 });
  });

  it('ping-pong hits the ball ten times and ends', async () => {
    const { out, err, status } = await magnolia([example('ping-pong')]);
    expect(out.split('\n').slice(0, 3)).toEqual(['ping 1', 'pong 2', 'ping 3']);
    expect([out.trimEnd().split('\n').length, err, status]).toEqual([10, '', 0]);
  });

  it('word-count counts like wc', async () => {
    const path = file('words.txt', 'one  two\nthree\n\nfour');
    expect(await magnolia([example('word-count'), path])).toEqual({ out: `3 4 20 ${path}\n`, err: '', status: 0 });
    expect(await magnolia([example('word-count'), 'nowhere', path])).toEqual({
      out: `nowhere: cannot be read\n3 4 20 ${path}\n`,
      err: '',
      status: 1,
    });
  });

  for (const [args, status, out] of [
    [['word-count'], 2, /^Usage: /],
    [['line-client', 'a:1', 'more'], 2, /^Usage: /],
    [['line-client', 'nonsense'], 1, /^Could not connect.* missing port in address\n$/],
    [['echo-server', 'a:1', 'more'], 2, /^Usage: /],
    [['echo-server', 'nonsense'], 1, /^Could not listen on socket: listen tcp: address nonsense: missing port in address\n$/],
    [['chat-server', '127.0.0.1:0', 'soon'], 2, /^Usage: /],
    [['chat-server', 'nonsense'], 1, /missing port in address\n$/],
    [['log-analyser'], 2, /^Usage: /],
    [['log-analyser', 'nowhere'], 1, /no such file/],
  ] as const) {
    it(`${args.join(' ')} ends with status ${status} and says why`, async () => {
      const [name, ...more] = args;
      const ended = await magnolia([example(name), ...more]);
      expect(ended.out).toMatch(out);
      expect([ended.err, ended.status]).toEqual(['', status]);
    });
  }

  it('line-client talks to echo-server', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const server = start(process.execPath, [cli, example('echo-server'), address]);
    const closed = new Promise((done) => server.on('close', done));
    await new Promise((done) => server.stdout?.on('data', done)); // it tells that it listens
    expect((await magnolia([example('line-client'), address], 'one\ntwo\n')).out).toBe('one\ntwo\n');
    server.kill();
    await closed;
  });
});
