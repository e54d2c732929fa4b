/** The recipes for test runners, copied from docs/embedding.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Case, mustRun, root, save } from './kit.ts';

/** The programs of the section about tests: `// NAME` is the first line of each. */
async function recipeFiles(): Promise<{ [name: string]: string }> {
  const text = await readFile(join(root, 'docs/embedding.md'), 'utf8');
  const section = text.split(/^## /m).find((one) => one.startsWith('In tests\n')) ?? '';
  const found = [...section.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```/gms)];
  if (found.length < 3) throw new Error('docs/embedding.md: the section "In tests" has no recipes');
  return Object.fromEntries(found.map(([, name = '', code = '']) => [name, code]));
}

function recipe(
  name: string,
  packages: Case['packages'],
  file: string,
  command: (bin: (name: string) => string) => string[],
  env: NodeJS.ProcessEnv = {},
): Case {
  return {
    name,
    packages,
    async run({ folder, bin }) {
      const { [file]: text } = await recipeFiles();
      if (text === undefined) throw new Error(`docs/embedding.md has no ${file}`);
      await save(folder, {
        [file]: text,
        'package.json': file.endsWith('.cjs') ? '{"private": true}' : '{"private": true, "type": "module"}',
      });
      const { out, err } = await mustRun(command(bin), folder, env);
      if (!/1 passed/.test(out + err)) throw new Error(`No test has passed:\n${out}${err}`);
    },
  };
}

export const recipes: readonly Case[] = [
  recipe('jest, CommonJS', { jest: '30.5.2' }, 'greet.test.cjs', (bin) => [
    process.execPath,
    bin('jest'),
    '--testMatch',
    '**/*.test.cjs',
  ]),
  recipe('jest, ES modules', { jest: '30.5.2' }, 'greet.test.mjs', (bin) => [
    process.execPath,
    '--experimental-vm-modules',
    bin('jest'),
    '--testMatch',
    '**/*.test.mjs',
  ]),
  recipe('vitest', { vitest: '5.1.2' }, 'greet.test.js', (bin) => [process.execPath, bin('vitest'), 'run']),
];
