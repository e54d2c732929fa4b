/** `magnolia build FILE`: compiles a program and all that it imports into one file, which runs without magnolia. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { addMapping, GenMapping, setSourceContent, toEncodedMap } from '@jridgewell/gen-mapping';
import { libraryFirst } from '../../embedding/modules.ts';
import { VERSION } from '../../embedding/version.ts';
import type { FoundModule } from '../../language/modules.ts';
import { utf8Encode } from '../../language/values/bytes.ts';
import { collectModules, ModuleError, type OpenImport, type ProgramModule } from '../../tools/build/collect.ts';
import { page } from '../../tools/build/page.ts';
import { type Mapping, type NamedModule, printProgram } from '../../tools/build/print.ts';
import { errnoText } from '../errno.ts';
import { libraryManifest } from '../library.ts';
import { fileModules, nativeLibrary } from '../modules.ts';
import { replaceFile } from '../replace-file.ts';
import type { Settings } from './arguments.ts';
import { commonFolder, nameBelow, sourceName } from './file-names.ts';
import { readFlags, usageError } from './flags.ts';
import { INSTALLED } from './installed.ts';
import { complain, showProblem, writeError } from './screen.ts';
import { readSource } from './sources.ts';

/** How the program is attached to the runtime in front of it. */
const TARGETS = {
  node: { runtime: 'node', extension: '.mjs' },
  browser: { runtime: 'browser', extension: '.mjs' },
  html: { runtime: 'browser', extension: '.html' },
} as const;
type Target = keyof typeof TARGETS;

interface Wanted {
  readonly file: string;
  readonly out: string;
  readonly target: Target;
  readonly include: readonly string[];
  readonly minify: boolean;
}

/** Compiles a program. Status 1 if a module is not a program or a file cannot be read or written. */
export async function buildProgram(words: readonly string[], settings: Settings): Promise<number> {
  const wanted = wantedBy(words);
  if (wanted === null) return 2;
  const reading = await readSource(wanted.file);
  if (reading.kind === 'failed') {
    complain(reading.message);
    return 1;
  }
  const key = resolve(wanted.file);
  const main: FoundModule = { key, directory: dirname(key), library: false, load: () => reading.source };
  try {
    await write(main, wanted, settings);
    return 0;
  } catch (error) {
    if (error instanceof ModuleError) showProblem(error.problem);
    else if (error instanceof BuildError) complain(error.message);
    else throw error;
    return 1;
  }
}

/** Something that the user has to change: a file that is not there, or cannot be written. */
class BuildError extends Error {}

function wantedBy(words: readonly string[]): Wanted | null {
  const read = readFlags('build', words, { o: 'string', target: 'string', include: 'string', minify: 'boolean' });
  if (read === null) return null;
  const [file, ...more] = read.rest;
  if (file === undefined || file === '-' || more.length > 0) return usageError('build needs one FILE');
  const { target = 'node', minify, o } = read.flags;
  if (!isTarget(target)) return usageError(`--target takes ${Object.keys(TARGETS).join(', ')}, not ${target}`);
  const out = o === undefined ? basename(file, extname(file)) + TARGETS[target].extension : String(o);
  return { file, out, target, include: read.all.include ?? [], minify: minify === true };
}

function isTarget(name: string | true): name is Target {
  return typeof name === 'string' && Object.hasOwn(TARGETS, name);
}

