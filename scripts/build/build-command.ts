/**
 * The `magnolia` command on its way into dist: built for a quick start.
 *
 *     cli.cjs                  the launcher, scripts/build/launcher.cjs as it is
 *     magnolia.bundle          everything in one function: CommonJS, because Node's loader for modules costs more
 *     magnolia.bundle.cache    what V8 made of it in a run of `hello`
 *
 * Parts of Node that a small program never uses (TLS alone loads thirty of its files) are only loaded when something of them
 * is asked for.
 */
import { execFile } from 'node:child_process';
import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { replaceFile } from './files.ts';
import { loadedWhenUsed } from './loaded-when-used.ts';

/** Loaded at the first use of something that they export. */
const LAZY = [
  'child_process',
  'crypto',
  'diagnostics_channel',
  'dns',
  'fs/promises',
  'net',
  'os',
  'perf_hooks',
  'readline',
  'tls',
  'v8',
  'vm',
];

const HEAD = `(function (require, __filename) {
const __moduleUrl = require('node:url').pathToFileURL(__filename).href;
const $lazily = (name) => new Proxy({}, { get: (_, key) => require(name)[key] });
`;

/** Builds the command into `dist`. */
export async function buildCommand(root: string, dist: string, common: BuildOptions): Promise<void> {
  const { outputFiles = [] } = await build({
    ...common,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    define: { 'import.meta.url': '__moduleUrl' },
    supported: { 'dynamic-import': false }, // `require`, which a function in V8's cache can call
    plugins: [loadedWhenUsed],
    entryPoints: { magnolia: join(root, 'runtime-native/cli/main.ts') },
    outdir: dist,
    banner: { js: HEAD },
    footer: { js: '})' },
  });
  const lazily = new RegExp(`=require\\("node:(${LAZY.join('|')})"\\)`, 'g');
  for (const { path, text } of outputFiles) {
    if (path.endsWith('.map')) {
      await writeFile(path, text);
      continue;
    }
    const body = text.replace(lazily, '=$lazily("node:$1")'); // as long as before, for the source map
    await replaceFile(join(dist, 'magnolia.bundle'), body);
  }
  await copyFile(join(root, 'scripts/build/launcher.cjs'), join(dist, 'cli.cjs'));
  await chmod(join(dist, 'cli.cjs'), 0o755);
  await writeCache(root, dist);
}

/** Runs a small program and keeps the code that V8 compiled for it. */
async function writeCache(root: string, dist: string): Promise<void> {
  const cache = join(dist, 'magnolia.bundle.cache');
  const code = `
    const { renameSync, writeFileSync } = require('node:fs');
    process.on('exit', () => {
      writeFileSync(${JSON.stringify(`${cache}.new`)}, script.createCachedData());
      renameSync(${JSON.stringify(`${cache}.new`)}, ${JSON.stringify(cache)});
    });
    const script = require(${JSON.stringify(join(dist, 'cli.cjs'))});`;
  await promisify(execFile)(process.execPath, ['-e', code, 'magnolia', join(root, 'scripts/bench/hello.oak')]);
}
