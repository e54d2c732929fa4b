/**
 * `npm run spec [-- FILTER...]`: do Magnolia programs do what is written beside them?
 *
 *     name.oak    the program, run by the real command line in a process of its own, standard input empty
 *     name.out    every byte of its standard output (no such file: it prints nothing)
 *     name.err    the program fails: exit status 1, each line occurs in its standard error, colours aside
 *     name.code   it ends with this exit status and no error
 *
 * A FILTER is a part of the path under spec/. `--fuel N` gives each thread so few steps before others run (MAGNOLIA_FUEL),
 * `--jobs N` and `--limit SECONDS` bound the runs, `--cli FILE` tries another command. The last line is always
 * `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { buildIfStale } from './build.ts';
import { differences, type Expected, type Outcome } from './spec-verdict.ts';

/** What a folder of specs needs beyond the common rules; the first entry that a path starts with counts. */
const folders: { under: string; scratch?: boolean; silent?: boolean; env?: Record<string, string> }[] = [
  { under: 'stdlib/', scratch: true, silent: true }, // they create files; standard error stays empty unless they fail
  { under: 'socket/trust/', env: { SSL_CERT_FILE: '../certs/ca.pem' } }, // a trusted root of our own
  { under: '' }, // working directory: the program's folder, for the files it names
];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const specs = join(root, 'spec');
const outputLimitBytes = 32 * 1024 * 1024;

/** The names of all specs, paths under spec/ without ending, that contain one of the filters. */
function findSpecs(filters: string[]): string[] {
  const files = readdirSync(specs, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
  const names = files.filter((file) => /\.(out|err)$/.test(file)).map((file) => file.slice(0, -4));
  const wanted = names.filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)));
  return [...new Set(wanted)].sort();
}

const rulesFor = (name: string) => folders.find(({ under }) => name.startsWith(under)) ?? { under: '' };

function expectedOf(name: string): Expected {
  const path = join(specs, name);
  const read = (ending: string) => (existsSync(path + ending) ? readFileSync(path + ending) : undefined);

  const err = read('.err')
    ?.toString()
    .split('\n')
    .filter((line) => line !== '');
  const code = Number(read('.code')?.toString() ?? (err === undefined ? 0 : 1));
  return { out: read('.out') ?? Buffer.alloc(0), err, code, silent: rulesFor(name).silent ?? false };
}

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
    },
  });
  if (values.cli === undefined) await buildIfStale();
  if (values.fuel !== undefined) process.env.MAGNOLIA_FUEL = values.fuel;

  const cli = resolve(values.cli ?? join(root, 'dist', 'cli.js'));
  const names = findSpecs(positionals);
  const queue = names.values(); // shared: each worker takes the next name
  let failed = 0;

  const work = async (): Promise<void> => {
    for (const name of queue) {
      const found = differences(expectedOf(name), await run(name, cli, Number(values.limit) * 1000));
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
