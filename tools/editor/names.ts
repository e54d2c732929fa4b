/** Where the names of a text are written: each place, with the variables that it may mean. */
import type { Variable } from '../../language/compiler/resolver.ts';
import type { ClassExpr, FnExpr } from '../../language/syntax/ast.ts';
import { lex, type Token } from '../../language/syntax/lexer.ts';
import type { Analysis } from '../check/analysis.ts';

/** A name as it is written. Places are code points. */
export interface Occurrence {
  readonly start: number;
  readonly end: number;
  /** The variables that it may mean, the innermost first. */
  readonly variables: readonly Variable[];
  /** Whether it assigns the variable: a `:=`, a parameter, the name of a function. */
  readonly binds: boolean;
}

const known = new WeakMap<Analysis, readonly Occurrence[]>();

/** All names of a text that variables have, in the order of the text. */
export function occurrences(analysis: Analysis): readonly Occurrence[] {
  let found = known.get(analysis);
  if (found === undefined) {
    found = collect(analysis);
    known.set(analysis, found);
  }
  return found;
}

/** The name at a place, which may also be its end. */
export function occurrenceAt(analysis: Analysis, at: number): Occurrence | null {
  return occurrences(analysis).find(({ start, end }) => start <= at && at <= end) ?? null;
}

/**
 * All places that mean the same variable. Where a name may mean several variables, because it depends on what ran before, these
 * belong together.
 */
export function sameNames(analysis: Analysis, { variables }: Occurrence): readonly Occurrence[] {
  const all = occurrences(analysis);
  const group = new Set(variables);
  for (let size = 0; size < group.size; ) {
    size = group.size;
    for (const one of all)
      if (one.variables.some((variable) => group.has(variable))) for (const other of one.variables) group.add(other);
  }
  return all.filter((one) => one.variables.some((variable) => group.has(variable)));
}

/** Where a variable gets its first value. */
export function bindingOf(analysis: Analysis, variable: Variable): Occurrence | null {
  return occurrences(analysis).find(({ binds, variables }) => binds && variables.includes(variable)) ?? null;
}

function collect(analysis: Analysis): readonly Occurrence[] {
  const { names } = analysis;
  const found: Occurrence[] = [];
  const definitions = new Set(names.definitions.keys());
  for (const [{ start, end }, variable] of names.definitions) found.push({ start, end, variables: [variable], binds: true });
  for (const [node, { variables }] of names.references) {
    if (definitions.has(node)) continue;
    const { start, end } = node;
    found.push({ start, end, variables: variables.map((one) => namedVariable(analysis, one)), binds: false });
  }
  const { tokens } = lex(analysis.source);
  const indexOf = new Map(tokens.map((token, i) => [token.start, i]));
  for (const node of names.funcs.keys()) {
    const from = indexOf.get(node.at);
    if (from !== undefined) found.push(...headNames(analysis, node, tokens, from + 1));
  }
  return found.sort((a, b) => a.start - b.start);
}

/** A function's own name inside itself is the variable that the function binds. */
function namedVariable({ names }: Analysis, variable: Variable): Variable {
  const { node } = variable.owner;
  return variable.kind === 'self' && node !== null ? (names.named.get(node) ?? variable) : variable;
}

/** The name and the parameters of a function or class; `from` is the token behind the keyword. */
function headNames(analysis: Analysis, node: FnExpr | ClassExpr, tokens: readonly Token[], from: number): Occurrence[] {
  const found: Occurrence[] = [];
  const add = ({ start, end }: Token, variable: Variable | null | undefined): void => {
    if (variable) found.push({ start, end, variables: [variable], binds: true });
  };
  let at = from;
  const name = tokens[at];
  if (node.name !== '' && name?.kind === 'name') {
    add(name, analysis.names.named.get(node));
    at++;
  }
  if (tokens[at]?.kind !== '(') return found;
  const params = analysis.names.params.get(node) ?? [];
  let index = 0;
  for (const token of tokens.slice(at + 1)) {
    if (token.kind === ')') break;
    if (token.kind === 'name' || token.kind === '_') add(token, params[index++]);
  }
  return found;
}
