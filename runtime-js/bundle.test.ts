/** The built bundle for browsers, under Node without what only Node has. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = resolve(dirname(__filename), '..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-bundle-'));
const LARGEST_BYTES = 120 * 1024;

beforeAll(() => {
  execFileSync(process.execPath, ['--import', './scripts/typescript.mjs', 'scripts/build.ts', '--if-stale'], { cwd: root });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string): Promise<{ out: string; err: string; status: unknown }> {
  const file = join(folder, 'program.oak');
  writeFileSync(file, program);
  return new Promise((done) => {
    execFile(process.execPath, [join(root, 'scripts/spec-browser.mjs'), file], (error, out, err) =>
      done({ out, err, status: error?.code ?? 0 }),
    );
  });
}

describe('the bundle for browsers', () => {
  const read = () => ['browser.js', 'magnolia-library.js'].map((name) => readFileSync(join(root, 'dist', name), 'utf8')).join('');

  it('is small, and imports nothing of Node', () => {
    expect(gzipSync(read(), { level: 9 }).length).toBeLessThan(LARGEST_BYTES);
    expect(read()).not.toMatch(/\bfrom\s*["']node:|\brequire\(["']/);
  });

  it('runs threads, channels, waiting, files in memory and the library, compiled in advance or not', async () => {
    const program = `{ println: println, map: map } := import('std')
      json := import('json'), datetime := import('datetime'), fs := import('fs')
      c := make_chan(), go(fn() { wait(0.001), chan_send(c, 'sent') })
      println(chan_recv(c).data, json.serialize(map([1, 2], fn(x) x * 2)), datetime.leap?(2000))
      fs.writeFile('x', 'written'), println(fs.readFile('x'), len(srand(70000)))`;
    expect(await run(program)).toEqual({ out: 'sent [2,4] true\nwritten 70000\n', err: '', status: 0 });
  });

  it('answers for sockets with an error value', async () => {
    const { out } = await run('print(string(socket_recv(5))), socket_send(1, 2, fn(r) print(r.error))');
    expect(out).toBe(
      "{error: 'socket_recv() unavailable in this runtime', type: :error}socket_send() unavailable in this runtime",
    );
  });

  it('knows the places of errors in the library', async () => {
    const { err, status } = await run("{ split: split } := import('str')\nsplit(5)");
    expect(status).toBe(1);
    expect(err).toMatch(/File: \(lib:str\)\n {2}Position: \[\d+:\d+\]/);
    expect(err).toContain(`[2:6] ${folder}`);
  });
});
