/**
 * `npm run dev -- FILE [ARG...]`: runs a Magnolia program from the TypeScript sources and lib/, and runs it again whenever a source file,
 * a library module, the program or something that it imports changes.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOnChange } from '../runtime-native/cli/watch.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const [file] = words;
if (file === undefined) {
  console.error('dev needs a FILE: npm run dev -- examples/hello-socket.oak');
  process.exit(2);
}
const fromSources = ['--import', join(root, 'scripts/typescript.mjs'), join(root, 'scripts/from-sources.ts')];
await runOnChange({
  command: [...fromSources, '--lib', join(root, 'lib'), ...words],
  programs: () => [file],
  folders: ['language', 'builtins', 'embedding', 'runtime-native', 'tools', 'lib'].map((name) => join(root, name)),
  files: /\.(ts|oak|ok|mag|mg)$/,
});
