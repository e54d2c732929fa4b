/**
 * The standard library for browsers, as data. The build puts dist/magnolia-library.js in the place of this file
 * (scripts/build/browser-library.ts); without a build the library is empty.
 */
import type { ElsewhereModule, LibraryNames } from '../language/diagnostics/library.ts';
import type { Factory } from '../language/runtime/compile.ts';

export interface LibraryData {
  /** Every name that `import` knows. */
  readonly modules: { readonly [name: string]: LibraryModule };
  /** By the line of magnolia-library.js: line, global position and call site, each as the difference from the one before. */
  readonly calls: readonly number[];
  readonly later: readonly LibraryPart[];
  /** What only the reference has. */
  elsewhere(): Promise<{ readonly elsewhere: readonly ElsewhereModule[] }>;
}

/** Modules that are loaded when a program needs one of them. */
export interface LibraryPart {
  /** What programs can import of it. */
  readonly names: readonly string[];
  /** What is in each of its modules. */
  readonly members: LibraryNames['modules'];
  load(): Promise<{ readonly modules: { readonly [name: string]: LibraryModule } }>;
}

export interface LibraryModule {
  readonly source: string;
  /** The positions that its code owns. */
  readonly base: number;
  /** What the build has made of the source; null for modules that are compiled when they are imported. */
  readonly factory: Factory | null;
  /** Whether only library modules can import it. */
  readonly inner?: boolean;
}

export const library: LibraryData = { modules: {}, calls: [], later: [], elsewhere: async () => ({ elsewhere: [] }) };