async function write(main: FoundModule, { out, target, include, minify }: Wanted, settings: Settings): Promise<void> {
  const finder = libraryFirst(nativeLibrary(settings.lib), fileModules);
  const included = include.map((path) => ({ found: includedModule(path, finder), spelling: path }));
  const { modules, open } = collectModules([{ found: main, spelling: null }, ...included], finder);
  for (const one of open) if (one.path !== null || include.length === 0) warn(one);
  const taken = modules.find(({ key }) => key === resolve(out));
  if (taken !== undefined) throw new BuildError(`${out} is a part of the program: name another file with -o`);

  const runtime = readRuntime(TARGETS[target].runtime);
  const head = `${runtime}const $program = `;
  const firstLine = head.split('\n').length;
  const { text, mappings } = printProgram(namedModules(modules), { version: VERSION, firstLine, minify });
  const code = `${head}${text};\n${ENDS[target]}`;
  if (target === 'html') {
    await save(out, page(basename(out, extname(out)), code));
    return;
  }
  await save(`${out}.map`, sourceMap(out, mappings, new Map(modules.map(({ source, key }) => [source, key]))));
  await save(out, `${code}//# sourceMappingURL=${encodeURIComponent(`${basename(out)}.map`)}\n`);
}

const ENDS: { readonly [target in Target]: string } = {
  node: '$start($program);\n',
  browser: 'export const run = $runner($program);\nexport { $program as program };\n',
  html: '$page($program);\n',
};

function includedModule(path: string, finder: typeof fileModules): FoundModule {
  const found = fileModules.find(utf8Encode(path), process.cwd()) ?? finder.find(utf8Encode(path), process.cwd());
  if (found === null) throw new BuildError(`--include ${path}: there is neither such a program nor such a module of the library`);
  return found;
}

/** Says which import cannot be followed, and what helps. */
function warn({ source, at, path }: OpenImport): void {
  const { line, column } = source.lineAndColumn(at);
  const what =
    path === null
      ? 'this import is computed; name the modules that it may import with --include'
      : `${path} was not found; the import will fail`;
  writeError(`${source.file}:${line}:${column}: ${what}\n`);
}

/** Gives each module its names, and its positions unless it has them. */
function namedModules(modules: readonly ProgramModule[]): NamedModule[] {
  const files = modules.filter(({ library }) => !library).map(({ key }) => key);
  const root = commonFolder(files);
  let base = firstBase(modules);
  return modules.map((module) => {
    const { key, library, source, spellings } = module;
    const own = base;
    if (module.base === null) base += source.text.length + 1;
    const known = library ? libraryManifest().modules.find(({ file }) => key === `lib:${file}`) : undefined;
    const names = library ? (known?.names ?? []) : [nameBelow(root, key)];
    return {
      names: [...new Set([...names, ...spellings])],
      library,
      inner: known?.inner === true,
      source,
      base: module.base ?? own,
    };
  });
}

/** Built programs may be in one process: each takes positions that follow from its text, far above all others. */
function firstBase(modules: readonly ProgramModule[]): number {
  const hash = createHash('sha256');
  for (const { source } of modules) hash.update(source.text).update('\0');
  return 2 ** 32 + hash.digest().readUInt32BE(0) * 2 ** 18;
}

function sourceMap(out: string, mappings: readonly Mapping[], keys: ReadonlyMap<object, string>): string {
  const map = new GenMapping({ file: basename(out) });
  const named = new Map<NamedModule, string>();
  for (const { line, module, at } of mappings) {
    let name = named.get(module);
    if (name === undefined) {
      const key = keys.get(module.source) ?? '';
      name = module.library ? `magnolia:${module.names[0]}.oak` : sourceName(resolve(out), key);
      named.set(module, name);
      setSourceContent(map, name, module.source.text);
    }
    const place = module.source.lineAndColumn(at);
    addMapping(map, {
      generated: { line, column: 0 },
      source: name,
      original: { line: place.line, column: Math.max(0, place.column - 1) },
    });
  }
  return JSON.stringify(toEncodedMap(map));
}

/** The runtime that comes before the program. */
function readRuntime(name: string): string {
  return readFileSync(join(INSTALLED, 'standalone', `${name}.mjs`), 'utf8');
}

async function save(path: string, text: string): Promise<void> {
  try {
    await replaceFile(utf8Encode(path), utf8Encode(text));
  } catch (error) {
    throw new BuildError(`Could not write ${path}: ${errnoText(error)}`);
  }
}
