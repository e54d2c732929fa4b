/** From places as editors count them (lines and UTF-16 units from 0) to code points. The other way is check/range.ts. */
import type { Source } from '../../language/syntax/source.ts';
import type { Position } from '../check/range.ts';

/** The code point at a position; a position behind the end of a line is its end. */
export function offsetOf({ text }: Source, { line, character }: Position): number {
  let start = 0;
  for (let n = 0; n < line; n++) {
    const end = text.indexOf('\n', start);
    if (end === -1) return pointsIn(text);
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  return pointsIn(text.slice(0, Math.min(start + character, end === -1 ? text.length : end)));
}

/** The text in front of a position, on its line. */
export function lineBefore(source: Source, { line, character }: Position): string {
  return source.line(line + 1).slice(0, character);
}

function pointsIn(text: string): number {
  const pairs = text.match(/[\ud800-\udbff][\udc00-\udfff]/g);
  return text.length - (pairs?.length ?? 0);
}
