/** Checks a program without running it. */
import { resolve } from '../compiler/resolver.ts';
import { withinNativeStack } from '../syntax/nesting.ts';
import { parseProgram } from '../syntax/parser.ts';
import type { Source } from '../syntax/source.ts';
import { parseProblem } from './describe.ts';
import type { Problem } from './problem.ts';

/** What is wrong with a source text, without running it. */
export function check(source: Source): Problem[] {
  try {
    const program = parseProgram(source);
    withinNativeStack(program, () => resolve(program));
    return [];
  } catch (error) {
    const problem = parseProblem(source, error);
    if (problem === null) throw error;
    return [problem];
  }
}
