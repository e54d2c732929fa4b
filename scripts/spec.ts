/**
 * `npm run spec [-- FILTER...]`: do Magnolia programs do what is written beside them?
 *
 *     name.oak    the program, run by the real command line in a process of its own, standard input empty
 *     name.out    every byte of its standard output (no such file: it prints nothing)
 *     name.err    the program fails: exit status 1, each line occurs in its standard error, colours aside
 *     name.code   it ends with this exit status and no error
 *
 * A FILTER is a part of the path under spec/. `--fuel N` gives each thread so few steps before others run (MAGNOLIA_FUEL),
 * `--jobs N` and `--limit SECONDS` bound the runs, `--cli FILE` tries another command, `--runtime js` the bundle for browsers,
 * under Node: where that has to do something else, name.js.out, name.js.err and name.js.code take the place of the others.
 * The last line is always `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { buildIfStale } from './build.ts';
import { expectedOf, findSpecs, rulesFor, specs } from './spec-files.ts';
import { differences, type Outcome } from './spec-verdict.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const outputLimitBytes = 32 * 1024 * 1024;

async function run(name: string, cli: string, limitMs: number): Promise<Outcome> {
  const { scratch, env } = rulesFor(name);
  const program = join(specs, `${name}.oak`);
  const cwd = scratch ? await mkdtemp(join(tmpdir(), 'magnolia-spec-')) : dirname(program);
  try {
    return await start([cli, program], cwd, { ...process.env, ...env }, limitMs);
  } finally {
    if (scratch) await rm(cwd, { recursive: true, force: true });
  }
}

function start(args: string[], cwd: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let bytes = 0;
    let stopped = '';

    const stop = (why: string): void => {
      stopped = why;
      child.kill('SIGKILL');
    };
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      into.push(chunk);
      bytes += chunk.length;
      if (bytes > outputLimitBytes) stop('none, stopped for printing without end');
    };
    const timer = setTimeout(() => stop(`none, stopped after ${limitMs / 1000} s`), limitMs);
    child.stdout.on('data', collect(out));
    child.stderr.on('data', collect(err));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      done({ out: Buffer.concat(out), err: Buffer.concat(err).toString(), code: stopped || (status ?? `none, ${signal}`) });
    });
  });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      fuel: { type: 'string' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      limit: { type: 'string', default: '10' },
      cli: { type: 'string' },
      runtime: { type: 'string', default: 'native' },
    },
  });
  if (values.cli === undefined) await buildIfStale();
  if (values.fuel !== undefined) process.env.MAGNOLIA_FUEL = values.fuel;

  const standard = values.runtime === 'js' ? join(root, 'scripts', 'spec-browser.mjs') : join(root, 'dist', 'cli.cjs');
  const cli = resolve(values.cli ?? standard);
  const names = findSpecs(positionals);
  const queue = names.values(); // shared: each worker takes the next name
  let failed = 0;

  const work = async (): Promise<void> => {
    for (const name of queue) {
      const found = differences(expectedOf(name, values.runtime), await run(name, cli, Number(values.limit) * 1000));
      if (found.length === 0) continue;
      failed += 1;
      console.log(`${styleText('red', 'FAIL')} ${name}\n${found.join('\n').replace(/^/gm, '  ')}\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));

  if (names.length === 0) console.log(`No spec under spec/ has ${positionals.join(' or ')} in its name.`);
  console.log(`${names.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || names.length === 0 ? 1 : 0;
}

await main();
