/** What a program consists of: its file, and every module that it imports by a literal name. */
import { parseProblem } from '../../language/diagnostics/describe.ts';
import type { Problem } from '../../language/diagnostics/problem.ts';
import { importedPath } from '../../language/diagnostics/visible-names.ts';
import type { FoundModule, ModuleFinder } from '../../language/modules.ts';
import type { Expr } from '../../language/syntax/ast.ts';
import { children } from '../../language/syntax/ast-walk.ts';
import { parseProgram } from '../../language/syntax/parser.ts';
import { Source } from '../../language/syntax/source.ts';
import { utf8Decode } from '../../language/values/bytes.ts';

/** A module of a program. */
export interface ProgramModule {
  /** The same for every spelling of the same module. */
  readonly key: string;
  readonly library: boolean;
  readonly source: Source;
  /** The positions of its code, if those are given: the built library has its own. */
  readonly base: number | null;
  /** What imports call it: all names for the library, absolute paths for files. */
  readonly spellings: Set<string>;
}

/** An import that says only when it runs what it imports, or imports what was not found. */
export interface OpenImport {
  readonly source: Source;
  readonly at: number;
  /** Null for one that is computed. */
  readonly path: string | null;
}

/** A program with all its modules, itself first. */
export interface Collected {
  readonly modules: readonly ProgramModule[];
  readonly open: readonly OpenImport[];
}

/** An import of a module, and what it calls it; null for the program itself. */
interface Import {
  readonly found: FoundModule;
  readonly spelling: string | null;
}

/** A module that is not a program. */
export class ModuleError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.reason);
  }
}

/** Does something with the text of a module; a `ParseError` becomes a `ModuleError`. */
export function withModule<T>(source: Source, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const problem = parseProblem(source, error);
    throw problem === null ? error : new ModuleError(problem);
  }
}

/** Follows the imports of some modules, each module once. Throws a `ModuleError` for one that is not a program. */
export function collectModules(first: readonly Import[], finder: ModuleFinder): Collected {
  const modules = new Map<string, ProgramModule>();
  const open: OpenImport[] = [];
  const waiting = [...first];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { found, spelling } = next;
    const module = modules.get(found.key) ?? moduleOf(found);
    if (spelling !== null && (found.library || spelling.startsWith('/'))) module.spellings.add(spelling);
    if (modules.has(found.key)) continue;
    modules.set(found.key, module);
    for (const { at, path } of importsOf(module.source)) {
      const imported = path === null ? null : finder.find(path, found.directory, found.library);
      const name = path === null ? null : utf8Decode(path);
      if (imported === null) open.push({ source: module.source, at, path: name });
      else waiting.push({ found: imported, spelling: name });
    }
  }
  return { modules: [...modules.values()], open };
}

function moduleOf(found: FoundModule): ProgramModule {
  const loaded = found.load();
  const { key, library } = found;
  const [source, base] = loaded instanceof Source ? [loaded, null] : [loaded.unit.source(), loaded.unit.base];
  return { key, library, source, base, spellings: new Set() };
}

/** The imports in a text: where, and of what (byte text) unless that is computed. */
function importsOf(source: Source): { readonly at: number; readonly path: string | null }[] {
  const found: { at: number; path: string | null }[] = [];
  const rest: Expr[] = [...withModule(source, () => parseProgram(source)).body];
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    if (node.kind === 'call' && node.callee.kind === 'name' && node.callee.name === 'import')
      found.push({ at: node.start, path: importedPath(node) });
    rest.push(...children(node));
  }
  return found.sort((a, b) => a.at - b.at);
}
