/** Where an embedded program finds its imports. */

import type { ModuleFinder } from '../language/modules.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Decode } from '../language/values/bytes.ts';
import { type MemoryFiles, partsOf } from './memory-files.ts';
import type { Library } from './options.ts';

const EXTENSIONS = ['.oak', '.ok', '.mag', '.mg'];

/** The standard library, then what `others` finds. */
export function libraryFirst(library: Library, others: ModuleFinder | null): ModuleFinder {
  return {
    find: (path, directory, fromLibrary = false) =>
      library.find(path, fromLibrary) ?? others?.find(path, directory, fromLibrary) ?? null,
  };
}

/** Modules in memory: the path itself if it has one of the extensions, else with each of them. */
export function memoryModules(files: MemoryFiles): ModuleFinder {
  return {
    find(path, directory) {
      const asked = utf8Decode(path);
      const whole = absolutePath(asked, directory);
      for (const candidate of candidatesOf(asked, whole)) {
        const text = files.text(candidate);
        if (text === null) continue;
        return { key: candidate, directory: directoryOf(candidate), library: false, load: () => new Source(candidate, text) };
      }
      return null;
    },
  };
}

/** The texts of all files in memory that are programs by their names. */
export function* memoryPrograms(files: MemoryFiles): Generator<string> {
  for (const path of files.paths()) if (isProgram(path)) yield files.text(path) ?? '';
}

/** The files that an import may mean: the path itself if it has one of the extensions, else with each of them. */
export function candidatesOf(asked: string, whole: string): string[] {
  return isProgram(asked) ? [whole] : EXTENSIONS.map((extension) => whole + extension);
}

function isProgram(path: string): boolean {
  return EXTENSIONS.some((extension) => path.toLowerCase().endsWith(extension));
}

/** A path from the root of the files in memory. */
export function absolutePath(path: string, directory: string): string {
  return `/${partsOf(path.startsWith('/') ? path : `${directory}/${path}`).join('/')}`;
}

/** The text before the name of a file. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
