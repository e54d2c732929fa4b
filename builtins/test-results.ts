/** What the suites of lib/test.oak report to a test runner such as `magnolia test`. */
import { traceOf } from '../language/diagnostics/trace.ts';
import type { Machine } from '../language/runtime/machine.ts';
import { unitAt } from '../language/runtime/units.ts';
import { utf8Decode } from '../language/values/bytes.ts';
import { text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';

/** One test, as a suite recorded it. */
export interface TestResult {
  readonly suite: string;
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Where the program called the suite: path and line, counted from 1. Null if that is not known. */
  readonly place: { readonly file: string; readonly line: number } | null;
  /** What was expected and what came, for a failed test; otherwise empty. */
  readonly expected: string;
  readonly got: string;
}

/** `__test_record` passes each result to `record`; without it, results are dropped. */
export function testBuiltins(record: ((result: TestResult) => void) | null): readonly Builtin[] {
  return [
    builtin({
      name: '__test_record',
      group: 'text',
      help: 'reports the result of a test',
      params: [text('suite'), text('name'), text('status'), text('expected'), text('got')],
      run(machine, suite, name, status, expected, got) {
        record?.({
          suite: utf8Decode(suite.text),
          name: utf8Decode(name.text),
          status: status.text === 'passed' ? 'passed' : status.text === 'skipped' ? 'skipped' : 'failed',
          place: callerPlace(machine),
          expected: utf8Decode(expected.text),
          got: utf8Decode(got.text),
        });
        return null;
      },
    }),
  ];
}

/** The innermost call outside the library. */
function callerPlace(machine: Machine): TestResult['place'] {
  const position = traceOf(new Error(), machine.current?.frames ?? null).callerAt();
  const unit = position === null ? undefined : unitAt(position);
  if (position === null || unit === undefined) return null;
  const source = unit.source();
  return { file: source.file, line: source.lineAndColumn(position - unit.base).line };
}
