/** What is known about one text: its tree, what its names mean, and what its module has to offer. */
import { type Resolution, resolve, type Variable } from '../../language/compiler/resolver.ts';
import type { Expr, FnExpr, NameExpr, ObjectExpr, Program } from '../../language/syntax/ast.ts';
import { children } from '../../language/syntax/ast-walk.ts';
import type { ParseError } from '../../language/syntax/parse-error.ts';
import type { Source } from '../../language/syntax/source.ts';
import { parseWithRecovery } from './recover.ts';
import type { Callable } from './world.ts';

export class Analysis {
  readonly source: Source;
  readonly program: Program;
  readonly errors: readonly ParseError[];
  /** Lines that could not be parsed as a whole. */
  readonly brokenLines: ReadonlySet<number>;
  readonly names: Resolution;
  /** Every node, those around others first. */
  readonly nodes: readonly Expr[];
  /** Expressions whose values nothing takes, because others follow them. */
  readonly dropped: ReadonlySet<Expr>;
  /** Variables that something reads. */
  readonly read: ReadonlySet<Variable>;
  /** Variables that were taken out of an imported module: `{ map: map } := import('std')`. */
  readonly takenFrom = new Map<Variable, { readonly path: string; readonly member: string }>();
  readonly #mentioned: ReadonlySet<string>;
  readonly #complete: boolean;
  readonly #values = new Map<Variable, Expr>();

  constructor(source: Source) {
    const { program, errors, mentioned, brokenLines, complete } = parseWithRecovery(source);
    this.source = source;
    this.program = program;
    this.errors = errors;
    this.brokenLines = brokenLines;
    this.names = resolve(program);
    this.#mentioned = mentioned;
    this.#complete = complete;
    this.nodes = allNodes(program);
    this.dropped = droppedNodes(program, this.nodes);
    this.read = this.#readVariables();
    for (const node of this.nodes) this.#noteValue(node);
  }

  /** Whether a name (byte text) is in a part of the text that could not be parsed. */
  isMentioned(name: string): boolean {
    return !this.#complete || this.#mentioned.has(name);
  }

  /** The variable that a name certainly means, if only one place binds it. */
  variableOf(name: NameExpr): Variable | null {
    const variables = this.names.references.get(name)?.variables ?? [];
    const [variable] = variables;
    return variables.length === 1 && variable?.bindings === 1 ? variable : null;
  }

  /** What a name certainly has as its value; null if that is not known. */
  valueOf(name: NameExpr): Expr | null {
    const variable = this.variableOf(name);
    return variable === null ? null : this.valueOfVariable(variable);
  }

  valueOfVariable(variable: Variable): Expr | null {
    return variable.bindings === 1 ? (this.#values.get(variable) ?? null) : null;
  }

  /** Whether a name means a builtin, or nothing: no place binds it. */
  isUnbound(name: NameExpr): boolean {
    const variables = this.names.references.get(name)?.variables;
    return variables?.every(({ bindings }) => bindings === 0) === true;
  }

  /** What the module has, by name; null for what is not a function with known parameters. */
  members(): ReadonlyMap<string, Callable | null> {
    const members = new Map<string, Callable | null>();
    for (const [name, variable] of this.names.moduleVariables) {
      if (variable.bindings === 0) continue;
      const value = this.valueOfVariable(variable);
      members.set(name, value?.kind === 'fn' ? localCallable(value, name, this) : null);
    }
    return members;
  }

  #noteValue(node: Expr): void {
    if (node.kind === 'fn' || node.kind === 'class') {
      const variable = this.names.named.get(node);
      if (variable !== undefined) this.#values.set(variable, node);
    } else if (node.kind === 'assign' && node.target.kind === 'name') {
      const variable = this.names.definitions.get(node.target);
      if (variable !== undefined) this.#values.set(variable, node.value);
    } else if (node.kind === 'assign' && node.target.kind === 'object') {
      const path = importedPath(node.value, this);
      if (path !== null) this.#noteTaken(node.target, path);
    }
  }

