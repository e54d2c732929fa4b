/** A piece of the source with a place in it marked, for terminals and pages. */
import type { Source } from '../syntax/source.ts';
import { columnsOf } from './text-width.ts';

const TAB_COLUMNS = 4;

const STYLES = { bad: '1;31', red: '31', quiet: '90', label: '36', hint: '33' } as const;
/** Colours a text for what it is. */
export type Paint = (style: keyof typeof STYLES, text: string) => string;

export const coloured: Paint = (style, text) => (text === '' ? '' : `\x1b[${STYLES[style]}m${text}\x1b[0m`);
export const plain: Paint = (_style, text) => text;

/** What is marked: `at` is the exact place in the span from `start` to `end`. Code points. */
export interface Marked {
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The line of a place with `context` lines around it, at most `width` columns wide; `^` under the place, `~` under the rest of its span
 * on that line.
 */
export function codeFrame(source: Source, marked: Marked, context: number, width: number, paint: Paint): string[] {
  const at = source.lineAndColumn(marked.at);
  const first = Math.max(1, at.line - context);
  const end = Math.min(source.lineCount, at.line + context);
  const last = end > at.line && end === source.lineCount && source.line(end) === '' ? end - 1 : end; // what follows the last line end
  const gutter = String(last).length;
  const room = width - gutter - 7;

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
    if (text.length > 4 * (to - from)) break; // marks without width
    if (cell.column < column) continue;
    if (cell.column + cell.columns > to - (after ? 1 : 0)) break;
    text += ' '.repeat(cell.column - column) + cell.text;
    column = cell.column + cell.columns;
  }
  return (after ? `${text}…` : text).trimEnd();
}
