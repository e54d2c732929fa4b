/**
 * `npm run dev -- FILE [ARG...]`: runs a Magnolia program from the TypeScript sources and lib/, and runs it again whenever a source file,
 * a library module or a file in the program's folder changes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An editor that saves several files causes one run. */
const SETTLE_MS = 50;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const sources = ['language', 'builtins', 'embedding', 'runtime-native', 'tools', 'lib']
  .map((name) => join(root, name))
  .filter(existsSync);
const words = process.argv.slice(2);
const [file] = words;
if (file === undefined) {
  console.error('dev needs a FILE: npm run dev -- examples/hello-socket.oak');
  process.exit(2);
}

let child: ChildProcess | null = null;
let settling: NodeJS.Timeout | undefined;

function run(): void {
  const command = ['--import', join(root, 'scripts/typescript.mjs'), join(root, 'runtime-native/cli/main.ts')];
  const running = spawn(process.execPath, [...command, '--lib', join(root, 'lib'), ...words], { stdio: 'inherit' });
  running.once('exit', (status, signal) => {
    if (child !== running) return;
    child = null;
    console.error(`dev: ended with ${signal ?? `status ${status}`}; waiting for changes`);
  });
  child = running;
}

function runAgain(): void {
  const old = child;
  if (old === null) {
    run();
    return;
  }
  child = null;
  old.once('exit', run);
  old.kill('SIGKILL');
}

function changed(_event: string, name: string | null): void {
  if (name !== null && !/\.(ts|oak|ok|mag|mg)$/.test(name)) return;
  clearTimeout(settling);
  settling = setTimeout(runAgain, SETTLE_MS);
}

for (const folder of new Set([...sources, dirname(resolve(file))])) {
  watch(folder, { recursive: folder !== dirname(resolve(file)) }, changed).on('error', (error) => {
    console.error(`dev: cannot watch ${folder}: ${error.message}`);
  });
}
run();
