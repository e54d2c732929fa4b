/** `magnolia emit FILE`: prints the JavaScript that a program is compiled to, without running it. */
import { translate } from '../../language/runtime/compile.ts';
import { ParseError } from '../../language/syntax/parse-error.ts';
import type { Settings } from './arguments.ts';
import { showSyntaxErrors } from './check.ts';
import { readFlags, usageError } from './flags.ts';
import { complain, writeOut } from './screen.ts';
import { readSource } from './sources.ts';

/** Prints the JavaScript of one file. Status 1, after all its syntax errors, if it is not a program. */
export async function emitFile(words: readonly string[], settings: Settings): Promise<number> {
  const read = readFlags('emit', words, {});
  if (read === null) return 2;
  const [path, ...more] = read.rest;
  if (path === undefined || more.length > 0) {
    usageError('emit needs one FILE');
    return 2;
  }
  const reading = await readSource(path);
  if (reading.kind === 'failed') {
    complain(reading.message);
    return 1;
  }
  try {
    writeOut(`${translate(reading.source, { base: 0 }).text}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    showSyntaxErrors(reading.source, settings);
    return 1;
  }
}
