/** `magnolia check`: finds mistakes in programs, and in what they import, without running them. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { callableOf } from '../../builtins/callables.ts';
import { checkReport } from '../../language/diagnostics/report.ts';
import type { Source } from '../../language/syntax/source.ts';
import { utf8Encode } from '../../language/values/bytes.ts';
import { Checker, type FileReport } from '../../tools/check/check.ts';
import type { Diagnostic } from '../../tools/check/diagnostic.ts';
import { rangeOf } from '../../tools/check/range.ts';
import type { World } from '../../tools/check/world.ts';
import { libraryManifest } from '../library.ts';
import { fileModules, nativeLibrary } from '../modules.ts';
import type { Settings } from './arguments.ts';
import { readFlags, usageError } from './flags.ts';
import { programFiles } from './program-files.ts';
import { complain, reportOptions, writeError, writeOut } from './screen.ts';
import { readSource } from './sources.ts';
import { commandWorld } from './world.ts';

/** Checks files and folders. Status 1 for errors (with `--strict` for warnings, too) and files that cannot be read. */
export async function checkFiles(words: readonly string[], settings: Settings): Promise<number> {
  const read = readFlags('check', words, { strict: 'boolean', format: 'string' });
  if (read === null) return 2;
  const { strict, format = 'text' } = read.flags;
  if (format !== 'text' && format !== 'json') {
    usageError(`--format takes text or json, not ${format}`);
    return 2;
  }
  if (read.rest.length === 0) {
    usageError('check needs FILE|FOLDER...');
    return 2;
  }

  let failed = false;
  const sources: Source[] = [];
  for (const path of programFiles(read.rest)) {
    const reading = await readSource(path);
    if (reading.kind === 'read') {
      sources.push(reading.source);
    } else {
      complain(reading.message);
      failed = true;
    }
  }
  const reports = new Checker(nativeCheckWorld(settings)).checkAll(sources);
  if (format === 'json') writeOut(`${JSON.stringify(reports.map(asJson))}\n`);
  else for (const { source, diagnostics } of reports) for (const one of diagnostics) show(source, one);
  const wrong = (one: Diagnostic): boolean => strict === true || one.severity === 'error';
  return failed || reports.some(({ diagnostics }) => diagnostics.some(wrong)) ? 1 : 0;
}

/** Returns the text of the file at a path: the same object each time, as long as it has not changed. */
export type SourceOf = (path: string, load: () => Source) => Source;

/** Reads each file once. */
function readOnce(): SourceOf {
  const texts = new Map<string, Source>();
  return (path, load) => {
    const source = texts.get(path) ?? load();
    texts.set(path, source);
    return source;
  };
}

/** Shows all syntax errors of a program as `check` does. */
export function showSyntaxErrors(source: Source, settings: Settings): void {
  const reports = new Checker(nativeCheckWorld(settings)).checkAll([source]);
  const own = reports.filter((one) => one.source === source).flatMap(({ diagnostics }) => diagnostics);
  for (const one of own) if (one.severity === 'error') show(source, one);
}

/** What programs that the command runs can use and import. */
export function nativeCheckWorld(settings: Settings, sourceOf: SourceOf = readOnce()): World {
  const { world } = commandWorld(settings, []);
  const library = nativeLibrary(settings.lib);
  return {
    builtins: new Map(world.registry.all().map((one) => [one.name, callableOf(one)])),
    library: libraryManifest(),
    isLibrary: (source) => libraryFolder(source) !== null,
    resolve(path, from) {
      const folder = libraryFolder(from);
      const bytes = utf8Encode(path);
      if (library.find(bytes, folder !== null) !== null) return { kind: 'library', name: path };
      const found = fileModules.find(bytes, folder ?? dirname(resolve(from.file)));
      if (found === null) return null;
      return { kind: 'file', source: sourceOf(found.key, () => found.load() as Source) }; // files are not compiled yet
    },
  };
}

/** The folder of the standard library's source that a file is in: one that lists what only the reference has; null for other files. */
function libraryFolder({ file }: Source): string | null {
  for (let folder = dirname(resolve(file)); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'elsewhere.txt')) && existsSync(join(folder, 'std.oak'))) return folder;
  return null;
}

function asJson({ source, diagnostics }: FileReport): object {
  return {
    file: source.file,
    diagnostics: diagnostics.map(({ code, severity, message, hint, start, end }) => ({
      range: rangeOf(source, start, end),
      severity: severity === 'error' ? 1 : 2,
      code,
      source: 'magnolia',
      message,
      ...(hint === null ? {} : { data: { hint } }),
    })),
  };
}

function show(source: Source, { code, severity, message, hint, start, end, at, related }: Diagnostic): void {
  const heading = severity === 'error' ? 'Parse Error' : `Warning (${code})`;
  const { line, column } = source.lineAndColumn(at);
  const place = { source, at, start, end };
  const found = `${message} (${source.file}:${line}:${column})`;
  writeError(`${checkReport({ heading, message: found, place, hint, related }, reportOptions())}\n`);
}
