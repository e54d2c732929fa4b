/** `magnolia fmt`: lays out programs in the one style of tools/format.ts. */
import { createTwoFilesPatch } from 'diff';
import { check } from '../../language/diagnostics/check.ts';
import { ParseError } from '../../language/syntax/parse-error.ts';
import type { Source } from '../../language/syntax/source.ts';
import { utf8Encode } from '../../language/values/bytes.ts';
import { format } from '../../tools/format.ts';
import { errnoText } from '../errno.ts';
import { replaceFile } from '../replace-file.ts';
import { readFlags, usageError } from './flags.ts';
import { programFiles } from './program-files.ts';
import { complain, showProblem, writeOut } from './screen.ts';
import { readSource } from './sources.ts';

type Mode = 'write' | 'check' | 'diff';

/** Formats files, folders and, for `-`, standard input. Status 1 for a file with an error and, with `--check`, one that differs. */
export async function formatFiles(words: readonly string[]): Promise<number> {
  const read = readFlags('fmt', words, { check: 'boolean', diff: 'boolean', fix: 'boolean' }); // --fix: the reference's word for it
  if (read === null) return 2;
  if (read.rest.length === 0) {
    usageError('fmt needs FILE|FOLDER...|-');
    return 2;
  }
  const mode = read.flags.diff === true ? 'diff' : read.flags.check === true ? 'check' : 'write';
  let status = 0;
  for (const path of programFiles(read.rest)) {
    const reading = await readSource(path);
    if (reading.kind === 'failed') {
      complain(reading.message);
      status = 1;
    } else if (!(await formatOne(path, reading.source, mode))) {
      status = 1;
    }
  }
  return status;
}

/** Whether the file is all right for the mode. */
async function formatOne(path: string, source: Source, mode: Mode): Promise<boolean> {
  let text: string;
  try {
    text = format(source);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    for (const problem of check(source)) showProblem(problem);
    return false;
  }
  const isSame = text === source.text;
  if (mode === 'diff') {
    if (!isSame) writeOut(createTwoFilesPatch(path, path, source.text, text, 'as it is', 'formatted'));
  } else if (mode === 'check') {
    if (!isSame) writeOut(`${path}\n`);
    return isSame;
  } else if (path === '-') {
    writeOut(text);
  } else if (!isSame) {
    try {
      await replaceFile(utf8Encode(path), utf8Encode(text));
    } catch (error) {
      complain(`Could not write ${path}: ${errnoText(error)}`);
      return false;
    }
  }
  return true;
}
