/** Calls of functions whose parameters are known. */
import { nearest } from '../../../language/diagnostics/nearest.ts';
import type { CallExpr, Expr } from '../../../language/syntax/ast.ts';
import { utf8Decode } from '../../../language/values/bytes.ts';
import type { Context } from '../context.ts';
import type { Callable } from '../world.ts';

/** `argument-count`, `unknown-option` and `unused-result`. */
export function calls(context: Context): void {
  for (const node of context.analysis.nodes) {
    if (node.kind !== 'call') continue;
    const callable = context.callableOf(node);
    if (callable === null) continue;
    argumentCount(context, node, callable);
    unknownOption(context, node, callable);
    if (callable.resultNeeded && context.analysis.dropped.has(node))
      context.warn('unused-result', node, `nothing takes the result of ${utf8Decode(callable.name)}`, resultHint(callable));
  }
}

function resultHint({ name }: Callable): string {
  return /\b(?:connect|serve|startTLS)$/.test(name) ? 'its `type` tells whether it was done' : 'it has no effect but its result';
}

function argumentCount(context: Context, call: CallExpr, { name, least, most }: Callable): void {
  const got = call.args.length;
  const tooMany = most !== null && got > most;
  if (!tooMany && (got >= least || call.spread !== null)) return;
  const count = least === most ? String(least) : most === null ? `${least} or more` : `${least} to ${most}`;
  const first = tooMany ? (call.args[most] as Expr) : call; // an argument beyond the last parameter
  const end = tooMany ? (call.args.at(-1) as Expr).end : call.end;
  const node = { start: Math.min(first.start, end), end };
  context.warn('argument-count', node, `${utf8Decode(name)} takes ${count}, got ${got}`, null);
}

function unknownOption(context: Context, call: CallExpr, { name, options }: Callable): void {
  const given = options === null ? undefined : call.args[options.index];
  if (options === null || given?.kind !== 'object') return;
  for (const { key } of given.entries) {
    const bytes = key.kind === 'name' ? key.name : key.kind === 'string' ? key.text : null;
    if (bytes === null || options.names.includes(bytes)) continue;
    const option = utf8Decode(bytes);
    const meant = nearest(option, options.names);
    const hint = meant === null ? `it has ${options.names.join(', ')}` : `did you mean \`${meant}\`?`;
    context.warn('unknown-option', key, `${utf8Decode(name)} has no option \`${option}\``, hint);
  }
}
