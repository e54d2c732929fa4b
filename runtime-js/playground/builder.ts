/** Builds the program of the editor as one page, as `magnolia build --target html` does. Loaded with the first download. */
import { VERSION } from '../../embedding/version.ts';
import { report } from '../../language/diagnostics/report.ts';
import type { FoundModule, ModuleFinder } from '../../language/modules.ts';
import { Source } from '../../language/syntax/source.ts';
import { collectModules, ModuleError, type ProgramModule } from '../../tools/build/collect.ts';
import { page } from '../../tools/build/page.ts';
import { type NamedModule, printProgram } from '../../tools/build/print.ts';
import { type LibraryModule, library } from '../library-data.ts';
import { PROGRAM } from './messages.ts';
import { runtime } from './page-runtime.ts';

/** A page, or why there is none. */
export type BuiltPage = { readonly page: string } | { readonly report: string };

/** Its positions lie above all others; there is one program in a page. */
const FIRST_BASE = 2 ** 32;

/** Builds the page of a program. */
export async function buildPage(source: Source, network: 'none' | 'memory'): Promise<BuiltPage> {
  const parts = await Promise.all(library.later.map(({ load }) => load()));
  const modules: { readonly [name: string]: LibraryModule } = Object.assign(
    {},
    library.modules,
    ...parts.map((one) => one.modules),
  );
  const main: FoundModule = { key: PROGRAM, directory: '/', library: false, load: () => source };
  try {
    const collected = collectModules([{ found: main, spelling: null }], finderOf(modules));
    const head = `${runtime}const $program = `;
    const options = { version: VERSION, firstLine: head.split('\n').length, minify: true };
    const { text } = printProgram(named(collected.modules, modules), options);
    return { page: page(PROGRAM, `${head}${text};\n$page($program, '${network}');\n`) };
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    return { report: report(error.problem, { colour: false }) };
  }
}

/** Finds modules of the library by their names. */
function finderOf(modules: { readonly [name: string]: LibraryModule }): ModuleFinder {
  return {
    find(path, _directory, fromLibrary = false) {
      const found = Object.hasOwn(modules, path) ? modules[path] : undefined;
      if (found === undefined || (found.inner === true && !fromLibrary)) return null;
      const [name = path] = namesOf(found, modules);
      return { key: `lib:${name}`, directory: '/', library: true, load: () => new Source(`(lib:${name})`, found.source) };
    },
  };
}

function namesOf(module: LibraryModule, modules: { readonly [name: string]: LibraryModule }): string[] {
  return Object.keys(modules).filter((name) => modules[name] === module);
}

function named(collected: readonly ProgramModule[], modules: { readonly [name: string]: LibraryModule }): NamedModule[] {
  let base = FIRST_BASE;
  return collected.map(({ key, library: isLibrary, source }) => {
    const own = base;
    base += source.text.length + 1;
    const known = isLibrary ? modules[key.slice('lib:'.length)] : undefined;
    const names = known === undefined ? [`/${PROGRAM}`] : namesOf(known, modules);
    return { names, library: isLibrary, inner: known?.inner === true, source, base: own };
  });
}
