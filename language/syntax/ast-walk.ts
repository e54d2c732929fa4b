/**
 * Walking the syntax tree.
 *
 * Trees are at most some hundred levels deep, save in one direction: `a + b + c`, `a.b.c`, `f()()()` and `a |> f() |> g()` grow
 * to the left without limit. A walk that calls itself for the children has to go down that spine in a loop, with `leftChild`.
 * And an arm's body may belong to the next arm, too: visiting it once for each arm takes exponential time.
 */

import type { CallExpr, Expr, IfExpr, Program } from './ast.ts';

/** Whether a call was written as a pipe, so that its first argument is written before its callee. */
export function isPiped(call: CallExpr): boolean {
  const first = call.args[0];
  return first !== undefined && first.start < call.callee.start;
}

// biome-ignore format: a table
/** The child that continues the left spine of a tree, or null where the spine ends. */
export function leftChild(node: Expr): Expr | null {
  switch (node.kind) {
    case 'binary': return node.left;
    case 'property': return node.object;
    case 'call': return isPiped(node) ? (node.args[0] ?? node.callee) : node.callee;
    default: return null;
  }
}

// biome-ignore format: a table
/** A left spine: its nodes, outermost first, and the node at its end. */
export function leftSpine(node: Expr): { readonly spine: readonly Expr[]; readonly base: Expr } {
  const spine: Expr[] = [];
  let base = node;
  for (let left = leftChild(base); left !== null; left = leftChild(base)) {
    spine.push(base);
    base = left;
  }
  return { spine, base };
}

/** The nodes directly below a node, in the order in which they were written; a body that arms share comes once. */
export function children(node: Expr): readonly Expr[] {
  switch (node.kind) {
    case 'list':
      return node.items;
    case 'object':
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case 'block':
      return node.body;
    case 'fn':
      return [node.body];
    case 'class':
      return [...node.statics, ...(node.parents ?? []), node.body];
    case 'unary':
      return [node.value];
    case 'binary':
      return [node.left, node.right];
    case 'property':
      return [node.object, node.key];
    case 'call':
      return [node.callee, ...node.args, ...(node.spread === null ? [] : [node.spread])];
    case 'if':
      return ifChildren(node);
    case 'assign':
      return [node.target, node.value];
    default:
      return [];
  }
}

/** The nodes directly below a node that can be evaluated: all but the names that are keys. */
export function operandsOf(node: Expr): readonly Expr[] {
  switch (node.kind) {
    case 'object':
      return node.entries.flatMap(({ key, value }) => (key.kind === 'name' ? [value] : [key, value]));
    case 'property':
      return node.key.kind === 'name' ? [node.object] : [node.object, node.key];
    default:
      return children(node);
  }
}

/** Visits all nodes below some nodes, and these, parents before their children; not below a node for which `visit` returns false. */
export function walk(nodes: readonly Expr[], visit: (node: Expr) => boolean | undefined): void {
  const rest = [...nodes].reverse();
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    if (visit(node) === false) continue;
    const below = operandsOf(node);
    for (let i = below.length - 1; i >= 0; i--) rest.push(below[i] as Expr); // in range
  }
}

/** The first of the nodes that are nested deepest; null in an empty program. */
export function deepestNode(program: Program): Expr | null {
  let deepest: Expr | null = null;
  for (let level = program.body; level.length > 0; level = level.flatMap(children)) deepest = level[0] ?? null;
  return deepest;
}

function ifChildren(node: IfExpr): Expr[] {
  const found: Expr[] = [node.subject];
  let body: Expr | null = null;
  for (const arm of node.arms) {
    if (body !== null && body !== arm.body) found.push(body);
    found.push(arm.target);
    body = arm.body;
  }
  if (body !== null) found.push(body);
  return found;
}

/**
 * The innermost node whose `at` is exactly that code point, of one kind if a kind is given. Null if there is none.
 *
 * Errors at run time carry only a place; this finds the node there, for texts that quote the source.
 */
export function nodeAt<K extends Expr['kind'] = Expr['kind']>(
  program: Program,
  at: number,
  kind?: K,
): Extract<Expr, { kind: K }> | null {
  let found: Expr | null = null;
  let level: readonly Expr[] = program.body;
  while (level.length > 0) {
    const below: Expr[] = [];
    for (const node of level) {
      if (at < node.start || at >= node.end) continue;
      if (node.at === at && (kind === undefined || node.kind === kind)) found = node;
      below.push(...children(node));
    }
    level = below;
  }
  return found as Extract<Expr, { kind: K }> | null; // only nodes of that kind were taken
}
