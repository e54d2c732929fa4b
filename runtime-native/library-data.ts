/**
 * The standard library on Node, as the build compiled it: dist/library.cjs, which it puts in the place of this file. There every file is
 * named in a literal `require`, so that bundlers take the library along. Without a build the library is empty.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Manifest } from '../language/diagnostics/library.ts';
import type { Factory } from '../language/runtime/compile.ts';

export interface LibraryData {
  /** Every name that `import` knows, and the file of its module. */
  readonly names: { readonly [name: string]: string };
  readonly files: { readonly [file: string]: LibraryFile };
  code(file: string): Factory;
  /** What only errors need: the text, and the places of the calls in the code. */
  texts(file: string): { readonly source: string; readonly calls: readonly number[] };
  manifest(): Manifest;
}

export interface LibraryFile {
  /** The positions that it owns. */
  readonly base: number;
  readonly length: number;
  /** Whether only library modules can import it. */
  readonly inner: boolean;
}

const built = fileURLToPath(new URL('../dist/library.cjs', import.meta.url));

export const library: LibraryData = existsSync(built)
  ? (createRequire(import.meta.url)(built) as { library: LibraryData }).library
  : { names: {}, files: {}, code: missing, texts: missing, manifest: () => ({ modules: [], elsewhere: [] }) };

function missing(file: string): never {
  throw new Error(`There is no ${file}: run npm run build`);
}
