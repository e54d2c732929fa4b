/** What an editor's questions are answered with, beside the texts themselves. */
import type { Source } from '../../language/syntax/source.ts';
import type { World } from '../check/world.ts';

export interface Knowledge extends World {
  /** The help for a builtin, the line with its call first; null if there is none of this name. */
  builtinHelp(name: string): string | null;
  /** The source of a module of the library; null where it cannot be read. */
  librarySource(name: string): Source | null;
  /** The paths that a text could import of the files around it: `./geo`. */
  filesAround(source: Source): readonly string[];
}
