/** Where programs on Node find their modules: the standard library by name, everything else as files. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Library } from '../embedding/options.ts';
import type { FoundModule, ModuleFinder } from '../language/modules.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Decode, utf8Encode } from '../language/values/bytes.ts';
import { compiledLibrary, knownLibrary, libraryNames } from './library.ts';
import { decode } from './text.ts';

const EXTENSIONS = ['.oak', '.ok', '.mag', '.mg'];

/** The standard library; modules in `folder` (of `--lib`) come before those that were built in. */
export function nativeLibrary(folder: string | null): Library {
  const files = folder === null ? null : new LibraryFolder(folder);
  const find = (name: string, fromLibrary?: boolean): FoundModule | null => {
    const file = files === null ? null : files.find(utf8Decode(name), fromLibrary === true);
    return file === null ? compiledLibrary(name, fromLibrary) : fileModule(file, true);
  };
  return {
    names: libraryNames,
    known: knownLibrary,
    find,
    source(name) {
      const loaded = find(name)?.load();
      if (loaded === undefined) return undefined;
      return utf8Encode((loaded instanceof Source ? loaded : loaded.unit.source()).text);
    },
  };
}

/** The programs of the file system. */
export const fileModules: ModuleFinder = {
  find(path, directory) {
    const file = programFile(utf8Decode(path), directory);
    return file === null ? null : fileModule(file, false);
  },
};

/**
 * A folder of library modules. A module directly in it, or in one folder of it, has the name of its file; that folder may be a part of
 * the name, too (`async/event-bus`). Deeper ones are for library modules only. As in the reference, a name is found in any letter case,
 * and `bmp` also as `image-bmp`; the exact name comes first.
 */
class LibraryFolder {
  readonly #folder: string;
  /** Paths by the names that they have, in the letter case of the file and in lower case. */
  #files: ReadonlyMap<string, string> | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  find(name: string, fromLibrary: boolean): string | null {
    this.#files ??= this.#read();
    const lower = name.toLowerCase();
    const found = [name, lower, `image-${lower}`].map((one) => this.#files?.get(one)).find((file) => file !== undefined);
    if (found === undefined || (!fromLibrary && depthOf(found) > 2)) return null;
    return join(this.#folder, found);
  }

  #read(): ReadonlyMap<string, string> {
    const files = new Map<string, string>();
    const add = (name: string, file: string): void => void (files.has(name) || files.set(name, file));
    const all = readdirSync(this.#folder, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
    const found = EXTENSIONS.flatMap((extension) => all.filter((file) => file.endsWith(extension)).sort());
    for (const name of [exactName, lowerName]) {
      for (const file of found) add(name(file), file);
      for (const file of found) if (depthOf(file) === 2) add(basename(name(file)), file);
    }
    return files;
  }
}

function exactName(file: string): string {
  return file.slice(0, file.lastIndexOf('.'));
}

function lowerName(file: string): string {
  return exactName(file).toLowerCase();
}

/** How many names a path has. */
function depthOf(path: string): number {
  return path.split('/').length;
}

/** The first file that opens: the path itself if it has one of the extensions, else with each of them. */
function programFile(path: string, directory: string): string | null {
  if (path.includes('\0')) return null;
  const whole = resolve(directory, path);
  const lower = path.toLowerCase();
  const candidates = EXTENSIONS.some((extension) => lower.endsWith(extension))
    ? [whole]
    : EXTENSIONS.map((extension) => whole + extension);
  return candidates.find(opens) ?? null;
}

function opens(file: string): boolean {
  try {
    const opened = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // a pipe would not open before it has a writer
    const regular = fstatSync(opened).isFile();
    closeSync(opened);
    return regular;
  } catch {
    return false;
  }
}

function fileModule(file: string, library: boolean): FoundModule {
  return { key: file, directory: dirname(file), library, load: () => new Source(file, decode(readFileSync(file))) };
}
