/**
 * The standard library in the bundle: what many programs import as functions, the rest as text that is compiled when it is first imported.
 *
 * Compiled code is several times as long as its source, and a page should not have to load what it does not use. The functions stand in a file of
 * their own, so that the lines of that file tell which calls were running when an error was made. Where another bundler has put
 * them somewhere else, such calls are left out of stack traces.
 *
 * The mail modules are in a second file, which is loaded before a program starts that has the name of one of them in a string.
 */
import type { Library } from '../embedding/options.ts';
import { CALL_FIELDS } from '../language/compiler/steps.ts';
import { type Compiled, compile } from '../language/runtime/compile.ts';
import { registerUnit, type Unit } from '../language/runtime/units.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { type LibraryModule, library } from './library-data.ts';

const modules: { [name: string]: LibraryModule } = { ...library.modules };
/** The name of a module that is not there yet, as `import` is given it. */
const LATER = new RegExp(`(['"])(?:${library.later.join('|')})\\1`);
let loading: Promise<void> | null = null;
/** Compiled once for all programs of a page. */
const compiled = new Map<LibraryModule, Compiled>();
const SCRIPT = 'magnolia-library.js';

/** The library of programs in browsers. */
export const bundledLibrary: Library = {
  names: () => [...new Set([...Object.keys(modules), ...library.later])],
  prepare(texts) {
    if (library.later.every((name) => Object.hasOwn(modules, name))) return null;
    for (const text of texts) {
      if (!LATER.test(text)) continue;
      loading ??= loadMail();
      return loading;
    }
    return null;
  },
  source: (name) => (Object.hasOwn(modules, name) ? utf8Encode(modules[name]?.source ?? '') : undefined),
  find(name) {
    const found = Object.hasOwn(modules, name) ? modules[name] : undefined;
    if (found === undefined) return null;
    return { key: `lib:${nameOf(found)}`, directory: '/', library: true, load: () => load(found) };
  },
};

async function loadMail(): Promise<void> {
  const { sources } = await import('./mail-data.ts');
  const found = new Map<string, LibraryModule>();
  for (const [name, source] of Object.entries(sources)) {
    const module = found.get(source) ?? { source, base: 0, factory: null };
    found.set(source, module);
    modules[name] = module;
  }
}

/** A module may have two names; this is the first. */
function nameOf(module: LibraryModule): string {
  return Object.keys(modules).find((name) => modules[name] === module) ?? '';
}

function load(module: LibraryModule): Compiled {
  let made = compiled.get(module);
  if (made === undefined) {
    const source = new Source(`(lib:${nameOf(module)})`, module.source);
    made = module.factory === null ? compile(source) : { factory: module.factory, unit: unitOf(module, source) };
    compiled.set(module, made);
  }
  return made;
}

function unitOf({ base }: LibraryModule, source: Source): Unit {
  knowScript();
  const { length } = source.text;
  const calls = (): number[] => {
    const all = script.calls();
    const own: number[] = [];
    for (let i = 0; i < all.length; i += CALL_FIELDS) {
      const at = all[i + 1] ?? 0;
      if (at >= base && at <= base + length) own.push(...all.slice(i, i + CALL_FIELDS));
    }
    return own;
  };
  const unit: Unit = { base, length, script: SCRIPT, source: () => source, calls };
  registerUnit(unit);
  return unit;
}

let table: number[] | null = null;

/** All of the file, by which a line of it is found; it owns no positions. */
const script: Unit = {
  base: -1,
  length: 0,
  script: SCRIPT,
  source: () => new Source(SCRIPT, ''),
  calls() {
    if (table !== null) return table;
    const sums = [0, 0];
    table = library.calls.map((value, i) => {
      const field = i % CALL_FIELDS;
      if (field > 1) return value;
      sums[field] = (sums[field] ?? 0) + value;
      return sums[field] ?? 0;
    });
    return table;
  },
};

let known = false;

/** It has to be known before the modules of the file are. */
function knowScript(): void {
  if (known) return;
  known = true;
  registerUnit(script);
}
