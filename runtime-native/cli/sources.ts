/** Reading programs: from files and from standard input. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { nearest } from '../../language/diagnostics/nearest.ts';
import { Source } from '../../language/syntax/source.ts';
import { decode } from '../text.ts';

/** A program's text, or why there is none. */
export type Reading = { readonly kind: 'read'; readonly source: Source } | { readonly kind: 'failed'; readonly message: string };

/** Reads the program in a file; `-` is standard input. */
export async function readSource(path: string): Promise<Reading> {
  if (path === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    return { kind: 'read', source: new Source('(stdin)', decode(Buffer.concat(chunks))) };
  }
  try {
    const bytes = readFileSync(path);
    const problem = notText(bytes);
    if (problem !== null) return { kind: 'failed', message: `Could not read ${path}: ${problem}` };
    return { kind: 'read', source: new Source(resolve(path), decode(bytes)) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return {
      kind: 'failed',
      message: `Could not open ${path}: ${reason(String(code), error)}${code === 'ENOENT' ? suggestion(path) : ''}`,
    };
  }
}

/** How much of a file is looked at to see whether it is text. */
const LOOKED_AT_BYTES = 4096;

/** Why a file cannot be a program; null if it can. */
function notText(bytes: Buffer): string | null {
  const mark = bytes.toString('hex', 0, 2);
  if (mark === 'fffe' || mark === 'feff') return 'it is UTF-16 text; save it as UTF-8';
  return bytes.subarray(0, LOOKED_AT_BYTES).includes(0) ? 'it is a binary file, not a program' : null;
}

function reason(code: string, error: unknown): string {
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EISDIR':
      return 'it is a directory';
    case 'ENOTDIR':
      return 'a part of the path is no directory';
    case 'EACCES':
      return 'permission denied';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** The file that was probably meant: the same name with an extension, or one with a typing mistake less. */
function suggestion(path: string): string {
  const extended = ['.oak', '.ok', '.mag', '.mg'].map((ending) => path + ending).find((file) => existsSync(file));
  if (extended !== undefined) return `; did you mean ${extended}?`;
  try {
    const meant = nearest(basename(path), readdirSync(dirname(path)));
    return meant === null ? '' : `; did you mean ${path === basename(path) ? meant : join(dirname(path), meant)}?`;
  } catch {
    return ''; // no such directory either
  }
}
