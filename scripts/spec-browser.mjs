/**
 * Runs one Magnolia program with the bundle for browsers: `node scripts/spec-browser.mjs FILE` (`npm run spec -- --runtime js`).
 *
 * What Node has and browsers have not is taken away before the bundle is loaded. The program sees the Magnolia files of its own
 * folder, in memory; problems go to standard error, as from the command line.
 */
import { readdirSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const node = globalThis.process;
const file = resolve(node.argv[2] ?? '');
const bundle = new URL('../dist/browser.js', import.meta.url).href;
const fuel = Number(node.env.MAGNOLIA_FUEL ?? '') || undefined;

for (const name of ['process', 'Buffer', 'global', 'setImmediate', 'clearImmediate', 'navigator']) delete globalThis[name];
const { createRuntime, MagnoliaError, MemoryFiles } = await import(bundle);

/** Writes all of it, however often a full pipe wants to be asked. */
function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const complain = (report) => writeAll(2, new TextEncoder().encode(report));
const folder = dirname(file);
const files = {};
for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (entry.isFile() && /\.(oak|ok|mag|mg|txt)$/.test(path)) files[path] = readFileSync(path);
}

const runtime = createRuntime({
  files: new MemoryFiles(files, '/scratch'),
  ...(fuel === undefined ? {} : { fuel }),
  outputBytes: (bytes) => writeAll(1, bytes),
  onProblem: (error) => complain(error.report),
});
try {
  const { status } = await runtime.run({ file });
  node.exit(status);
} catch (error) {
  complain(error instanceof MagnoliaError ? error.report : `${error.stack}\n`);
  node.exit(1);
}
