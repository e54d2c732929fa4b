/** The built package as other people's tools meet it. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

/** A copy of what users install. */
function movedDist(name: string): string {
  const moved = join(folder, name);
  cpSync(dist, moved, { recursive: true, filter: (path) => !/\.map$|(?:cache|types|playground)$/.test(path) });
  return moved;
}

/** Where the code for this Node is kept. */
function cacheOf(dist: string): string {
  const ending = `-v8-${process.versions.v8}-${process.arch}`;
  return join(dist, 'cache', readdirSync(join(dist, 'cache')).find((name) => name.endsWith(ending)) ?? '');
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
    const moved = movedDist('moved-dist');
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
    const kept = cacheOf(moved);
    const files = readdirSync(kept, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining(['magnolia.cjs', 'library.cjs', ...['std', 'sort', 'net/http'].map((n) => join('lib', `${n}.cjs`))]),
    );
    writeFileSync(join(kept, 'lib/std.cjs'), 'damaged');
    expect(run().stderr.toString()).toBe('');
    expect(readFileSync(join(kept, 'lib/std.cjs')).length).toBeGreaterThan(1000);
  });

  it('starts what it has run before without compiling it, with the same errors', () => {
    const moved = movedDist('kept-dist');
    const app = join(folder, 'kept app.oak');
    writeFileSync(join(folder, 'part.oak'), 'fn half(n) n / 2\n');
    writeFileSync(app, "part := import('./part')\nfn f(x) {\n\ty := part.half(x)\n\ty\n}\nprint(string(f(8)))\nf(:no)\n");
    const run = () => {
      const { stdout, stderr, status } = spawnSync(process.execPath, [join(moved, 'cli.cjs'), app], { encoding: 'utf8' });
      return { stdout, stderr, status };
    };
    const first = run();
    expect(first).toMatchObject({ stdout: '4', status: 1 });
    expect(first.stderr).toContain('called at kept app.oak 7:2');

    renameSync(join(moved, 'magnolia-compiler.cjs'), join(moved, 'away.cjs'));
    expect(run()).toEqual(first);
    writeFileSync(join(folder, 'part.oak'), 'fn half(n) n / 4\n');
    expect(run().stderr).toContain('magnolia-compiler.cjs'); // the text is another one
    renameSync(join(moved, 'away.cjs'), join(moved, 'magnolia-compiler.cjs'));
    expect(run().stdout).toBe('2');

    const programs = join(cacheOf(moved), 'programs');
    for (const name of readdirSync(programs)) {
      const entry = join(programs, name);
      expect(statSync(entry).mode & 0o777).toBe(0o600);
      writeFileSync(entry, readFileSync(entry).subarray(0, -1000));
    }
    expect(run().stdout).toBe('2'); // V8's code is not whole
    for (const name of readdirSync(programs)) writeFileSync(join(programs, name), '1 2 3 4\n');
    expect(run().stdout).toBe('2');
  }, 30_000);

  it('starts small programs without the parts that they do not name', () => {
    const moved = movedDist('small-dist');
    for (const name of readdirSync(moved)) if (/^magnolia-(?!compiler|shared)/.test(name)) rmSync(join(moved, name));
    const app = join(folder, 'small.oak');
    writeFileSync(app, "print('small' + '\n')\n");
    expect(execFileSync(process.execPath, [join(moved, 'cli.cjs'), app], { encoding: 'utf8' })).toBe('small\n');
  });

  it('has source maps with the texts of the sources, for all files that say they have one', () => {
    const ofTheCommand = /^(?:magnolia(?:-\w+)*|other-commands)\.cjs$/i; // their maps, for coverage, are not published
    const files = readdirSync(dist).filter((name) => /\.c?js$/.test(name) && !ofTheCommand.test(name));
    const mapped = files.flatMap((name) => {
      const [, map] = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(join(dist, name), 'utf8')) ?? [];
      return map === undefined ? [] : [map];
    });
    expect(mapped).toEqual(expect.arrayContaining(['native.js.map', 'policy.js.map', 'web.js.map']));
    for (const map of mapped) {
      expect(map).toMatch(/\.js\.map$/); // package.json publishes these
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(dist, map), 'utf8'));
      expect(sourcesContent).toHaveLength(sources.length);
      expect(sourcesContent).not.toContain(null);
    }
  });

  it('holds no path of the machine that built it', () => {
    for (const name of [
      join(cacheOf(dist), 'magnolia.cjs').slice(dist.length),
      'native.js',
      'magnolia.cjs',
      'other-commands.cjs',
      'standalone/node.mjs',
    ]) {
      expect(readFileSync(join(dist, name), 'latin1')).not.toContain(root);
    }
  });
});
