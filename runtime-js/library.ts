/**
 * The standard library in the bundle: texts, each of which is compiled when it is first imported.
 *
 * The modules of each folder of lib/ are a separate part, which is loaded before a program starts that has the name of one of
 * them in a string.
 */
import type { Library } from '../embedding/options.ts';
import type { ElsewhereModule, LibraryNames } from '../language/diagnostics/library.ts';
import { type Compiled, compile } from '../language/runtime/compile.ts';
import { documentation } from '../language/syntax/doc-comments.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { type LibraryModule, type LibraryPart, library } from './library-data.ts';

const modules: { [name: string]: LibraryModule } = { ...library.modules };
/** The parts of the library that are not there yet. */
const later = new Set(library.later);
let elsewhere: readonly ElsewhereModule[] | null = null;
const IMPORTED = /\bimport\(\s*['"]([\w/-]+)['"]/g;
/** Compiled once for all programs of a page. */
const compiled = new Map<LibraryModule, Compiled>();

/** The library of programs in browsers. */
export const bundledLibrary: Library = {
  known: knownNames,
  names: () => [...Object.keys(library.modules), ...library.later.flatMap(({ names }) => names)],
  prepare(texts) {
    const all = [...texts];
    const wanted = wantedBy(all);
    const strange = elsewhere === null && importsStrangers(all);
    if (wanted.length === 0 && !strange) return null;
    return Promise.all([loadParts(wanted), strange ? loadElsewhere() : null]).then(() => {});
  },
  source(name) {
    const found = moduleNamed(name);
    return found === undefined || found.inner ? undefined : utf8Encode(found.source);
  },
  find(name, fromLibrary = false) {
    const found = moduleNamed(name);
    if (found === undefined || (found.inner && !fromLibrary)) return null;
    return { key: `lib:${nameOf(found)}`, directory: '/', library: true, load: () => load(found) };
  },
};

function moduleNamed(name: string): LibraryModule | undefined {
  return Object.hasOwn(modules, name) ? modules[name] : undefined;
}

/** The parts, not there yet, that have a module whose name is a string in one of the texts. */
function wantedBy(texts: Iterable<string>): LibraryPart[] {
  const wanted = new Set<LibraryPart>();
  for (const text of texts) {
    for (const part of later)
      if (part.names.some((name) => text.includes(`'${name}'`) || text.includes(`"${name}"`))) wanted.add(part);
  }
  return [...wanted];
}

/** Whether a text imports something, not by the path of a file, that the library does not have. */
function importsStrangers(texts: readonly string[]): boolean {
  const names = bundledLibrary.names();
  return texts.some((text) => Array.from(text.matchAll(IMPORTED), ([, name = '']) => name).some((name) => !names.includes(name)));
}

async function loadElsewhere(): Promise<void> {
  ({ elsewhere } = await library.elsewhere());
}

/** What hints say: the names in the modules that are here are read from their sources. */
function knownNames(): LibraryNames {
  const names: { [name: string]: readonly string[] } = {};
  const aliases: { [name: string]: string } = {};
  for (const [name, module] of Object.entries(library.modules)) {
    const own = nameOf(module);
    if (name !== own) aliases[name] = own;
    else names[name] = documentation(module.source).members.map((one) => one.name);
  }
  return { modules: Object.assign(names, ...library.later.map(({ members }) => members)), aliases, elsewhere: elsewhere ?? [] };
}

/** Loads parts of the library, and the parts that their modules import. */
async function loadParts(parts: readonly LibraryPart[]): Promise<void> {
  const loaded = await Promise.all(parts.map(({ load }) => load()));
  for (const part of parts) later.delete(part);
  for (const { modules: more } of loaded) Object.assign(modules, more);
  const wanted = wantedBy(loaded.flatMap(({ modules: more }) => Object.values(more).map(({ source }) => source)));
  if (wanted.length > 0) await loadParts(wanted);
}

/** A module may have two names; this is the first. */
function nameOf(module: LibraryModule): string {
  return Object.keys(modules).find((name) => modules[name] === module) ?? '';
}

function load(module: LibraryModule): Compiled {
  let made = compiled.get(module);
  if (made === undefined) {
    made = compile(new Source(`(lib:${nameOf(module)})`, module.source));
    compiled.set(module, made);
  }
  return made;
}
