/**
 * A problem as people see it: what went wrong, where, the source around it, what may help, and which functions were running.
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
 *       Hint: to join them as text, write string(a) + 'x'
 *
 *       Stack Trace:
 *         in fn g [2:1]
 *         in anonymous fn [3:6]
 *
 * The words and the form of positions are the reference's, because tools search for them. A reason is not wrapped.
 * However long the program's lines, names and values are, a report has at most 8 KiB.
 */

import type { Source } from '../syntax/source.ts';
import { utf8Decode, utf8Encode } from '../values/bytes.ts';
import type { Problem, TraceEntry } from './problem.ts';
import { columnsOf, withoutControls } from './text-width.ts';

/** Lines shown before and after the one with the problem. */
const CONTEXT_LINES = 2;
/** The widest that a line of a code frame may get. */
const FRAME_COLUMNS = 80;
const TAB_COLUMNS = 4;
/** A trace longer than this is shortened in its middle. */
const TRACE_HEAD = 20;
const TRACE_TAIL = 5;
/** The most bytes of a report without its colours, and the most characters of the texts in it. */
const REPORT_BYTES = 8192;
const REASON_LENGTH = 3000;
const TEXT_LENGTH = 500;
const NAME_LENGTH = 100;

const STYLES = { bad: '1;31', red: '31', quiet: '90', label: '36', hint: '33' } as const;
type Paint = (style: keyof typeof STYLES, text: string) => string;

const coloured: Paint = (style, text) => (text === '' ? '' : `\x1b[${STYLES[style]}m${text}\x1b[0m`);
const plain: Paint = (_style, text) => text;

/** A problem as text for a terminal 80 columns wide, with a line end after each line. Ordinary text, not byte text. */
export function report(problem: Problem, options: { readonly colour: boolean }): string {
  const paint = options.colour ? coloured : plain;
  const { place, related } = problem;
  const kind = problem.kind === 'parse' ? 'Parse Error' : 'Runtime Error';
  const heading = problem.thread === null ? kind : `${kind} ${withoutControls(utf8Decode(problem.thread))}`;
  const lines = [`${paint('bad', `${heading}:`)} ${paint('red', clean(utf8Decode(problem.reason), REASON_LENGTH))}`];

  if (place === null) {
    lines.push(`  ${paint('label', 'Position:')} [0:0]`);
  } else {
    const { line, column } = place.source.lineAndColumn(place.at);
    lines.push(`  ${paint('label', 'File:')} ${clean(place.source.file)}`);
    lines.push(`  ${paint('label', 'Position:')} [${line}:${column}]`, '');
    lines.push(...codeFrame(place.source, place, CONTEXT_LINES, paint));
  }
  if (place !== null && related !== null) {
    const { line, column } = place.source.lineAndColumn(related.at);
    lines.push('', `  ${clean(related.note)} [${line}:${column}]`);
    lines.push(...codeFrame(place.source, { at: related.at, start: related.at, end: related.at + 1 }, 0, paint));
  }
  if (problem.hint !== null) lines.push('', `  ${paint('hint', 'Hint:')} ${clean(problem.hint)}`);
  if (problem.trace.length > 0) {
    lines.push('', `  ${paint('label', 'Stack Trace:')}`, ...traceLines(problem, place?.source.file ?? '', paint));
  }
  return `${bounded(lines).join('\n')}\n`;
}

/** A text from a program in one report, harmless for a terminal and at most so many characters long. */
function clean(text: string, most = TEXT_LENGTH): string {
  const shown = withoutControls(text.slice(0, most));
  return shown.length < most ? shown : `${shown.slice(0, most)}…`;
}

/** As many lines as fit into a report. The last ones, those of a trace, are the least needed. */
function bounded(lines: readonly string[]): readonly string[] {
  const mark = '  …';
  let left = REPORT_BYTES - utf8Encode(mark).length - 1;
  for (const [i, line] of lines.entries()) {
    left -= utf8Encode(line).length + 1;
    if (left < 0) return [...lines.slice(0, i), mark];
  }
  return lines;
}

function traceLines({ trace, omitted }: Problem, file: string, paint: Paint): string[] {
  const entry = (one: TraceEntry): string => {
    const name =
      one.name === '' ? 'anonymous fn' : one.name === null ? 'top level' : `fn ${clean(utf8Decode(one.name), NAME_LENGTH)}`;
    const elsewhere = one.file === file ? '' : ` ${clean(one.file)}`;
    return `    in ${name} [${one.line}:${one.column}]${paint('quiet', elsewhere)}`;
  };
  const left = trace.length - TRACE_HEAD - TRACE_TAIL;
  if (left <= 1) return trace.map(entry); // leaving out one line to say so saves nothing
  const gap = paint('quiet', `    … ${left + omitted} more …`);
  return [...trace.slice(0, TRACE_HEAD).map(entry), gap, ...trace.slice(-TRACE_TAIL).map(entry)];
}

