/** Shows where two texts part, line by line, for people who look at a failed spec. Bytes outside ASCII appear escaped. */

const shownLines = 12;
const context = 2;

/** `-` lines were expected, `+` lines came instead; lines that agree at both ends are left out. */
export function lineDiff(expected: Buffer, actual: Buffer): string {
  const want = linesOf(expected);
  const have = linesOf(actual);
  let head = 0;
  while (head < want.length && head < have.length && want[head] === have[head]) head++;
  let tail = 0;
  while (tail < Math.min(want.length, have.length) - head && want.at(-1 - tail) === have.at(-1 - tail)) tail++;

  return [
    ...want.slice(Math.max(0, head - context), head).map((line) => `    ${line}`),
    ...cut(want.slice(head, want.length - tail)).map((line) => `  - ${line}`),
    ...cut(have.slice(head, have.length - tail)).map((line) => `  + ${line}`),
    ...want.slice(want.length - tail, want.length - tail + context).map((line) => `    ${line}`),
  ].join('\n');
}

function linesOf(text: Buffer): string[] {
  const lines = text.toString('latin1').split('\n');
  const last = lines.pop() ?? '';
  if (last !== '') lines.push(`${last} (no line end)`);
  return lines.map((line) => line.replace(/[^\x20-\x7e\t]/g, escapeByte).slice(0, 300));
}

function escapeByte(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function cut(lines: string[]): string[] {
  if (lines.length <= shownLines) return lines;
  return [...lines.slice(0, shownLines), `... ${lines.length - shownLines} more lines`];
}
