/** What the rules share: the text at hand, the modules that it imports, and where their findings go. */
import type { Variable } from '../../language/compiler/resolver.ts';
import type { ManifestModule } from '../../language/diagnostics/library.ts';
import type { CallExpr, Expr, NameExpr } from '../../language/syntax/ast.ts';
import { utf8Decode } from '../../language/values/bytes.ts';
import { type Analysis, importedPath, localCallable } from './analysis.ts';
import type { Diagnostic, WarningCode } from './diagnostic.ts';
import { type Callable, callableOf, type World } from './world.ts';

/** A module that a text imports: its name in messages, and what it has. */
export interface Module {
  readonly name: string;
  /** Null where that is not known. */
  readonly members: ReadonlyMap<string, Callable | null>;
  readonly library: boolean;
}

/** Longer expressions are not repeated in messages. */
const QUOTED_LENGTH = 30;

export class Context {
  readonly analysis: Analysis;
  readonly world: World;
  readonly found: Diagnostic[] = [];
  readonly #analysisOf: (source: Analysis['source']) => Analysis;
  readonly #modules = new Map<string, Module | null>();

  constructor(analysis: Analysis, world: World, analysisOf: (source: Analysis['source']) => Analysis) {
    this.analysis = analysis;
    this.world = world;
    this.#analysisOf = analysisOf;
  }

  /** Notes a warning about a node. */
  warn(code: WarningCode, node: Pick<Expr, 'start' | 'end'>, message: string, hint: string | null = null): void {
    const { start, end } = node;
    this.found.push({ code, severity: 'warning', message, hint, start, end, at: start, related: null });
  }

  /** Whether the text is one of the standard library. */
  get inLibrary(): boolean {
    return this.world.isLibrary?.(this.analysis.source) === true;
  }

  /** The text of a node, if it is short. */
  written(node: Expr): string | null {
    const { source } = this.analysis;
    const { line, column } = source.lineAndColumn(node.start);
    const length = node.end - node.start;
    if (length > QUOTED_LENGTH || source.lineAndColumn(node.end).line !== line) return null;
    return [...source.line(line)].slice(column - 1, column - 1 + length).join('');
  }

  /** Whether a name is a builtin that nothing in the text takes the place of. */
  isBuiltin(name: NameExpr): boolean {
    return this.analysis.isUnbound(name) && (name.name === 'import' || this.world.builtins.has(name.name));
  }

  /** The module that an expression certainly is; null for anything else, and for an import that leads nowhere. */
  moduleOf(node: Expr): Module | null {
    const value = node.kind === 'name' ? this.analysis.valueOf(node) : node;
    const path = value === null ? null : importedPath(value, this.analysis);
    return path === null ? null : this.module(path);
  }

  /** The module with a path (byte text); null if there is none. */
  module(path: string): Module | null {
    let module = this.#modules.get(path);
    if (module === undefined) {
      module = this.#find(utf8Decode(path));
      this.#modules.set(path, module);
    }
    return module;
  }

  /** What a call certainly calls, if its parameters are known. */
  callableOf({ callee }: CallExpr): Callable | null {
    if (callee.kind === 'name') {
      if (this.isBuiltin(callee)) return this.world.builtins.get(callee.name) ?? null;
      const variable = this.analysis.variableOf(callee) ?? this.#self(callee);
      if (variable === null) return null;
      const value = this.analysis.valueOfVariable(variable);
      if (value?.kind === 'fn') return localCallable(value, callee.name, this.analysis);
      return this.#imported(variable);
    }
    if (callee.kind !== 'property' || callee.key.kind !== 'name') return null;
    return this.moduleOf(callee.object)?.members.get(callee.key.name) ?? null;
  }

  /** A function that calls itself by its name. */
  #self(callee: NameExpr): Variable | null {
    const [variable] = this.analysis.names.references.get(callee)?.variables ?? [];
    if (variable?.kind !== 'self' || variable.owner.node === null) return null;
    return this.analysis.names.named.get(variable.owner.node) ?? null;
  }

  /** A name that was taken out of a module: `{ map: map } := import('std')`. */
  #imported(variable: Variable): Callable | null {
    const origin = this.analysis.takenFrom.get(variable);
    return origin === undefined ? null : (this.module(origin.path)?.members.get(origin.member) ?? null);
  }

  #find(path: string): Module | null {
    const found = this.world.resolve(path, this.analysis.source);
    if (found === null) return null;
    if (found.kind === 'file') return { name: path, members: this.#analysisOf(found.source).members(), library: false };
    const module = this.world.library.modules.find(({ names }) => names.includes(found.name));
    return module === undefined ? null : { name: found.name, members: libraryMembers(found.name, module), library: true };
  }
}

/** Inner modules do not say which of their parameters may be left out. */
function libraryMembers(name: string, { members, inner }: ManifestModule): Map<string, Callable | null> {
  return new Map(
    members.map((one) => {
      const callable = callableOf(name, one);
      return [one.name, callable === null || !inner ? callable : { ...callable, least: 0 }];
    }),
  );
}
