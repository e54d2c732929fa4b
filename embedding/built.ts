/**
 * Programs that `magnolia build` has compiled: functions and texts in place of files, found by the names that imports use.
 *
 * A program is data of the module that was built. Other bundlers may have put that module into a larger one, so the places of its
 * calls are measured against two marks in it. Where its lines were moved apart, stack traces do without those places.
 */
import { CALL_FIELDS } from '../language/compiler/call-fields.ts';
import type { FoundModule, ModuleFinder } from '../language/modules.ts';
import type { Compiled, Factory } from '../language/runtime/compile.ts';
import { mistake } from '../language/runtime/errors.ts';
import { registerUnit, type Unit } from '../language/runtime/units.ts';
import { documentation } from '../language/syntax/doc-comments.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Decode, utf8Encode } from '../language/values/bytes.ts';
import { absolutePath, candidatesOf, directoryOf } from './modules.ts';
import type { Library } from './options.ts';
import { VERSION } from './version.ts';

/** A compiled program: the export `program` of what `magnolia build --target browser` writes. Give it to `run` or `load`. */
export interface BuiltProgram {
  /** The version of the package that compiled it; only the same one can run it. */
  readonly magnolia: string;
  readonly start: Mark;
  readonly end: Mark;
  /** The program itself comes first. */
  readonly modules: readonly BuiltModule[];
}

/** A place in the built module: the line on which `at` makes an error. */
interface Mark {
  readonly line: number;
  at(): Error;
}

/** A module of a built program. */
export interface BuiltModule {
  /** What imports call it: names of the library, or paths below the folder that is the root of all files. */
  readonly names: readonly string[];
  readonly library: boolean;
  /** Whether only library modules can import it. */
  readonly inner: boolean;
  readonly source: string;
  readonly base: number;
  /** Line, position and call site of each call; lines and positions are differences from the call before. */
  readonly calls: readonly number[];
  readonly factory: Factory;
}

/** Whether a program was compiled by `magnolia build`. */
export function isBuilt(program: object): program is BuiltProgram {
  return 'magnolia' in program && 'modules' in program;
}

/** The name of a module in errors. */
function fileOf({ names: [name = ''], library }: BuiltModule): string {
  return library ? `(lib:${name})` : name.slice(1);
}

/** Where a built module is now: its script, and by how much its lines have moved; null where they are not together any more. */
interface Shift {
  readonly script: string;
  readonly lines: number | null;
}

function shiftOf({ start, end }: BuiltProgram): Shift {
  const [first, last] = [placeOf(start.at()), placeOf(end.at())];
  if (first === null || last === null) return { script: '(built)', lines: null };
  const isWhole = last.line - first.line === end.line - start.line;
  return { script: first.script, lines: isWhole ? first.line - start.line : null };
}

/** Script and line of the innermost frame of a stack. */
function placeOf({ stack = '' }: Error): { readonly script: string; readonly line: number } | null {
  const [, script, line] = /^(?:.*?(?:\(|@)|\s*at )(.*):(\d+):\d+\)?$/m.exec(stack) ?? [];
  return script === undefined ? null : { script, line: Number(line) };
}

/** The modules of one built program, each compiled object made once for all runtimes that run it. */
class BuiltModules {
  readonly #shift: () => Shift;
  readonly #byName = new Map<string, BuiltModule>();
  readonly #compiled = new Map<BuiltModule, Compiled>();

  constructor(program: BuiltProgram) {
    let shift: Shift | null = null;
    this.#shift = () => {
      shift ??= shiftOf(program);
      return shift;
    };
    for (const module of program.modules) for (const name of module.names) this.#byName.set(name, module);
  }

  named(name: string, fromLibrary: boolean): BuiltModule | null {
    const found = this.#byName.get(name);
    return found === undefined || (found.inner && !fromLibrary) ? null : found;
  }

  compiled(module: BuiltModule): Compiled {
    const known = this.#compiled.get(module);
    if (known !== undefined) return known;
    const source = new Source(fileOf(module), module.source);
    const shift = this.#shift;
    const unit: Unit = {
      base: module.base,
      length: source.text.length,
      get script() {
        return shift().script;
      },
      source: () => source,
      calls: () => callsOf(module, shift().lines),
    };
    registerUnit(unit);
    const made: Compiled = { factory: module.factory, unit };
    this.#compiled.set(module, made);
    return made;
  }
}

/** The calls of a module as `Unit` has them. */
function callsOf({ base, calls }: BuiltModule, shift: number | null): number[] {
  if (shift === null) return [];
  const sums = [shift, base];
  return calls.map((value, i) => {
    const field = i % CALL_FIELDS;
    if (field > 1) return value;
    sums[field] = (sums[field] ?? 0) + value;
    return sums[field] ?? 0;
  });
}

const known = new WeakMap<BuiltProgram, BuiltModules>();

function modulesOf(program: BuiltProgram): BuiltModules {
  let modules = known.get(program);
  if (modules === undefined) {
    modules = new BuiltModules(program);
    known.set(program, modules);
  }
  return modules;
}

/** The program itself, and the directory (below `root`, which no other module has) from which it imports. */
export function builtMain(program: BuiltProgram, root: string): { readonly compiled: Compiled; readonly directory: string } {
  const [main] = program.modules;
  if (program.magnolia !== VERSION || main === undefined)
    throw new Error(`This program was compiled by magnolia ${program.magnolia}, and this is ${VERSION}: build it again`);
  return { compiled: modulesOf(program).compiled(main), directory: root + directoryOf(main.names[0] ?? '/') };
}

/** Finds what modules of a built program import: the library, then other files. Their directories begin with `root`. */
export function builtFinder(program: BuiltProgram, root: string): ModuleFinder {
  const modules = modulesOf(program);
  const found = (module: BuiltModule): FoundModule => {
    const [name = ''] = module.names;
    const directory = root + (module.library ? '/' : directoryOf(name));
    return { key: `${root} ${fileOf(module)}`, directory, library: module.library, load: () => modules.compiled(module) };
  };
  return {
    find(path, directory, fromLibrary = false) {
      const asked = utf8Decode(path);
      const library = modules.named(asked, fromLibrary);
      if (library?.library) return found(library);
      for (const candidate of candidatesOf(asked, absolutePath(asked, directory.slice(root.length)))) {
        const module = modules.named(candidate, fromLibrary);
        if (module !== null && !module.library) return found(module);
      }
      throw mistake('not-included', { path });
    },
  };
}

/** The modules of the library that were compiled with a program. */
export function builtLibrary(program: BuiltProgram): Library {
  const modules = program.modules.filter(({ library, inner }) => library && !inner);
  return {
    names: () => modules.flatMap(({ names }) => names),
    known: () => ({
      modules: Object.fromEntries(
        modules.map(({ names: [name = ''], source }) => [name, documentation(source).members.map((one) => one.name)]),
      ),
      aliases: Object.fromEntries(modules.flatMap(({ names: [first = '', ...more] }) => more.map((name) => [name, first]))),
      elsewhere: [],
    }),
    find: () => null, // its programs are found by builtFinder
    source(name) {
      const found = modules.find(({ names }) => names.includes(utf8Decode(name)));
      return found === undefined ? undefined : utf8Encode(found.source);
    },
  };
}
