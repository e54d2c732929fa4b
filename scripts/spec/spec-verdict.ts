/** Does what a program did match what is written beside it? Apart from the runner so that it can be tested. */

import { stripVTControlCharacters } from 'node:util';
import { lineDiff } from './line-diff.ts';

/** What a program must do. `err` is undefined where it must not fail. */
export interface Expected {
  out: Buffer;
  err: string[] | undefined;
  code: number;
  silent: boolean;
}

/** What it did. */
export interface Outcome {
  out: Buffer;
  err: string;
  code: number | string;
}

/** Every difference between what should be and what was, as text for people; none when the spec holds. */
export function differences(expected: Expected, actual: Outcome): string[] {
  const found: string[] = [];
  if (!actual.out.equals(expected.out)) found.push(`standard output\n${lineDiff(expected.out, actual.out)}`);
  if (actual.code !== expected.code) found.push(`exit status: ${actual.code}, not ${expected.code}`);

  const shown = stripVTControlCharacters(actual.err);
  const missing = (expected.err ?? []).filter((line) => !shown.includes(line));
  for (const line of missing) found.push(`standard error lacks: ${line}`);
  const noise = expected.err === undefined && expected.silent && shown !== '';
  if (noise) found.push('standard error should be empty');

  const explains = missing.length > 0 || noise || (expected.err === undefined && actual.code !== expected.code);
  if (explains && shown.trim() !== '') found.push(`standard error was\n${shown.trimEnd().replace(/^/gm, '  | ')}`);
  return found;
}
