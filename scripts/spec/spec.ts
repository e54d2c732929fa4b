/**
 * `npm run spec [-- FILTER...]`: do Magnolia programs do what is written beside them?
 *
 *     name.oak    the program, run by the real command line in its own process, standard input empty
 *     name.out    every byte of its standard output (no such file: it prints nothing)
 *     name.err    the program fails: exit status 1, each line occurs in its standard error, colours aside
 *     name.code   it ends with this exit status and no error
 *
 * A FILTER is a part of the path under spec/. `--fuel N` gives each thread N steps before others run (MAGNOLIA_FUEL),
 * `--jobs N` and `--limit SECONDS` bound the runs, `--cli FILE` tries another command, `--node=FLAG` starts Node with a flag,
 * `--exec WORDS` is another runtime: `bun`, or `deno run -A`.
 *
 * `--runtime js` tries the bundle for browsers, in Node and in headless Chromium. Where that has to do something else, name.js.out,
 * name.js.err and name.js.code take the place of the others; specs that need a network and have none of these are left out.
 * The last line is always `N passed, N failed`.
 */
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { buildIfStale } from '../build/build.ts';
import { makeSpecCertificates } from './spec-certificates.ts';
import { expectedOf, findSpecs, type Runtime } from './spec-files.ts';
import { chromiumPlace, commandPlace, nodePlace, type Place } from './spec-places.ts';
import { differences } from './spec-verdict.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Runs all of them at one place; returns how many failed. */
async function check(place: Place, names: readonly string[], runtime: Runtime, jobs: number): Promise<number> {
  const queue = names.values(); // shared: each worker takes the next name
  let failed = 0;
  const work = async (): Promise<void> => {
    const lane = place.lane();
    for (const name of queue) {
      const found = differences(expectedOf(name, runtime), await lane.run(name));
      if (found.length === 0) continue;
      failed += 1;
      console.log(`${styleText('red', 'FAIL')} ${name}\n${found.join('\n').replace(/^/gm, '  ')}\n`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  await place.close();
  return failed;
}

async function browserPlaces(fuel: number | undefined, limitMs: number): Promise<Place[]> {
  const inChromium = await chromiumPlace(fuel, limitMs);
  if (inChromium === null) console.log('NO CHROMIUM: the bundle for browsers runs in Node alone (apt-get install chromium)');
  return [nodePlace(fuel, limitMs), ...(inChromium === null ? [] : [inChromium])];
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      fuel: { type: 'string' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      limit: { type: 'string', default: '10' },
      cli: { type: 'string' },
      node: { type: 'string', multiple: true, default: [] },
      exec: { type: 'string' },
      runtime: { type: 'string', default: 'native' },
    },
  });
  if (values.cli === undefined) await buildIfStale();
  makeSpecCertificates();

  const fuel = values.fuel === undefined ? undefined : Number(values.fuel);
  const limitMs = Number(values.limit) * 1000;
  const runtime = values.runtime === 'js' ? 'js' : 'native';
  const names = findSpecs(positionals, runtime);
  const exec = [...(values.exec?.split(' ') ?? [process.execPath]), ...values.node];
  const places =
    runtime === 'js'
      ? await browserPlaces(fuel, limitMs)
      : [commandPlace(resolve(values.cli ?? join(root, 'dist', 'cli.cjs')), fuel, limitMs, exec)];

  let failed = 0;
  for (const place of places) {
    const started = performance.now();
    const here = await check(place, names, runtime, Number(values.jobs));
    failed += here;
    if (runtime === 'native') continue;
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${place.name}: ${names.length - here} of ${names.length} passed in ${seconds} s`);
  }

  if (names.length === 0) console.log(`No spec under spec/ has ${positionals.join(' or ')} in its name.`);
  console.log(`${names.length * places.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || names.length === 0 ? 1 : 0;
}

await main();
