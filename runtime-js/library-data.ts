/**
 * The standard library for browsers, as data. The build puts dist/magnolia-library.js in the place of this file
 * (scripts/build/browser-library.ts); without a build the library is empty.
 */
import type { ElsewhereModule, LibraryNames } from '../language/diagnostics/library.ts';

export interface LibraryData {
  /** Every name that `import` knows. */
  readonly modules: { readonly [name: string]: LibraryModule };
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
  /** Whether only library modules can import it. */
  readonly inner?: boolean;
}

export const library: LibraryData = { modules: {}, later: [], elsewhere: async () => ({ elsewhere: [] }) };
