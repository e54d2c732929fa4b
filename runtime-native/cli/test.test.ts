/** `magnolia test`, started as users start it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const root = resolve(__dirname, '../..');
const cli = join(root, 'dist/cli.cjs');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-test-'));
const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };

afterAll(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `magnolia test WORDS` on files in its own folder. */
function test(name: string, files: { readonly [path: string]: string }, words: readonly string[]): Ran {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'test', ...words], { cwd: home, env, encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

const GOOD = `fn run(t) {
	'one and one' |> t.eq(1 + 1, 2)
	t.approx('nearly', 0.1 + 0.2, 0.3)
}
`;
const OWN = `test := import('test')
t := test.Suite('own')
t.assert('a truth', true)
t.skip('not today')
t.report()
t.exit()
`;
const BAD = `fn check(t, name, got, want) t.eq(name, got, want)
fn run(t) {
	'adds' |> t.eq(1 + 1, 2)
	'multiplies' |> t.eq(2 * 3, 7)
	check(t, 'lists', [1, 2, 3], [1, 2, 4])
	'long' |> t.eq({name: 'Ann', roles: [:admin, :editor, :reader], address: {street: 'Long Street 1', town: 'Oakville', zip: 12345}}, {name: 'Bob'})
	?
}
`;

describe('magnolia test', () => {
  it('finds *.test.oak and runs both forms', () => {
    const { status, out } = test('both', { 'a.test.oak': GOOD, 'sub/own.test.oak': OWN, 'other.oak': "print('LOADED')" }, []);
    expect(status).toBe(0);
    expect(out).toContain('ok    a.test.oak  2 tests');
    expect(out).toContain('ok    sub/own.test.oak  2 tests');
    expect(out).toMatch(/^3 passed, 0 failed, 1 skipped in 2 files/m);
    expect(out).not.toContain('LOADED');
  });

  it('shows where a test failed, what was expected and what came', () => {
    const { status, out } = test('bad', { 'bad.test.oak': BAD }, ['bad.test.oak']);
    expect(status).toBe(1);
    expect(out).toContain('  multiplies  bad.test.oak:4\n    expected  7\n    got       6\n');
    expect(out).toMatch(/lists {2}bad\.test\.oak:[15]\n/); // the call of eq, or the call in whose place it is
    expect(out).toMatch(/long {2}bad\.test\.oak:6\n {4}- expected, \+ got\n/);
    expect(out).toMatch(/^1 passed, 3 failed in 1 file/m);
  });

  it('--filter counts only what matches', () => {
    const files = { 'a.test.oak': GOOD, 'bad.test.oak': BAD };
    expect(test('filter', files, ['--filter', 'one and'])).toMatchObject({
      status: 0,
      out: expect.stringContaining('1 passed, 0 failed'),
    });
    expect(test('filter', files, ['--filter', 'multiplies'])).toMatchObject({
      status: 1,
      out: expect.stringContaining('0 passed, 1 failed'),
    });
    expect(test('filter', files, ['--filter', 'nothing has this'])).toMatchObject({ status: 1 });
  });

  it('a syntax error, a runtime error, an exit status or an endless loop fails that file only', () => {
    const files = {
      'endless.test.oak': 'fn run(t) { fn spin() spin(), spin() }',
      'exits.test.oak': 'exit(3)',
      'good.test.oak': GOOD,
      'runtime.test.oak': "fn run(t) { t.eq('first', 1, 1), 1 + 'x' }",
      'stuck.test.oak': 'fn run(t) chan_recv(make_chan())',
      'syntax.test.oak': 'x := := 1',
    };
    const { status, out } = test('errors', files, ['--timeout', '2']);
    expect(status).toBe(1);
    expect(out).toMatch(/FAIL {2}endless\.test\.oak[\s\S]*It took longer than 2 s/);
    expect(out).toMatch(/FAIL {2}exits\.test\.oak[\s\S]*It ended with status 3/);
    expect(out).toMatch(/ok {4}good\.test\.oak/);
    expect(out).toMatch(/FAIL {2}runtime\.test\.oak {2}1 test,[\s\S]*Cannot \+ incompatible values 1, 'x'/);
    expect(out).toMatch(/FAIL {2}stuck\.test\.oak[\s\S]*[Dd]eadlock/);
    expect(out).toMatch(/FAIL {2}syntax\.test\.oak[\s\S]*Parse Error/);
    expect(out).toMatch(/^3 passed, 5 failed in 6 files/m);
  });

  it('--reporter tap', () => {
    const { status, out, err } = test('tap', { 'a.test.oak': `print('noise\\n')\n${BAD}`, 'b.test.oak': OWN }, [
      '--reporter',
      'tap',
    ]);
    expect(status).toBe(1);
    expect(out.split('\n').filter((line) => !line.startsWith(' '))).toEqual([
      'TAP version 14',
      '# a.test.oak',
      'ok 1 - a: adds',
      'not ok 2 - a: multiplies',
      'not ok 3 - a: lists',
      'not ok 4 - a: long',
      '# b.test.oak',
      'ok 5 - own: a truth',
      'ok 6 - own: not today # SKIP',
      '1..6',
      '',
    ]);
    expect(err).toContain('noise');
  });

  it('--reporter json', () => {
    const { out, err } = test('json', { 'a.test.oak': `print('noise\\n')\n${BAD}` }, ['--reporter', 'json', '--seed', '7']);
    const { seed, passed, failed, skipped, files } = JSON.parse(out);
    expect({ seed, passed, failed, skipped }).toEqual({ seed: 7, passed: 1, failed: 3, skipped: 0 });
    expect(files[0].tests.slice(0, 2)).toEqual([
      { suite: 'a', name: 'adds', status: 'passed', file: 'a.test.oak', line: 4 },
      { suite: 'a', name: 'multiplies', status: 'failed', file: 'a.test.oak', line: 5, expected: '7', got: '6' },
    ]);
    expect(err).toContain('noise');
  });

  it('--memory-network reaches nothing of this machine', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number }; // it listens on TCP
    const reached: unknown[] = [];
    taken.on('connection', (socket) => reached.push(socket));
    const program = `socket := import('socket')
fn run(t) {
	t.eq('nobody is there', socket.connect('127.0.0.1:${port}').code, :refused)
	server := socket.serve('127.0.0.1:${port}', fn(e) socket.sendLine(e.socket, 'own'))
	t.eq('its own server answers', socket.recvLine(socket.connect('127.0.0.1:${port}').socket).data, 'own')
	server.close()
}
`;
    try {
      expect(test('memory', { 'a.test.oak': program, 'b.test.oak': program }, ['--memory-network']).status).toBe(0);
      expect(reached).toEqual([]);
    } finally {
      taken.close();
      await once(taken, 'close');
    }
  });

  it('--virtual-time jumps over waits, in the order of the clock, and not over files', () => {
    const program = `fs := import('fs')
thread := import('thread')
fn run(t) {
	t.eq('begins with 2020', time(), 1577836800)
	seen := []
	done := make_chan(3)
	thread.spawn(fn() { wait(20), seen << :late, chan_send(done, 1) })
	thread.spawn(fn() { wait(10), seen << :early, chan_send(done, 1) })
	thread.spawn(fn() { fs.writeFile('w.txt', 'x'), seen << :file, chan_send(done, 1) })
	chan_recv(done), chan_recv(done), chan_recv(done)
	t.eq('order', seen, [:file, :early, :late])
	wait(864000)
	t.eq('ten days', time() - 1577836800, 864020)
	t.eq('nanotime', nanotime(), 1577836800000000000 + 864020 * 1000000000)
}
`;
    expect(test('virtual', { 'a.test.oak': program }, ['--virtual-time'])).toMatchObject({ status: 0 });
  });

  it('--seed decides the order of threads and what rand returns, the same for the same seed', () => {
    const program = `std := import('std')
thread := import('thread')
fn run(t) {
	seen := []
	done := make_chan(6)
	std.loop(6, fn(i) thread.spawn(fn() { seen << i, chan_send(done, i) }))
	std.loop(6, fn(_) chan_recv(done))
	t.eq('always wrong', [seen, rand()], 0)
}
`;
    const got = (...words: string[]): string => {
      const { out } = test('seed', { 'a.test.oak': program }, ['--reporter', 'json', ...words]);
      return JSON.parse(out).files[0].tests[0].got;
    };
    const orders = ['1', '2', '3', '4'].map((seed) => got('--seed', seed));
    expect(got('--seed', '2')).toBe(orders[1]);
    expect(new Set(orders.map((order) => order.replace(/0\.\d+/, ''))).size).toBeGreaterThan(1);
    expect(test('seed', { 'a.test.oak': program }, ['--seed', '12345']).out).toContain('--seed 12345');
  });

  it('--watch runs again when a file changes', async () => {
    const home = join(folder, 'watch');
    mkdirSync(home);
    const file = join(home, 'a.test.oak');
    writeFileSync(file, GOOD);
    const child = spawn(process.execPath, [cli, 'test', '--watch'], { cwd: home, env });
    let out = '';
    const seen = (text: string) =>
      new Promise<void>((done) => {
        const look = (): void => {
          if (!out.includes(text)) return;
          child.stdout.off('data', look);
          done();
        };
        child.stdout.on('data', look);
        look();
      });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    try {
      await seen('2 passed, 0 failed');
      writeFileSync(file, BAD);
      await seen('1 passed, 3 failed');
    } finally {
      child.kill();
      await once(child, 'close');
    }
  }, 30_000);

  it('says how it is used', () => {
    expect(test('usage', {}, ['--seed', 'x', '.'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('--seed takes a whole number'),
    });
    expect(test('usage', {}, ['--reporter', 'x', '.'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('text, tap or json'),
    });
    expect(test('usage', {}, ['--filtr', 'x'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('did you mean --filter?'),
    });
    expect(test('usage', { 'p.oak': '1' }, [])).toMatchObject({ status: 1, err: expect.stringContaining('found no *.test.oak') });
  });
});

describe('magnolia test --coverage', () => {
  const words = `{ map: map } := import('std')

fn count(s) if s {
	'' -> 0
	_ -> {
		n := len(s)

		n + 1
	}
}
fn unused(x) {
	y := x + 1

	if y > 3 -> y
}
fn sum(n, total) if n {
	0 -> total
	_ -> sum(n - 1, total + n)
}
fn twice(x) x * 2, fn thrice(x) x * 3
`;
  const files = {
    'words.oak': words,
    'broken.oak': 'a := (',
    'one.test.oak': "words := import('./words')\nfn run(t) 'a' |> t.eq(words.count('ab'), 3)\n",
    'two.test.oak': "words := import('./words')\nfn run(t) 'a' |> t.eq(words.sum(10, words.twice(0)), 55)\n",
  };

  it('names each imported file with its percentage and the lines that no test reached', () => {
    const { status, out } = test('coverage', files, ['--coverage']);
    expect(status).toBe(0);
    expect(out).toContain('Lines reached by the tests:\n  words.oak  66.7 %  not reached: 4, 12-14, 20\n');
  });

  it('adds up what the files of tests reached, in a tracefile of lcov', () => {
    const { status, out } = test('lcov', files, ['--lcov', 'all.info']);
    expect([status, out.includes('reached')]).toEqual([0, false]);
    const counts = readFileSync(join(folder, 'lcov/all.info'), 'utf8');
    expect(counts).toBe(
      `TN:\nSF:words.oak\n${[
        [1, 2],
        [3, 1],
        [4, 0],
        [6, 1],
        [8, 1],
        [11, 2],
        [12, 0],
        [14, 0],
        [16, 2],
        [17, 1],
        [18, 10],
        [20, 0],
      ]
        .map(([line, count]) => `DA:${line},${count}\n`)
        .join('')}LF:12\nLH:8\nend_of_record\n`,
    );
    expect(test('lcov', {}, ['--lcov', 'none/all.info']).err).toBe(
      'magnolia: Could not write none/all.info: no such file or directory\n',
    );
  });

  it('leaves reports for machines alone, and the errors of modules that are not programs', () => {
    const broken = "import('./broken')\nfn run(t) ?\n";
    const { out, err } = test('machines', { ...files, 'three.test.oak': broken }, ['--coverage', '--reporter', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      passed: 2,
      failed: 1,
      files: [{}, { error: expect.stringContaining('broken.oak') }, {}],
    });
    expect(err).toContain('  words.oak  66.7 %');
  });
});
