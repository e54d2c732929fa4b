/** The standard library as it was compiled by scripts/build/build-library.ts: code in one file a module, sources beside it. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LibraryNames, type Manifest, namesOf } from '../language/diagnostics/library.ts';
import type { FoundModule } from '../language/modules.ts';
import type { Compiled, Factory } from '../language/runtime/compile.ts';
import { registerUnit, type Unit } from '../language/runtime/units.ts';
import { Source } from '../language/syntax/source.ts';
import { decode } from './text.ts';

/** What the build writes for each module; the calls, which only errors need, are in a file of their own. */
interface Index {
  readonly [name: string]: {
    readonly file: string;
    readonly base: number;
    readonly length: number;
    /** Whether only library modules can import it. */
    readonly inner?: true;
  };
}

const here = dirname(fileURLToPath(import.meta.url));
/** The built library: beside the built code (which may lie in dist/chunks), or in dist when the sources run (in tests). */
export const LIBRARY_FOLDER =
  ['lib', '../lib', '../dist/lib'].map((path) => join(here, path)).find((path) => existsSync(join(path, 'index.json'))) ??
  join(here, 'lib');
const load = createRequire(import.meta.url);
const compiled = new Map<string, Compiled>();
let index: Index | null = null;
let manifest: Manifest | null = null;

/** The names of the library modules that programs can import. */
export function libraryNames(): string[] {
  return Object.entries(readIndex()).flatMap(([name, { inner }]) => (inner ? [] : [name]));
}

/** A module of the library; null when there is none of this name. `fromLibrary` also finds the inner ones. */
export function compiledLibrary(name: string, fromLibrary = false): FoundModule | null {
  const modules = readIndex();
  const found = Object.hasOwn(modules, name) ? modules[name] : undefined;
  if (found === undefined || (found.inner && !fromLibrary)) return null;
  return { key: `lib:${found.file}`, directory: LIBRARY_FOLDER, library: true, load: () => loadModule(name) };
}

/** All that the build knows about the library; empty without a build. */
export function libraryManifest(): Manifest {
  manifest ??= JSON.parse(readForError('manifest.json').toString() || '{"modules":[],"elsewhere":[]}') as Manifest;
  return manifest;
}

/** What hints say about the library. */
export function knownLibrary(): LibraryNames {
  return namesOf(libraryManifest());
}

function readIndex(): Index {
  const file = join(LIBRARY_FOLDER, 'index.json');
  index ??= existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Index) : {};
  return index;
}

/** A file that only errors and help need; empty where it cannot be had, for want of descriptors, say: the error is reported without it. */
function readForError(file: string): Buffer {
  try {
    return readFileSync(join(LIBRARY_FOLDER, file));
  } catch {
    return Buffer.alloc(0);
  }
}

function loadModule(name: string): Compiled {
  const { file, base, length } = readIndex()[name] as Index[string]; // asked for by compiledLibrary
  const known = compiled.get(file);
  if (known !== undefined) return known;
  const script = `${file}.cjs`;
  const unit: Unit = {
    base,
    length,
    script: join('lib', script),
    source: () => new Source(`(lib:${name})`, decode(readForError(`${file}.oak`))),
    calls: () => JSON.parse(readForError(`${file}.calls.json`).toString() || '[]') as number[],
  };
  registerUnit(unit);
  const made: Compiled = { factory: load(join(LIBRARY_FOLDER, script)) as Factory, unit };
  compiled.set(file, made);
  return made;
}
