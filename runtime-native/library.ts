/** The standard library as it was compiled by scripts/build/build-library.ts. */
import { join } from 'node:path';
import { type LibraryNames, type Manifest, namesOf } from '../language/diagnostics/library.ts';
import type { FoundModule } from '../language/modules.ts';
import type { Compiled } from '../language/runtime/compile.ts';
import { registerUnit, type Unit } from '../language/runtime/units.ts';
import { Source } from '../language/syntax/source.ts';
import { type LibraryFile, library } from './library-data.ts';

const compiled = new Map<LibraryFile, Compiled>();

/** The names of the library modules that programs can import. */
export function libraryNames(): string[] {
  return Object.entries(library.names).flatMap(([name, file]) => (library.files[file]?.inner === false ? [name] : []));
}

/** A module of the library; null when there is none of this name. `fromLibrary` also finds the inner ones. */
export function compiledLibrary(name: string, fromLibrary = false): FoundModule | null {
  const path = Object.hasOwn(library.names, name) ? library.names[name] : undefined;
  const file = path === undefined ? undefined : library.files[path];
  if (path === undefined || file === undefined || (file.inner && !fromLibrary)) return null;
  return { key: `lib:${path}`, directory: '', library: true, load: () => loadModule(name, path, file) };
}

/** All that the build knows about the library; empty where it cannot be read, for want of descriptors, say. */
export function libraryManifest(): Manifest {
  return forError(() => library.manifest()) ?? { modules: [], elsewhere: [] };
}

/** What hints say about the library. */
export function knownLibrary(): LibraryNames {
  return namesOf(libraryManifest());
}

/** What only errors and help need; undefined where it is missing: the error is reported without it. */
function forError<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function loadModule(name: string, path: string, file: LibraryFile): Compiled {
  const known = compiled.get(file);
  if (known !== undefined) return known;
  const unit: Unit = {
    base: file.base,
    length: file.length,
    script: join('lib', `${path}.cjs`),
    source: () => new Source(`(lib:${name})`, forError(() => library.texts(path).source) ?? ''),
    calls: () => forError(() => library.texts(path).calls) ?? [],
  };
  registerUnit(unit);
  const made: Compiled = { factory: library.code(path), unit };
  compiled.set(file, made);
  return made;
}
