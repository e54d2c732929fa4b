/** The built package as other people's tools meet it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSync } from 'esbuild';

const root = resolve(__dirname, '../..');
const dist = join(root, 'dist');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-package-'));
const MOST_COLUMNS = 500;

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/magnolia-socket'), 'dir');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

function bundled(text: string, out: string, options: object): string {
  writeFileSync(join(folder, 'entry.mjs'), text);
  buildSync({
    entryPoints: [join(folder, 'entry.mjs')],
    bundle: true,
    outfile: join(folder, out),
    logLevel: 'error',
    ...options,
  });
  return join(folder, out);
}

const PROGRAM = `import { createRuntime } from 'magnolia-socket';
createRuntime().run("std := import('std')\\nstd.println(std.map([1, 2], fn(n) n * 2))\\nstd.map(1, 2, 3, 4)").catch((e) => console.log(e.report));`;

describe('the package', () => {
  for (const [format, extension] of [
    ['esm', 'mjs'],
    ['cjs', 'cjs'],
  ]) {
    it(`takes its library along into a bundle (${format})`, () => {
      const file = bundled(PROGRAM, `moved/out.${extension}`, { platform: 'node', format });
      rmSync(join(folder, 'entry.mjs'));
      const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', cwd: tmpdir() });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^\[2, 4\]\n/);
      expect(stdout).toContain('std.map(1, 2, 3, 4)');
    });
  }

  it('can be taken in parts', () => {
    for (const platform of ['node', 'browser']) {
      const text =
        "import { networkPolicy } from 'magnolia-socket'; console.log(typeof networkPolicy('a.test:1', null).mayConnect);";
      const file = bundled(text, `part-${platform}.mjs`, { platform, format: 'esm', minify: true });
      expect(readFileSync(file).length).toBeLessThan(5 * 1024);
      expect(execFileSync(process.execPath, [file], { encoding: 'utf8' })).toBe('function\n');
    }
  });

  it('has short lines in what Node loads, so that an error does not fill the screen', () => {
    const loaded = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
      (name) => (/\.cjs$/.test(name) && !name.startsWith('cache')) || ['index.js', 'native.js', 'policy.js'].includes(name),
    );
    expect(loaded.length).toBeGreaterThan(50);
    const long = loaded.filter((name) =>
      readFileSync(join(dist, name), 'utf8')
        .split('\n')
        .some((line) => line.length > MOST_COLUMNS),
    );
    expect(long).toEqual([]);
  });

  it('keeps the code of every file that a program needs, and says nothing', () => {
    const moved = join(folder, 'moved-dist');
    cpSync(dist, moved, { recursive: true, filter: (path) => !/\.map$|(?:cache|types|playground)$/.test(path) });
    const names = [
      'std',
      'str',
      'math',
      'sort',
      'json',
      'path',
      'fmt',
      'crypto',
      'datetime',
      'socket',
      'http',
      'smtp',
      'imap',
      'mime',
    ];
    const run = () =>
      spawnSync(process.execPath, [join(moved, 'cli.cjs'), 'eval', names.map((name) => `import('${name}')`).join('\n')]);
    expect(run().stderr.toString()).toBe('');
    const kept = join(moved, `cache/v8-${process.versions.v8}-${process.arch}`);
    const files = readdirSync(kept, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining(['magnolia.cjs', 'library.cjs', ...['std', 'sort', 'net/http'].map((n) => join('lib', `${n}.cjs`))]),
    );
    writeFileSync(join(kept, 'lib/std.cjs'), 'damaged');
    expect(run().stderr.toString()).toBe('');
    expect(readFileSync(join(kept, 'lib/std.cjs')).length).toBeGreaterThan(1000);
  });

  it('holds no path of the machine that built it', () => {
    const cache = `cache/v8-${process.versions.v8}-${process.arch}`;
    for (const name of [`${cache}/magnolia.cjs`, 'native.js', 'magnolia.cjs', 'other-commands.cjs', 'standalone/node.mjs']) {
      expect(readFileSync(join(dist, name), 'latin1')).not.toContain(root);
    }
  });
});
