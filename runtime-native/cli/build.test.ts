/** `magnolia build`: what it writes, run where no code may be generated. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { buildSync } from 'esbuild';

const root = resolve(dirname(__filename), '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-build-'));
const NO_CODE = '--disallow-code-generation-from-strings';
const LARGEST_HELLO_BYTES = 140 * 1024;

beforeAll(() => {
  save('lib/geo.oak', 'fn area(w, h) w * h\n');
  save('lib/plug.oak', "name := 'plug'\n");
  save(
    'app.oak',
    `std := import('std')
{ split: split } := import('str')
geo := import('./lib/geo')
fn plug(name) import('./lib/' + name).name
fn parts(x) {
	found := split(x)
	found
}
std.println(geo.area(6, 7), std.slice(args(), 2))
if args().2 {
	'plug' -> std.println(plug('plug'))
	'split' -> parts(5)
}
exit(3)
`,
  );
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

function save(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

function node(...args: string[]): { out: string; err: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return { out: stdout, err: stderr, status };
}

function magnolia(...args: string[]): ReturnType<typeof node> {
  return node(join(root, 'dist/cli.cjs'), ...args);
}

describe('magnolia build', () => {
  it('writes one module that runs elsewhere as the program does, with its status', () => {
    expect(magnolia('build', 'app.oak', '--include', 'lib/plug.oak', '-o', 'out.mjs')).toEqual({ out: '', err: '', status: 0 });
    mkdirSync(join(folder, 'else where'));
    writeFileSync(join(folder, 'else where/moved.mjs'), readFileSync(join(folder, 'out.mjs')));
    expect(node(NO_CODE, 'else where/moved.mjs', 'plug', 'two words')).toEqual({
      out: "42 ['plug', 'two words']\nplug\n",
      err: '',
      status: 3,
    });
    expect(readFileSync(join(folder, 'out.mjs'), 'utf8')).not.toContain(folder);
  });

  for (const flags of [[], ['--minify']]) {
    it(`reports errors as the program does, in the library, too ${flags.join('')}`, () => {
      magnolia('build', 'app.oak', '--include', 'lib/plug.oak', '-o', 'failing.mjs', ...flags);
      const { err, status } = node(NO_CODE, 'failing.mjs', 'split');
      const expected = magnolia('app.oak', 'split');
      expect(status).toBe(1);
      expect(err).toContain('in fn parts [5:1]');
      expect(err).toBe(expected.err.replace(/File: .*/, 'File: app.oak'));
    });
  }

  it('names the line of a computed import, and --include, at build time and at run time', () => {
    expect(magnolia('build', 'app.oak', '-o', 'open.mjs').err).toMatch(/app\.oak:4:15: .*--include/);
    const { err, status } = node('open.mjs', 'plug');
    expect(err).toContain('Could not open ./lib/plug');
    expect(err).toContain('--include');
    expect(status).toBe(1);
  });

  it('maps calls to the texts of the program', () => {
    magnolia('build', 'app.oak', '--include', 'lib/plug.oak', '-o', 'mapped.mjs');
    const lines = readFileSync(join(folder, 'mapped.mjs'), 'utf8').split('\n');
    const line = lines.findIndex((text) => text.includes('function parts$')) + 1;
    const map = new TraceMap(readFileSync(join(folder, 'mapped.mjs.map'), 'utf8'));
    expect(originalPositionFor(map, { line, column: 0 })).toMatchObject({ source: 'app.oak', line: 5 });
    expect(map.sourcesContent?.[0]).toContain('fn parts(x)');
    expect(lines.at(-2)).toBe('//# sourceMappingURL=mapped.mjs.map');
  });

  it('makes a small module for browsers, which run and embedders can use', () => {
    save('hello.oak', "import('std').println('hello')\n");
    expect(magnolia('build', 'hello.oak', '--target', 'browser', '--minify').status).toBe(0);
    const text = readFileSync(join(folder, 'hello.mjs'));
    expect(gzipSync(text, { level: 9 }).length).toBeLessThan(LARGEST_HELLO_BYTES);
    expect(text.toString()).not.toMatch(/["']node:|\beval\(|new Function\b/);
    save(
      'embed.mjs',
      `import * as hello from './hello.mjs';
       import { createRuntime } from ${JSON.stringify(join(root, 'dist/browser.js'))};
       import { createRuntime as native } from ${JSON.stringify(join(root, 'dist/index.js'))};
       const output = (text) => process.stdout.write(text);
       console.log((await hello.run({ output })).status);
       for (const make of [createRuntime, native]) await make({ output }).run(hello.program);
       console.log((await native({ output }).load(hello.program)).names());`,
    );
    expect(node(NO_CODE, 'embed.mjs')).toEqual({ out: 'hello\n0\nhello\nhello\nhello\n[]\n', err: '', status: 0 });
  });

  it('makes one page', () => {
    save('page.oak', "print('</script><!-- <b>')\n");
    expect(magnolia('build', 'page.oak', '--target', 'html').status).toBe(0);
    const text = readFileSync(join(folder, 'page.html'), 'utf8');
    expect(text.match(/<\/script|<!--/g)).toHaveLength(1);
    expect(text).toMatch(/^<!doctype html>/);
  });

  it('can be bundled into a larger module', () => {
    magnolia('build', 'app.oak', '--include', 'lib/plug.oak', '-o', 'part.mjs', '--target', 'browser');
    save('whole.mjs', "import { run } from './part.mjs';\nrun({ args: ['split'] }).catch((e) => console.log(e.report));\n");
    buildSync({
      entryPoints: [join(folder, 'whole.mjs')],
      bundle: true,
      format: 'esm',
      outfile: join(folder, 'bundled/whole.mjs'),
    });
    expect(node(NO_CODE, 'bundled/whole.mjs').out).toContain('in fn parts [5:1]');
  });

  it('says what is wrong, and leaves files as they were', () => {
    save('bad.oak', "import('./worse')\n");
    save('worse.oak', 'x := (\n');
    save('bad.mjs', 'before');
    const { err, status } = magnolia('build', 'bad.oak');
    expect(err).toContain('never closed');
    expect(err).toContain('worse.oak');
    expect([status, readFileSync(join(folder, 'bad.mjs'), 'utf8')]).toEqual([1, 'before']);
    expect(magnolia('build', 'app.oak', '--target', 'nix').err).toContain('node, browser, html');
    expect(magnolia('build', 'app.oak', '--target', 'nix').status).toBe(2);
    expect(magnolia('build', 'app.oak', '-o', 'app.oak')).toMatchObject({ status: 1 });
    expect(magnolia('build', 'app.oak', '-o', join('nowhere', 'x.mjs'))).toMatchObject({ status: 1 });
    expect(magnolia('build').status).toBe(2);
    expect(existsSync(join(folder, basename('app.mjs')))).toBe(false);
  });
});
