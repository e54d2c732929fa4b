/** Runs one file of tests in its own world. */

import { basename, dirname, relative, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { memoryNetwork } from '../../../builtins/sockets/memory-network.ts';
import type { TestResult } from '../../../builtins/test-results.ts';
import { parseProblem } from '../../../language/diagnostics/describe.ts';
import type { Problem } from '../../../language/diagnostics/problem.ts';
import { report } from '../../../language/diagnostics/report.ts';
import { type Compiled, compile } from '../../../language/runtime/compile.ts';
import { Source } from '../../../language/syntax/source.ts';
import { NodeHost, nodeClock } from '../../host.ts';
import { fileModules } from '../../modules.ts';
import type { Settings } from '../arguments.ts';
import { readSource } from '../sources.ts';
import { commandWorld } from '../world.ts';
import type { Coverage } from './coverage.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface TestOptions {
  readonly settings: Settings;
  readonly seed: number | null;
  readonly memoryNetwork: boolean;
  readonly virtualTime: boolean;
  /** How long a file may take, in milliseconds of real time. */
  readonly timeoutMs: number;
  /** Only tests with this text in their path, suite or name count. */
  readonly filter: string;
  /** The descriptor that receives what programs print. */
  readonly stdout: 1 | 2;
  /** Counts the lines that are reached; null without --coverage. */
  readonly coverage: Coverage | null;
}

/** What a file of tests did. */
export interface FileResult {
  readonly file: string;
  readonly ms: number;
  readonly tests: readonly TestResult[];
  /** What failed beside its tests: a syntax error, a runtime error, the time limit, an exit status. Null for nothing. */
  readonly error: string | null;
}

export async function runTestFile(file: string, options: TestOptions): Promise<FileResult> {
  const started = performance.now();
  const tests: TestResult[] = [];
  const errors: string[] = [];
  let failures = 0;
  const record = (test: TestResult): void => {
    if (test.status === 'failed') failures++;
    const place = test.place === null ? null : { ...test.place, file: relative('', test.place.file) };
    if ([file, test.suite, test.name].some((text) => text.includes(options.filter))) tests.push({ ...test, place });
  };
  const show = (problem: Problem): void => void errors.push(report(problem, { colour: false }).trim());

  const reading = await readSource(file);
  if (reading.kind === 'failed') {
    errors.push(reading.message);
  } else {
    const compiled = compileOr(reading.source, show);
    if (compiled !== null) {
      const status = await runWorld(compiled, file, options, record, show);
      if (status === null) errors.push(`It took longer than ${options.timeoutMs / 1000} s`);
      else if (status !== 0 && failures === 0 && errors.length === 0) errors.push(`It ended with status ${status}`);
    }
  }
  return { file, ms: Math.round(performance.now() - started), tests, error: errors.length === 0 ? null : errors.join('\n\n') };
}

function compileOr(source: Source, show: (problem: Problem) => void): Compiled | null {
  try {
    return compile(source);
  } catch (error) {
    const problem = parseProblem(source, error);
    if (problem === null) throw error;
    show(problem);
    return null;
  }
}

/** Runs the program, then its function `run` with a suite if it has one. Resolves to the exit status, null if it took too long. */
async function runWorld(
  compiled: Compiled,
  file: string,
  { settings, seed, memoryNetwork: inMemory, virtualTime, timeoutMs, stdout, coverage }: TestOptions,
  onTest: (test: TestResult) => void,
  show: (problem: Problem) => void,
): Promise<number | null> {
  const clock = virtualTime ? new VirtualClock() : nodeClock;
  const { world, host } = commandWorld(settings, [file], {
    host: new NodeHost({ clock, stdout }),
    show,
    ...(coverage === null ? {} : { modules: coverage.modules(fileModules) }),
    options: {
      onTest,
      ...(seed === null ? {} : { seed }),
      ...(inMemory || virtualTime ? { network: memoryNetwork((run) => clock.defer(run)) } : {}),
    },
  });
  const directory = dirname(resolve(file));
  const title = basename(file)
    .replace(/\.test\.oak$/, '')
    .replace(/['\\]/g, '\\$&');
  const text = `suite := import('test').Suite('${title}')
tests := import('${world.add(compiled, directory)}')
if type(tests.run) = :function -> tests.run(suite)
`;
  const status = await new Promise<number | null>((done) => {
    const timer = setTimeout(() => {
      done(null);
      world.interpreter.stop();
    }, timeoutMs);
    world.interpreter.run(new Source('(test)', text), directory, ({ status }) => {
      clearTimeout(timer);
      world.finish(() => done(status));
    });
  });
  host.close();
  world.close();
  return status;
}
