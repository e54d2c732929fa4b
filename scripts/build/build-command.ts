/**
 * The `magnolia` command on its way into dist: built for a quick start.
 *
 *     cli.cjs              the launcher, scripts/build/launcher.cjs as it is
 *     magnolia.cjs         what runs a program: CommonJS, because Node's loader for modules costs more
 *     magnolia-*.cjs       what few programs need of that, loaded when it is used (command-parts.ts)
 *     other-commands.cjs   everything else that the command can do, loaded when it is asked for
 *
 * Parts of Node that a small program never uses (TLS alone loads thirty of its files) are only loaded when something of them
 * is asked for.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { besideTheBundle } from './beside-the-bundle.ts';
import { writeParts } from './command-parts.ts';
import { replaceFile } from './files.ts';
import { LAZILY, lazily } from './lazily.ts';

/** Builds the command into `dist`. */
export async function buildCommand(root: string, dist: string, common: BuildOptions): Promise<void> {
  const shared: BuildOptions = {
    ...common,
    platform: 'node',
    target: 'node20',
    lineLimit: 250,
    format: 'cjs',
    supported: { 'dynamic-import': false }, // `require`, which a function in V8's cache can call
    plugins: [besideTheBundle],
    outdir: dist,
  };
  await writeParts(root, dist, common);
  await write({
    ...shared,
    entryPoints: { 'other-commands': join(root, 'runtime-native/cli/other-commands.ts') },
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': '__moduleUrl' },
    banner: { js: `const __moduleUrl = require('node:url').pathToFileURL(__filename).href;\n${LAZILY}` },
  });
}

async function write(options: BuildOptions): Promise<void> {
  const { outputFiles = [] } = await build(options);
  for (const { path, text } of outputFiles) await replaceFile(path, path.endsWith('.map') ? text : lazily(text));
}

/** Writes the launcher, which names the files that it loads by their digest, so that it uses no code of others. They must be there. */
export async function writeLauncher(root: string, dist: string): Promise<void> {
  const digest = createHash('sha256');
  for (const name of (await readdir(dist, { recursive: true })).sort()) {
    if (/\.cjs$/.test(name) && !/^(cache|playground)\b|^cli\.cjs$/.test(name)) digest.update(await readFile(join(dist, name)));
  }
  const launcher = await readFile(join(root, 'scripts/build/launcher.cjs'), 'utf8');
  await replaceFile(join(dist, 'cli.cjs'), launcher.replace('BUILD', digest.digest('hex').slice(0, 12)));
  await chmod(join(dist, 'cli.cjs'), 0o755);
}

/** Runs a small program, so that the code that V8 made of the bundle is kept (launcher.cjs). */
export async function writeCache(root: string, dist: string): Promise<void> {
  const [cache, old] = [join(dist, 'cache'), join(dist, `cache-${process.pid}`)];
  if (existsSync(cache)) await rename(cache, old); // a running program may write into it: no longer under its new name
  await rm(old, { recursive: true, force: true });
  await promisify(execFile)(process.execPath, [join(dist, 'cli.cjs'), join(root, 'scripts/bench/hello.oak')]);
}
