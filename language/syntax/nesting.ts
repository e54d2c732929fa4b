/** Limits of nesting: the walks over a tree call themselves, and the native stack is not endless. */
import type { Program } from './ast.ts';
import { deepestNode } from './ast-walk.ts';
import { ParseError } from './parse-error.ts';

/** How deep expressions may nest. Real programs stay below 100. */
export const DEPTH_LIMIT = 500;

/** The error about what is nested too deeply, which is at this place. */
export function nestedTooDeeply(
  { at, end }: { readonly at: number; readonly end: number },
  reason = 'Nested too deeply',
): ParseError {
  const hint = 'give an inner part a name, and use that';
  return new ParseError(reason, { at, end: Math.max(end, at + 1), hint });
}

/** Does a walk over a program; one that needs more native stack than there is, is an error at the deepest node. */
export function withinNativeStack<T>(program: Program, walk: () => T): T {
  try {
    return walk();
  } catch (error) {
    const deepest = error instanceof RangeError && /call stack/i.test(error.message) ? deepestNode(program) : null;
    throw deepest === null ? error : nestedTooDeeply(deepest);
  }
}
