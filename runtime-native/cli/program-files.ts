/** The program files that a command was given: files as they are, folders by what is in them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ENDINGS = /\.(oak|ok|mag|mg)$/;

/**
 * The paths of all programs among `paths`. Folders are searched without `node_modules` and those whose name begins with a dot. A path that
 * is not there stays in the list, for the reader to complain about.
 */
export function programFiles(paths: readonly string[], matches: RegExp = ENDINGS): string[] {
  return paths.flatMap((path) => (isFolder(path) ? [...programsBelow(path, matches)] : [path]));
}

function* programsBelow(folder: string, matches: RegExp): Iterable<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.') && entry.name !== 'node_modules') yield* programsBelow(path, matches);
    } else if (entry.isFile() && matches.test(entry.name)) {
      yield path;
    }
  }
}

/** Whether there is a folder of this name. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
