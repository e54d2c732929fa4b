/** `magnolia --watch FILE`: runs a program, and again whenever it or something that it imports changes. */
import type { Settings } from './arguments.ts';
import { PROGRAMS, runOnChange } from './watch.ts';

/** `words` are the arguments of the command without `--watch`. Never resolves. */
export function runWatched(file: string, words: readonly string[], { lib }: Settings): Promise<never> {
  return runOnChange({
    command: [process.argv[1] ?? '', ...words],
    programs: () => [file],
    folders: lib === null ? [] : [lib],
    files: PROGRAMS,
  });
}
