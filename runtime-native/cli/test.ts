/** `magnolia test`: runs files of tests, each in its own world. */
import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { errnoText } from '../errno.ts';
import type { Settings } from './arguments.ts';
import { readFlags, usageError } from './flags.ts';
import { isFolder, programFiles } from './program-files.ts';
import { complain, wantsColour, writeError, writeOut } from './screen.ts';
import { Coverage, coverageLcov, coverageText } from './testing/coverage.ts';
import { countsOf, REPORTERS } from './testing/reporters.ts';
import { type FileResult, runTestFile, type TestOptions } from './testing/run-file.ts';
import { PROGRAMS, runOnChange } from './watch.ts';

const FLAGS = {
  filter: 'string',
  reporter: 'string',
  seed: 'string',
  timeout: 'string',
  'memory-network': 'boolean',
  'virtual-time': 'boolean',
  watch: 'boolean',
  coverage: 'boolean',
  lcov: 'string',
} as const;
const TEST_FILE = /\.test\.oak$/;
const TIMEOUT_SECONDS = '60';

/** Status 0 if all tests passed, 1 if one failed or there was none, 2 for wrong usage. */
export async function runTests(words: readonly string[], settings: Settings): Promise<number> {
  const read = readFlags('test', words, FLAGS);
  if (read === null) return 2;
  const { flags } = read;
  const reporter = REPORTERS[String(flags.reporter ?? 'text')];
  if (reporter === undefined) return wrong(`--reporter takes text, tap or json, not ${flags.reporter}`);
  const seed = flags.seed === undefined ? null : Number(flags.seed);
  if (seed !== null && !Number.isSafeInteger(seed)) return wrong(`--seed takes a whole number, not ${flags.seed}`);
  const timeout = Number(flags.timeout ?? TIMEOUT_SECONDS);
  if (!(timeout > 0)) return wrong(`--timeout takes a number of seconds above 0, not ${flags.timeout}`);

  const paths = read.rest.length === 0 ? ['.'] : read.rest;
  if (flags.watch === true) {
    return await runOnChange({
      command: [process.argv[1] ?? '', ...process.argv.slice(2).filter((word) => word !== '--watch')],
      programs: () => programFiles(paths, TEST_FILE),
      folders: paths.filter(isFolder),
      files: PROGRAMS,
    });
  }

  const files = programFiles(paths, TEST_FILE);
  if (files.length === 0) {
    complain(`found no *.test.oak in ${paths.join(', ')}`);
    return 1;
  }
  const colour = wantsColour(process.stdout.isTTY === true, process.env);
  const options: TestOptions = {
    settings,
    seed,
    memoryNetwork: flags['memory-network'] === true,
    virtualTime: flags['virtual-time'] === true,
    timeoutMs: timeout * 1000,
    filter: String(flags.filter ?? ''),
    stdout: reporter === REPORTERS.text ? 1 : 2,
    coverage: flags.coverage === true || flags.lcov !== undefined ? new Coverage() : null,
  };
  const started = performance.now();
  const results: FileResult[] = [];
  for (const file of files) {
    const result = await runTestFile(file, options);
    if (options.filter !== '' && result.tests.length === 0) continue; // nothing of it was asked for
    results.push(result);
    writeOut(reporter.file(result, colour));
  }
  writeOut(reporter.end({ files: results, seed, ms: performance.now() - started }, colour));
  const { passed, failed, skipped } = countsOf(results);
  const covered = options.coverage?.files() ?? [];
  if (flags.coverage === true) (reporter === REPORTERS.text ? writeOut : writeError)(coverageText(covered));
  if (flags.lcov !== undefined && !(await saved(String(flags.lcov), coverageLcov(covered)))) return 1;
  if (passed + failed + skipped === 0)
    complain(options.filter === '' ? 'no test was recorded' : `no test matches ${options.filter}`);
  return failed > 0 || passed + failed + skipped === 0 ? 1 : 0;
}

async function saved(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text);
    return true;
  } catch (error) {
    complain(`Could not write ${path}: ${errnoText(error)}`);
    return false;
  }
}

function wrong(message: string): number {
  usageError(message);
  return 2;
}
