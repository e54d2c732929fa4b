/** What the files of a program are called in what `magnolia build` writes: never by their places on the machine that builds. */
import path, { type PlatformPath } from 'node:path';

/** The folder that has all of these files in it; null where there is none, as for files on two drives. */
export function commonFolder(files: readonly string[], { dirname, isAbsolute, relative }: PlatformPath = path): string | null {
  let [folder = ''] = files.map(dirname);
  for (const file of files) {
    for (let way = relative(folder, file); way.startsWith('..') || isAbsolute(way); way = relative(folder, file)) {
      if (folder === dirname(folder)) return null;
      folder = dirname(folder);
    }
  }
  return folder;
}

/** The name of a file below a folder: `/part/app.oak`. Without a folder it is the whole path, its drive as the first part. */
export function nameBelow(folder: string | null, file: string, { relative, sep }: PlatformPath = path): string {
  const name = folder === null ? file.replace(/^(\w):/, '$1') : relative(folder, file);
  return `/${name
    .split(sep)
    .filter((part) => part !== '')
    .join('/')}`;
}

/** The address of a file in a source map that is beside `out`; a whole URL for one on another drive. */
export function sourceName(out: string, file: string, { dirname, isAbsolute, relative, sep }: PlatformPath = path): string {
  const way = relative(dirname(out), file);
  const parts = way.split(sep).map((part) => (/^[a-z]:$/i.test(part) ? part : encodeURIComponent(part)));
  if (!isAbsolute(way)) return parts.join('/');
  return `file:${parts[0] === '' ? '' : '///'}${parts.join('/')}`;
}
