/** Values that nothing takes, conditions that never hold, and arms that are never reached. */
import type { Expr, IfExpr } from '../../../language/syntax/ast.ts';
import type { Context } from '../context.ts';
import { isNeverBool } from '../types.ts';

/** `unused-value`: a comparison, calculation, name or literal whose value nothing takes. */
export function unusedValues(context: Context): void {
  for (const node of context.analysis.dropped) {
    if (node.kind === 'if') for (const { body } of node.arms) unusedComparison(context, body);
    else if (hasUnusedValue(node)) unused(context, node);
  }
}

/** In an arm only `x = 5` is certainly not meant; another last expression may be there to say what the `if` is. */
function unusedComparison(context: Context, body: Expr): void {
  if (body.kind === 'binary' && body.op === '=' && body.left.kind === 'name') unused(context, body);
}

function unused(context: Context, node: Expr): void {
  const assignment = node.kind === 'binary' && node.op === '=' && (node.left.kind === 'name' || node.left.kind === 'property');
  const target = assignment ? (context.written(node.left) ?? 'x') : '';
  const hint = assignment ? `\`=\` compares; to give ${target} a value, write ${target} ${setter(node.left)} …` : null;
  context.warn('unused-value', node, 'nothing takes this value', hint);
}

function setter(target: Expr): string {
  return target.kind === 'property' ? ':=' : '<-';
}

function hasUnusedValue(node: Expr): boolean {
  switch (node.kind) {
    case 'name':
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
    case 'atom':
    case 'unary':
      return true;
    case 'binary':
      if (node.op === '<<') return false; // adds to a string or list
      return node.op !== '&' && node.op !== '|' ? true : !hasEffect(node.right); // a & f() calls f only if a holds
    default:
      return false;
  }
}

function hasEffect(node: Expr): boolean {
  if (node.kind === 'binary') return hasEffect(node.left) || hasEffect(node.right);
  return node.kind === 'call' || node.kind === 'block' || node.kind === 'assign' || node.kind === 'if';
}

/** `condition`: only `true` makes a one-armed `if` run, and only that holds in an `if` without a subject. */
export function conditions(context: Context): void {
  for (const node of context.analysis.nodes) {
    if (node.kind !== 'if') continue;
    const [arm] = node.arms;
    const bare = isImplied(node.subject, node);
    if (!bare && node.arms.length === 1 && arm !== undefined && isImplied(arm.target, node)) check(context, node.subject);
    if (bare) for (const { target } of node.arms) if (target.kind !== 'empty') check(context, target);
  }
}

/** Whether a node is the `true` that the parser puts where nothing is written. */
function isImplied(node: Expr, { start }: IfExpr): boolean {
  return node.kind === 'bool' && node.start === start;
}

function check(context: Context, node: Expr): void {
  if (!isNeverBool(node, context)) return;
  const written = context.written(node);
  const hint = written === null ? 'compare it with something' : `compare it: ${written} = …, ${written} != …`;
  context.warn('condition', node, 'this is never `true`, so nothing happens', hint);
}

/** `unreachable-arm`: behind `_ ->`, or a literal that an arm before has. */
export function unreachableArms(context: Context): void {
  for (const node of context.analysis.nodes) {
    if (node.kind !== 'if') continue;
    const before = new Map<string, Expr>();
    for (const { target } of node.arms) {
      const last = before.get('_');
      const key = literalKey(target);
      const same = key === null ? undefined : before.get(key);
      const cause = last ?? same;
      if (cause !== undefined) {
        const { line } = context.analysis.source.lineAndColumn(cause.start);
        const message =
          last === undefined ? `line ${line} has this case already` : `\`_\` on line ${line} takes every case before this`;
        context.warn('unreachable-arm', target, message);
        if (last !== undefined) break;
      }
      if (key !== null && same === undefined) before.set(key, target);
    }
  }
}

function literalKey(node: Expr): string | null {
  switch (node.kind) {
    case 'empty':
      return '_';
    case 'null':
      return '?';
    case 'bool':
    case 'int':
    case 'float':
      return `${node.kind} ${node.value}`;
    case 'string':
      return `string ${node.text}`;
    case 'atom':
      return `atom ${node.name}`;
    default:
      return null;
  }
}
