/** Writing for people: to standard error, with colours where they help. */
import type { Problem } from '../../language/diagnostics/problem.ts';
import { type ReportOptions, report } from '../../language/diagnostics/report.ts';
import { writeAll } from '../descriptors.ts';

/** Whether colours are wanted: at a terminal, unless NO_COLOR is set; FORCE_COLOR decides by itself. */
export function wantsColour(isTerminal: boolean, env: { readonly [name: string]: string | undefined }): boolean {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Writes to standard error at once, so that nothing is lost however the process ends. */
export function writeError(text: string): void {
  writeAll(2, Buffer.from(text));
}

/** Writes to standard output at once. */
export function writeOut(text: string | Uint8Array): void {
  writeAll(1, typeof text === 'string' ? Buffer.from(text) : text);
}

/** How reports look on standard error: coloured or not, and how wide. */
export function reportOptions(): ReportOptions {
  const { isTTY, columns } = process.stderr;
  return { colour: wantsColour(isTTY === true, process.env), ...(columns > 0 ? { columns } : {}) };
}

/** A problem on standard error. */
export function showProblem(problem: Problem): void {
  writeError(report(problem, reportOptions()));
}

/** A mistake in how the command was called, or a file that cannot be read: one line. */
export function complain(message: string): void {
  writeError(`magnolia: ${message}\n`);
}

/** Names with a line about each. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, i) => Math.max(cell.length, widest[i] ?? 0)), []);
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell)).join('  ');
  return rows.map((row) => `    ${line(row)}\n`).join('');
}
