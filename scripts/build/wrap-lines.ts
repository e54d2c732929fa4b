/** Breaks long lines of emitted code, for readers, and because Node shows the line of an error. */
import { CALL_FIELDS } from '../../language/compiler/call-fields.ts';

const MOST_COLUMNS = 500;
/** Where a line is broken, between strings: behind what separates statements, names, values and conditions. */
const PIECE = /(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"])*?(?:[,;] |&& |$)/y;

/** The code with shorter lines, and the places of its calls moved along. Lines with calls are short as they are. */
export function wrapLines(text: string, calls: readonly number[]): { readonly text: string; readonly calls: readonly number[] } {
  const withCall = new Set(calls.filter((_, i) => i % CALL_FIELDS === 0));
  const added: number[] = []; // for each old line, how many lines were made before it
  const lines = text.split('\n').flatMap((line, i) => {
    const before = added[i - 1] ?? 0;
    if (line.length <= MOST_COLUMNS) {
      added[i] = before;
      return [line];
    }
    if (withCall.has(i + 1)) throw new Error(`A line with a call has ${line.length} columns: ${line.slice(0, 80)}`);
    const broken = broke(line);
    added[i] = before + broken.length - 1;
    return broken;
  });
  const moved = calls.map((value, i) => (i % CALL_FIELDS === 0 ? value + (added[value - 2] ?? 0) : value));
  return { text: lines.join('\n'), calls: moved };
}

function broke(line: string): string[] {
  const lines: string[] = [];
  let current = '';
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < line.length) {
    const piece = PIECE.exec(line)?.[0] ?? '';
    if (piece === '') throw new Error(`A line cannot be broken: ${line.slice(0, 80)}`);
    if (current !== '' && current.length + piece.length > MOST_COLUMNS) {
      lines.push(current.trimEnd());
      current = '';
    }
    current += piece;
  }
  return [...lines, current];
}
