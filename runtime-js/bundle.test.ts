import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';

const root = resolve(dirname(__filename), '..');
const LARGEST_BYTES = 120 * 1024;

const workers: Worker[] = [];
afterAll(() => Promise.all(workers.map((worker) => worker.terminate())));

/** Runs a program in a new worker. */
function run(program: string): Promise<{ out: string; err: string; code: unknown }> {
  const file = '/folder/program.oak';
  return new Promise((done, fail) => {
    const worker = new Worker(join(root, 'scripts/spec/spec-browser.mjs'), { workerData: { [file]: program } });
    workers.push(worker);
    worker.on('message', done).on('error', fail).postMessage({ file });
  });
}

/** web.js and what it imports before it runs, directly or not. */
function loadedAtOnce(): string[] {
  const names = new Set(['web.js']);
  for (const name of names) {
    const text = readFileSync(join(root, 'dist', name), 'utf8');
    for (const [, imported = ''] of text.matchAll(/\bfrom\s*"\.\/([^"]+)"/g)) names.add(imported);
  }
  return [...names];
}

describe('the bundle for browsers', () => {
  const read = () =>
    loadedAtOnce()
      .map((name) => readFileSync(join(root, 'dist', name), 'utf8'))
      .join('');

  it('is small, and imports nothing of Node', () => {
    expect(gzipSync(read(), { level: 9 }).length).toBeLessThan(LARGEST_BYTES);
    expect(loadedAtOnce()).toEqual(expect.arrayContaining(['policy.js', 'magnolia-library.js']));
    expect(read()).not.toMatch(/\bfrom\s*["']node:|\brequire\(["']/);
  });

  it('runs threads, channels, waiting, files in memory and the library, compiled when it is imported', async () => {
    const program = `{ println: println, map: map } := import('std')
      json := import('json'), datetime := import('datetime'), fs := import('fs')
      c := make_chan(), go(fn() { wait(0.001), chan_send(c, 'sent') })
      println(chan_recv(c).data, json.serialize(map([1, 2], fn(x) x * 2)), datetime.leap?(2000))
      fs.writeFile('x', 'written'), println(fs.readFile('x'), len(srand(70000)))`;
    expect(await run(program)).toEqual({ out: 'sent [2,4] true\nwritten 70000\n', err: '', code: 0 });
  });

  it('has the mail modules in a file that is loaded when a program speaks of them', async () => {
    const { out } = await run(
      "print(string(import('email').smtp.connect('a:1').error)), print(' ' + string(type(import('smtp').connect)))",
    );
    expect(out).toBe('socket_connect() unavailable in this runtime function');
    expect((await run("print(string(import('std').map(['pop', 'imap'], fn(name) len(import(name)))))")).out).toMatch(
      /^\[\d+, \d+\]$/,
    );
    expect((await run("import('sm' + 'tp')")).err).toContain('Could not open smtp');
  }, 30_000);

  it('answers for sockets with an error value', async () => {
    const { out } = await run('print(string(socket_recv(5))), socket_send(1, 2, fn(r) print(r.error))');
    expect(out).toBe(
      "{error: 'socket_recv() unavailable in this runtime', type: :error}socket_send() unavailable in this runtime",
    );
  });

  it('knows the places of errors in the library', async () => {
    const { err, code } = await run("{ split: split } := import('str')\nsplit(5)");
    expect(code).toBe(1);
    expect(err).toMatch(/File: \/folder\/program.oak\n {2}Position: \[2:6\]/);
    expect(err).toMatch(/in fn \w+ \[\d+:\d+\] \(lib:str\), called at program\.oak 2:6\n {4}in top level \[2:6\]/);
  });
});
