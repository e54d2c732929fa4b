/** Where programs on Node find their modules: the standard library by name, everything else as files. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { FoundModule, ModuleFinder } from '../language/modules.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Decode } from '../language/values/bytes.ts';
import { compiledLibrary } from './library.ts';
import { decode } from './text.ts';

const EXTENSIONS = ['.oak', '.ok', '.mag', '.mg'];

/** A finder that looks for library modules in `folders` (of `--lib`) before the built-in library. */
export function nativeModules(folders: readonly string[] = []): ModuleFinder {
  return {
    find(path, directory, fromLibrary = false) {
      for (const folder of folders) {
        const file = libraryFile(folder, path);
        if (file !== null) return fileModule(file, true);
      }
      const compiled = compiledLibrary(path, fromLibrary);
      if (compiled !== null) return compiled;
      const file = programFile(utf8Decode(path), directory);
      return file === null ? null : fileModule(file, false);
    },
  };
}

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
    const opened = openSync(file, 'r');
    const directory = fstatSync(opened).isDirectory();
    closeSync(opened);
    return !directory;
  } catch {
    return false;
  }
}

function fileModule(file: string, library: boolean): FoundModule {
  return { key: file, directory: dirname(file), library, load: () => new Source(file, decode(readFileSync(file))) };
}
