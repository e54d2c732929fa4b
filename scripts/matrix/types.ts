/** The declarations, for each TypeScript that users may have: strict, with all declarations checked. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Case, mustRun, root, save } from './kit.ts';

const VERSIONS = ['5.4.5', '5.5.4', '5.6.3', '5.7.3', '5.8.3', '5.9.3', '6.0.3', '7.0.2'];
const RESOLUTIONS = [
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
];
const STRICT = [
  '--noEmit',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--noUncheckedIndexedAccess',
  '--skipLibCheck',
  'false',
  '--target',
  'es2022',
];

/** The programs of docs/embedding.md, each in its own function, as a user would paste them. */
async function examples(): Promise<{ [name: string]: string }> {
  const text = await readFile(join(root, 'docs/embedding.md'), 'utf8');
  const found = [...text.matchAll(/^```js\n(.*?)^```\n\n```text/gms)].map(([, code = '']) => code);
  return Object.fromEntries(found.map((code, i) => [`example${i}.ts`, code]));
}

export const types: readonly Case[] = VERSIONS.map((version) => ({
  name: `TypeScript ${version}`,
  packages: { typescript: version, '@types/node': '20.19.43' },
  async run({ folder, bin }) {
    const files = await examples();
    await save(folder, files);
    for (const [module = '', resolution = ''] of RESOLUTIONS) {
      const how = ['--module', module, '--moduleResolution', resolution, '--types', 'node'];
      await mustRun([process.execPath, bin('tsc'), ...STRICT, ...how, ...Object.keys(files)], folder);
    }
  },
}));
