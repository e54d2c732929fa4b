/**
 * What the language worker knows of builtins and the library, as data. The build (scripts/playground.ts) puts it in the place of this
 * file; without a build there is none.
 */
import type { Manifest } from '../../language/diagnostics/library.ts';
import type { Callable } from '../../tools/check/world.ts';

export interface KnowledgeData {
  readonly builtins: readonly {
    readonly name: string;
    /** How it is called; null where that is not known. */
    readonly callable: Callable | null;
    /** What `magnolia help NAME` says. */
    readonly help: string;
  }[];
  /** The modules that programs can import. */
  readonly library: Manifest;
}

export const knowledge: KnowledgeData = { builtins: [], library: { modules: [], elsewhere: [] } };
