/** Places in a text as editors count them: lines and UTF-16 units from 0. */
import type { Source } from '../../language/syntax/source.ts';

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** The range between two places in code points. */
export function rangeOf(source: Source, start: number, end: number): Range {
  return { start: positionOf(source, start), end: positionOf(source, end) };
}

function positionOf(source: Source, at: number): Position {
  const { line, column } = source.lineAndColumn(at);
  if (column === 0) return { line: line - 2, character: source.line(line - 1).length }; // a line end belongs to its line
  const text = source.line(line);
  const character = Math.min(column - 1, text.length);
  if (!/[\ud800-\udbff]/.test(text)) return { line: line - 1, character };
  return { line: line - 1, character: [...text].slice(0, column - 1).join('').length };
}