  #noteTaken({ entries }: ObjectExpr, path: string): void {
    for (const { key, value } of entries) {
      const variable = value.kind === 'name' ? this.names.definitions.get(value) : undefined;
      if (variable?.bindings === 1 && key.kind === 'name') this.takenFrom.set(variable, { path, member: key.name });
    }
  }

  #readVariables(): Set<Variable> {
    const written = new Set<NameExpr>();
    for (const node of this.nodes) if (node.kind === 'assign') for (const name of namesIn(node.target)) written.add(name);
    const read = new Set<Variable>();
    for (const [name, { variables }] of this.names.references) {
      if (!written.has(name)) for (const one of variables) read.add(one.kind === 'self' ? this.#named(one) : one);
    }
    return read;
  }

  /** The variable of a function that calls itself. */
  #named(self: Variable): Variable {
    const node = self.owner.node;
    return (node === null ? undefined : this.names.named.get(node)) ?? self;
  }
}

/** The names that an assignment writes to. */
export function namesIn(target: Expr): NameExpr[] {
  switch (target.kind) {
    case 'name':
      return [target];
    case 'list':
      return target.items.filter((item) => item.kind === 'name');
    case 'object':
      return target.entries.flatMap(({ value }) => (value.kind === 'name' ? [value] : []));
    default:
      return [];
  }
}

/** The path of `import('path')`, as byte text; null for anything else. */
export function importedPath(node: Expr, analysis: Analysis): string | null {
  if (node.kind !== 'call' || node.callee.kind !== 'name' || node.callee.name !== 'import') return null;
  const [path] = node.args;
  return path?.kind === 'string' && analysis.isUnbound(node.callee) ? path.text : null;
}

function allNodes(program: Program): Expr[] {
  const nodes: Expr[] = [];
  const rest = program.body.toReversed();
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    nodes.push(node);
    const below = children(node);
    for (let i = below.length - 1; i >= 0; i--) rest.push(below[i] as Expr); // in range
  }
  return nodes;
}

function droppedNodes(program: Program, nodes: readonly Expr[]): Set<Expr> {
  const dropped = new Set<Expr>(program.body.slice(0, -1));
  for (const node of nodes) if (node.kind === 'block') for (const one of node.body.slice(0, -1)) dropped.add(one);
  return dropped;
}

/** Operators whose result says how two values compare. */
const COMPARING: ReadonlySet<string> = new Set(['=', '==', '!=']);

/** A function of the program: it needs those parameters that it works with and never compares. */
export function localCallable(fn: FnExpr, name: string, analysis: Analysis): Callable {
  const params = (analysis.names.params.get(fn) ?? []).slice(0, fn.params.length);
  const needed = neededParameters(fn, analysis);
  const least = params.findLastIndex((param) => param !== null && needed.has(param)) + 1;
  return { name, least, most: fn.rest === null ? fn.params.length : null, options: null, resultNeeded: false };
}

const neededOf = new WeakMap<Analysis, { readonly used: ReadonlySet<Variable>; readonly compared: ReadonlySet<Variable> }>();

function neededParameters(fn: FnExpr, analysis: Analysis): Set<Variable> {
  const { used, compared } = parameterUses(analysis);
  const params = (analysis.names.params.get(fn) ?? []).slice(0, fn.params.length); // without the rest
  return new Set(params.filter((one) => one !== null && used.has(one) && !compared.has(one)) as Variable[]); // so no null
}

/** The variables that a program works with as operands, callees or containers, and those that it compares. */
function parameterUses(analysis: Analysis): { readonly used: ReadonlySet<Variable>; readonly compared: ReadonlySet<Variable> } {
  const known = neededOf.get(analysis);
  if (known !== undefined) return known;
  const used = new Set<Variable>();
  const compared = new Set<Variable>();
  const note = (node: Expr, into: Set<Variable>): void => {
    if (node.kind !== 'name') return;
    for (const one of analysis.names.references.get(node)?.variables ?? []) into.add(one);
  };
  for (const node of analysis.nodes) {
    switch (node.kind) {
      case 'binary': {
        const into = COMPARING.has(node.op) ? compared : used;
        note(node.left, into);
        note(node.right, into);
        break;
      }
      case 'unary':
        note(node.value, used);
        break;
      case 'call':
        note(node.callee, used);
        break;
      case 'property':
        note(node.object, used);
        break;
      case 'if':
        note(node.subject, compared);
        for (const { target } of node.arms) note(target, compared);
        break;
      case 'assign':
        // `xs.0 := 1` needs an xs; `x <- default` sets one that had no value.
        for (const name of namesIn(node.target)) note(name, compared);
        break;
      default:
    }
  }
  const found = { used, compared };
  neededOf.set(analysis, found);
  return found;
}
