/** Where programs on Node find their modules: the standard library by name, everything else as files. */
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Library } from '../embedding/options.ts';
import type { FoundModule, ModuleFinder } from '../language/modules.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Decode, utf8Encode } from '../language/values/bytes.ts';
import { compiledLibrary, knownLibrary, libraryNames } from './library.ts';
import { decode } from './text.ts';

const EXTENSIONS = ['.oak', '.ok', '.mag', '.mg'];

/** The standard library; modules in `folder` (of `--lib`) come before those that were built in. */
export function nativeLibrary(folder: string | null): Library {
  const find = (name: string, fromLibrary?: boolean): FoundModule | null => {
    const file = folder === null ? null : libraryFile(folder, name);
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

/** The file of a library module: its name, which may hold a folder (`async/event-bus`), with an extension. */
function libraryFile(folder: string, name: string): string | null {
  if (!/^[\w-]+(\/[\w-]+)*$/.test(name)) return null;
  return EXTENSIONS.map((extension) => join(folder, name + extension)).find((file) => existsSync(file)) ?? null;
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
    const opened = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // a pipe would not open until somebody writes
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
