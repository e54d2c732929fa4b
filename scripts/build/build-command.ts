/**
 * The `magnolia` command on its way into dist: built for a quick start.
 *
 *     cli.cjs              the launcher, scripts/build/launcher.cjs as it is
 *     magnolia.cjs         what runs a program: CommonJS, because Node's loader for modules costs more
 *     other-commands.cjs   everything else that the command can do, loaded when it is asked for
 *
 * Parts of Node that a small program never uses (TLS alone loads thirty of its files) are only loaded when something of them
 * is asked for.
 */
import { execFile } from 'node:child_process';
import { chmod, copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { besideTheBundle } from './beside-the-bundle.ts';
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
  await write({
    ...shared,
    entryPoints: { magnolia: join(root, 'runtime-native/cli/main.ts') },
    outExtension: { '.js': '.cjs' },
    banner: { js: LAZILY },
  });
  await write({
    ...shared,
    entryPoints: { 'other-commands': join(root, 'runtime-native/cli/other-commands.ts') },
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': '__moduleUrl' },
    banner: { js: `const __moduleUrl = require('node:url').pathToFileURL(__filename).href;\n${LAZILY}` },
  });
  await copyFile(join(root, 'scripts/build/launcher.cjs'), join(dist, 'cli.cjs'));
  await chmod(join(dist, 'cli.cjs'), 0o755);
}

async function write(options: BuildOptions): Promise<void> {
  const { outputFiles = [] } = await build(options);
  for (const { path, text } of outputFiles) await replaceFile(path, path.endsWith('.map') ? text : lazily(text));
}

/** Runs a small program, so that the code that V8 made of the bundle is kept (launcher.cjs). */
export async function writeCache(root: string, dist: string): Promise<void> {
  await rm(join(dist, 'cache'), { recursive: true, force: true });
  await promisify(execFile)(process.execPath, [join(dist, 'cli.cjs'), join(root, 'scripts/bench/hello.oak')]);
}