interface Marked {
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/** The line of a place with `context` lines around it; `^` under the place, `~` under the rest of its span on that line. */
function codeFrame(source: Source, marked: Marked, context: number, paint: Paint): string[] {
  const at = source.lineAndColumn(marked.at);
  const first = Math.max(1, at.line - context);
  const end = Math.min(source.lineCount, at.line + context);
  const last = end > at.line && end === source.lineCount && source.line(end) === '' ? end - 1 : end; // what follows the last line end
  const gutter = String(last).length;
  const room = FRAME_COLUMNS - gutter - 7;

  const cells = layOut(source.line(at.line));
  const markers = markLine(source, marked, at, cells);
  const window = windowAround(cells, at.column - 1, room);

  const lines: string[] = [];
  for (let n = first; n <= last; n++) {
    const number = String(n).padStart(gutter);
    const text = cut(n === at.line ? cells : layOut(source.line(n)), window);
    lines.push(`    ${paint(n === at.line ? 'bad' : 'quiet', number)} ${paint('quiet', '│')}${text === '' ? '' : ` ${text}`}`);
    if (n !== at.line || markers === '') continue;
    const shown = markers.slice(window.from, window.to).trimEnd();
    lines.push(`    ${' '.repeat(gutter)} ${paint('quiet', '│')} ${shown.replace(/[~^]+/g, (part) => paint('bad', part))}`);
  }
  return lines;
}

/** A character as it is shown, and the column at which it starts. */
interface Cell {
  readonly text: string;
  readonly column: number;
  readonly columns: number;
}

/** Tabs become blanks and control characters pictures of themselves, so that every character has a known width. */
function layOut(line: string): Cell[] {
  let column = 0;
  const cells: Cell[] = [];
  for (const character of line) {
    const code = character.codePointAt(0) ?? 0;
    const text =
      character === '\t'
        ? ' '.repeat(TAB_COLUMNS - (column % TAB_COLUMNS))
        : code < 0x20
          ? String.fromCharCode(0x2400 + code)
          : code >= 0x7f && code < 0xa0
            ? '\ufffd'
            : character;
    const columns = character === '\t' ? text.length : columnsOf(text);
    cells.push({ text, column, columns });
    column += columns;
  }
  return cells;
}

/** The line below the code: one character for each column. Empty when the place lies before the first column. */
function markLine(source: Source, marked: Marked, at: { line: number; column: number }, cells: readonly Cell[]): string {
  if (at.column < 1) return '';
  const start = source.lineAndColumn(Math.min(marked.start, marked.at));
  const end = source.lineAndColumn(Math.max(marked.end, marked.at + 1));
  const from = start.line < at.line ? firstInk(cells) : start.column - 1;
  const to = end.line > at.line ? cells.length : end.column - 1;

  let text = '';
  for (let i = 0; i < Math.max(to, at.column); i++) {
    const mark = i === at.column - 1 ? '^' : i >= from && i < to ? '~' : ' ';
    const columns = cells[i]?.columns ?? 1;
    text += mark === '^' ? `^${(i < to && i >= from ? '~' : ' ').repeat(Math.max(0, columns - 1))}` : mark.repeat(columns);
  }
  return text;
}

function firstInk(cells: readonly Cell[]): number {
  const found = cells.findIndex((cell) => cell.text.trim() !== '');
  return found === -1 ? 0 : found;
}

/** The columns of a long line that are shown. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/** All of a line that fits, else as much as fits around the place: a third of it before, the rest after. */
function windowAround(cells: readonly Cell[], index: number, room: number): Window {
  const place = cells[index]?.column ?? cells.at(-1)?.column ?? 0;
  const from = place < room - 8 ? 0 : place - Math.floor(room / 3);
  return { from, to: from + room };
}

/** The part of a line that lies in the window, with `…` where something is left out. */
function cut(cells: readonly Cell[], { from, to }: Window): string {
  const end = cells.at(-1);
  if (end === undefined) return '';
  const total = end.column + end.columns;
  const before = from > 0;
  const after = total > to;

  let text = before ? '…' : '';
  let column = from + (before ? 1 : 0);
  for (const cell of cells) {
    if (text.length > 4 * (to - from)) break; // marks without a width of their own
    if (cell.column < column) continue;
    if (cell.column + cell.columns > to - (after ? 1 : 0)) break;
    text += ' '.repeat(cell.column - column) + cell.text;
    column = cell.column + cell.columns;
  }
  return (after ? `${text}…` : text).trimEnd();
}
