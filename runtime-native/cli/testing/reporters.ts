/** How `magnolia test` shows results: for people, as TAP version 14 (https://testanything.org), or as one JSON document. */
import { styleText } from 'node:util';
import { diffLines } from 'diff';
import type { TestResult } from '../../../builtins/test-results.ts';
import type { FileResult } from './run-file.ts';

/** All results of a run. */
export interface TestRun {
  readonly files: readonly FileResult[];
  /** Null if the usual order was used. */
  readonly seed: number | null;
  readonly ms: number;
}

export interface Reporter {
  /** What is written when a file is done. */
  file(result: FileResult, colour: boolean): string;
  /** What is written at the end. */
  end(run: TestRun, colour: boolean): string;
}

/** The numbers of a run. A file that failed beside its tests counts as one failed test. */
export function countsOf(files: readonly FileResult[]): {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
} {
  const tests = files.flatMap((file) => file.tests);
  const count = (status: TestResult['status']): number => tests.filter((test) => test.status === status).length;
  return {
    passed: count('passed'),
    failed: count('failed') + files.filter(({ error }) => error !== null).length,
    skipped: count('skipped'),
  };
}

export const REPORTERS: { readonly [name: string]: Reporter } = {
  text: { file: fileAsText, end: endAsText },
  tap: { file: () => '', end: asTap },
  json: { file: () => '', end: asJson },
};

// ---- text ----

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

function painter(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text) : text);
}

function fileAsText(result: FileResult, colour: boolean): string {
  const paint = painter(colour);
  const failed = result.tests.filter(({ status }) => status === 'failed');
  const isGood = failed.length === 0 && result.error === null;
  const count = `${result.tests.length} test${result.tests.length === 1 ? '' : 's'}`;
  const head = `${isGood ? paint('green', 'ok  ') : paint('red', 'FAIL')}  ${result.file}  ${count}, ${result.ms} ms\n`;
  const blocks = failed.map((test) => `\n  ${paint('bold', test.name)}  ${placeOf(result, test)}\n${difference(test, paint)}`);
  if (result.error !== null) blocks.push(`\n${indented(result.error, '  ')}`);
  return head + blocks.join('') + (blocks.length > 0 ? '\n' : '');
}

function placeOf({ file }: FileResult, { place }: TestResult): string {
  return place === null ? file : `${place.file}:${place.line}`;
}

/** Short values below each other, long ones as a diff. */
function difference({ expected, got }: TestResult, paint: Paint): string {
  if (!expected.includes('\n') && !got.includes('\n')) {
    return `    expected  ${paint('green', expected)}\n    got       ${paint('red', got)}\n`;
  }
  const changes = diffLines(expected, got).map(({ value, added, removed }) => {
    if (removed) return paint('green', indented(value, '  - '));
    return added ? paint('red', indented(value, '  + ')) : indented(value, '    ');
  });
  return `    - expected, + got\n${changes.join('')}`;
}

function indented(text: string, by: string): string {
  const lines = text.replace(/\n$/, '').split('\n');
  return lines.map((line) => `${by}${line}\n`).join('');
}

function endAsText({ files, seed, ms }: TestRun, colour: boolean): string {
  const { passed, failed, skipped } = countsOf(files);
  const paint = painter(colour);
  const parts = [`${passed} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(', ');
  const where = `in ${files.length} file${files.length === 1 ? '' : 's'} (${(ms / 1000).toFixed(1)} s)`;
  const again = failed > 0 && seed !== null ? `Seed: ${seed}. The same order again: --seed ${seed}\n` : '';
  return `${paint(failed > 0 ? 'red' : 'green', parts)} ${where}\n${again}`;
}

// ---- TAP ----

function asTap({ files, seed }: TestRun): string {
  const lines = ['TAP version 14'];
  if (seed !== null) lines.push(`# seed ${seed}`);
  let number = 0;
  for (const file of files) {
    lines.push(`# ${file.file}`);
    for (const test of file.tests) {
      const status = test.status === 'failed' ? 'not ok' : 'ok';
      const skip = test.status === 'skipped' ? ' # SKIP' : '';
      lines.push(`${status} ${++number} - ${tapText(`${test.suite}: ${test.name}`)}${skip}`);
      if (test.status === 'failed') {
        lines.push(...yaml({ at: placeOf(file, test), expected: test.expected, got: test.got }));
      }
    }
    if (file.error !== null) lines.push(`not ok ${++number} - ${tapText(file.file)}`, ...yaml({ message: file.error }));
  }
  lines.push(`1..${number}`);
  return `${lines.join('\n')}\n`;
}

/** A description is one line, in which `#` and `\` are escaped. */
function tapText(text: string): string {
  return text.replace(/[\\#]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}

function yaml(fields: { readonly [name: string]: string }): string[] {
  return ['  ---', ...Object.entries(fields).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`), '  ...'];
}

// ---- JSON ----

function asJson({ files, seed }: TestRun): string {
  const document = {
    seed,
    ...countsOf(files),
    files: files.map(({ file, ms, error, tests }) => ({
      file,
      ms,
      ...(error === null ? {} : { error }),
      tests: tests.map(({ suite, name, status, place, expected, got }) => ({
        suite,
        name,
        status,
        file: place?.file ?? file,
        line: place?.line ?? null,
        ...(status === 'failed' ? { expected, got } : {}),
      })),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
