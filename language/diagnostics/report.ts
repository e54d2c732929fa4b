/**
 * A problem as people see it: what may help, what went wrong, where, the source around it, and which
 * functions were running.
 *
 *     Hint: to join them as text, write string(a) + 'x'
 *
 *     Runtime Error: Cannot + incompatible values 1, 'x'
 *       File: /home/ann/demo.oak
 *       Position: [2:11]
 *
 *         1 │ x := 1
 *         2 │ fn g(a) a + 'x'
 *           │         ~~^~~~~
 *         3 │ f := fn() {
 *         4 │   y := g(1)
 *
 *       Stack Trace:
 *         in fn g [2:1]
 *         in anonymous fn [3:6]
 *
 * The words and the form of positions are the reference's, because tools search for them. A reason is not wrapped.
 * However long the program's lines, names and values are, a report has at most 8 KiB.
 */

import { utf8Decode, utf8Encode } from '../values/bytes.ts';
import { codeFrame, coloured, type Paint, plain } from './code-frame.ts';
import type { Problem, TraceEntry } from './problem.ts';
import { withoutControls } from './text-width.ts';

/** Lines shown before and after the one with the problem. */
const CONTEXT_LINES = 2;
/** The width of code frames where the width of the terminal is not known, and the limits of that. */
const FRAME_COLUMNS = 80;
const LEAST_COLUMNS = 40;
const MOST_COLUMNS = 160;
/** A trace longer than this is shortened in its middle. */
const TRACE_HEAD = 20;
const TRACE_TAIL = 5;
/** The most bytes of a report without its colours, and the most characters of the texts in it. */
const REPORT_BYTES = 8192;
const REASON_LENGTH = 3000;
const TEXT_LENGTH = 500;
const NAME_LENGTH = 100;

export interface ReportOptions {
  readonly colour: boolean;
  /** The width of the terminal. */
  readonly columns?: number;
}

/** What a report is about, in ordinary text. */
export interface Reported extends Pick<Problem, 'place' | 'hint' | 'related'> {
  readonly heading: string;
  readonly message: string;
}

/** A problem as text for a terminal, with a line end after each line. Ordinary text, not byte text. */
export function report(problem: Problem, options: ReportOptions): string {
  const { place, thread } = problem;
  const kind = problem.kind === 'parse' ? 'Parse Error' : 'Runtime Error';
  const heading = thread === null ? kind : `${kind} ${withoutControls(utf8Decode(thread))}`;
  const paint = options.colour ? coloured : plain;
  const lines = reportLines({ ...problem, heading, message: utf8Decode(problem.reason) }, options);
  const { importedAt } = problem;
  if (importedAt !== null) {
    const { file, line, column } = importedAt;
    lines.push('', `  ${paint('label', 'Imported at:')} ${clean(file)} [${line}:${column}]`);
  }
  if (problem.trace.length > 0) {
    lines.push('', `  ${paint('label', 'Stack Trace:')}`, ...traceLines(problem, place?.source.file ?? '', paint));
  }
  return `${bounded(lines).join('\n')}\n`;
}

/** What was found in a text without running it, in the same form. */
export function checkReport(reported: Reported, options: ReportOptions): string {
  return `${bounded(reportLines(reported, options)).join('\n')}\n`;
}

function reportLines({ heading, message, place, hint, related }: Reported, { colour, columns }: ReportOptions): string[] {
  const paint = colour ? coloured : plain;
  const width = Math.min(Math.max(columns ?? FRAME_COLUMNS, LEAST_COLUMNS), MOST_COLUMNS);
  const lines = hint === null ? [] : [`${paint('hint', 'Hint:')} ${clean(hint)}`, ''];
  lines.push(`${paint('bad', `${heading}:`)} ${paint('red', clean(message, REASON_LENGTH))}`);
  if (place === null) return [...lines, `  ${paint('label', 'Position:')} [0:0]`];

  const { source } = place;
  const { line, column } = source.lineAndColumn(place.at);
  lines.push(`  ${paint('label', 'File:')} ${clean(source.file)}`);
  lines.push(`  ${paint('label', 'Position:')} [${line}:${column}]`, '');
  lines.push(...codeFrame(source, place, CONTEXT_LINES, width, paint));
  if (related !== null) {
    const other = source.lineAndColumn(related.at);
    lines.push('', `  ${clean(related.note)} [${other.line}:${other.column}]`);
    lines.push(...codeFrame(source, { at: related.at, start: related.at, end: related.at + 1 }, 0, width, paint));
  }
  return lines;
}

/** A text from a program in one report, harmless for a terminal and at most that many characters long. */
function clean(text: string, most = TEXT_LENGTH): string {
  const shown = withoutControls(text.slice(0, most));
  return shown.length < most ? shown : `${shown.slice(0, most)}…`;
}

/** As many lines as fit into a report. The last ones, those of a trace, are the least needed. */
function bounded(lines: readonly string[]): readonly string[] {
  const mark = '  …';
  let left = REPORT_BYTES - utf8Encode(mark).length - 1;
  for (const [i, line] of lines.entries()) {
    left -= utf8Encode(line.replace(COLOURS, '')).length + 1;
    if (left < 0) return [...lines.slice(0, i), mark];
  }
  return lines;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what switches colours begins with one
const COLOURS = /\x1b\[[\d;]*m/g;

function traceLines({ trace, omitted }: Problem, file: string, paint: Paint): string[] {
  const entry = (one: TraceEntry): string => {
    const name =
      one.name === '' ? 'anonymous fn' : one.name === null ? 'top level' : `fn ${clean(utf8Decode(one.name), NAME_LENGTH)}`;
    const elsewhere = one.file === file ? '' : ` ${clean(one.file)}`;
    const { calledAt } = one;
    const verb = one.name === null ? 'imported' : 'called';
    const call = calledAt === null ? '' : `, ${verb} at ${fileName(calledAt.file)} ${calledAt.line}:${calledAt.column}`;
    const gap = one.tailCalls ? '\n    … what was called there has ended in tail calls …' : '';
    return `    in ${name} [${one.line}:${one.column}]${paint('quiet', elsewhere + call + gap)}`;
  };
  const left = trace.length - TRACE_HEAD - TRACE_TAIL;
  if (left <= 1) return trace.map(entry); // leaving out one line to say so saves nothing
  const gap = paint('quiet', `    … ${left + omitted} more …`);
  return [...trace.slice(0, TRACE_HEAD).map(entry), gap, ...trace.slice(-TRACE_TAIL).map(entry)];
}

/** A file without its folders. */
function fileName(path: string): string {
  return clean(path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1));
}
