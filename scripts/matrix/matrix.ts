/**
 * `npm run matrix [-- NAME...]`: the package with the runtimes, bundlers, compilers and test runners that users have, each really installed
 * and run. NAME is a part of a case's name; `--list` shows them.
 *
 *     --short           two bundlers, and a few specs on two other runtimes: the form of .ci/run
 *     --folder FOLDER   where their packages are installed, and stay; a temporary folder unless given
 *     --install         only installs, which needs the network; the rest does not
 *     --write           writes what the runtimes do into docs/runtimes.md
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../build/build.ts';
import { bundlers } from './bundlers.ts';
import { type Case, install, mustRun, placeFor, root } from './kit.ts';
import { recipes } from './recipes.ts';
import { type Counted, runtimes } from './runtimes.ts';
import { writeTable } from './table.ts';
import { types } from './types.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    folder: { type: 'string' },
    install: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const counted: Counted[] = [];
const all: readonly Case[] = [...bundlers, ...types, ...recipes, ...runtimes(values.short, (one) => counted.push(one))];
const chosen = all.filter(
  ({ name, short }) =>
    (!values.short || short === true) && (positionals.length === 0 || positionals.some((part) => name.includes(part))),
);

/** The package as it is published. */
async function pack(folder: string): Promise<string> {
  const { out } = await mustRun(['npm', 'pack', root, '--ignore-scripts', '--silent', '--pack-destination', folder], folder);
  return join(folder, out.trim());
}

async function attempt(one: Case, below: string): Promise<boolean> {
  const started = Date.now();
  const problem = await placeFor(one, below)
    .then((at) => one.run(at))
    .then(
      () => null,
      (error: Error) => error.message,
    );
  console.log(`${problem === null ? 'ok  ' : 'FAIL'} ${one.name} (${Math.round((Date.now() - started) / 1000)} s)`);
  if (problem !== null) console.log(problem.replace(/^/gm, '     '));
  return problem === null;
}

async function main(): Promise<void> {
  if (values.list) {
    console.log(chosen.map(({ name }) => name).join('\n'));
    return;
  }
  await buildIfStale();
  const folder = values.folder === undefined ? await mkdtemp(join(tmpdir(), 'magnolia-matrix-')) : resolve(values.folder);
  await mkdir(folder, { recursive: true });
  const tarball = await pack(folder);
  let failed = 0;
  for (const one of chosen) {
    await install(one.packages, folder, tarball);
    if (!values.install && !(await attempt(one, folder))) failed++;
  }
  if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
  if (values.write) await writeTable(counted);
  if (!values.install) console.log(`${chosen.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0;
}

await main();
