/**
 * Loops whose counters and sums are small ints.
 *
 * A function that calls itself at its end runs as a loop. If a parameter of it only ever goes round as arithmetic on small ints, the
 * function gets a second loop in which that parameter is a JavaScript number and nothing else: V8 keeps it in a register then,
 * where it would put a value that might be anything on the heap at each turn (beyond 2^31). The loop is left, for the one that
 * takes all values, as soon as a result is not a small int any more. The library, which a browser has to load, does without.
 *
 * A parameter that is used as an index, or only goes up or down by a literal, is kept as an int of 32 bits, which V8 need not
 * convert when a list or string is read; beyond that the loop is left, too.
 */
import type { CallExpr, Expr, FnExpr } from '../syntax/ast.ts';
import { walk } from '../syntax/ast-walk.ts';
import { arithmeticShape, inParentheses, isHarmless, isIndexRead, isPureRead } from './nodes.ts';
import type { Resolution, Variable } from './resolver.ts';

/** The calls that are the last thing an expression does. */
function tailCalls(expr: Expr): CallExpr[] {
  switch (expr.kind) {
    case 'call':
      return [expr];
    case 'block':
      return expr.body.slice(-1).flatMap(tailCalls);
    case 'if':
      return [...new Set(expr.arms.map(({ body }) => body))].flatMap(tailCalls);
    default:
      return [];
  }
}

/** What the numeric loop keeps a parameter as: any small int, an int of 32 bits, or any value. */
export type LoopType = 'number' | 'int32' | null;

/**
 * Which parameters of a function may be kept as numbers; `isItself` tells which of its calls may call the function again. There
 * are none if the arguments of such a call do anything but read and calculate, because they are evaluated anew when the loop is
 * left.
 */
export function numberParams(node: FnExpr, resolution: Resolution, isItself: (call: CallExpr) => boolean): LoopType[] {
  const numbers = new Set<Variable>();
  const calls = tailCalls(node.body).filter(isItself);
  const params = resolution.params.get(node) ?? [];
  if (
    node.rest !== null ||
    !calls.every(({ args, spread }) => spread === null && args.length === params.length && args.every(isPure))
  ) {
    return [];
  }
  params.forEach((param, i) => {
    if (param === null || param.boxed || !param.constant) return;
    if (calls.some(({ args }) => isIntArithmetic(args[i] as Expr))) numbers.add(param); // as many arguments as parameters
  });
  const variableOf = (expr: Expr): Variable | null => {
    const variables = expr.kind === 'name' ? (resolution.references.get(expr)?.variables ?? []) : [];
    return variables.length === 1 ? (variables[0] as Variable) : null; // the only one
  };
  const isNumber = (arg: Expr): boolean => {
    if (arg.kind === 'int') return typeof arg.value === 'number';
    const variable = variableOf(arg);
    return variable === null ? isIntArithmetic(arg) : numbers.has(variable);
  };
  for (let before = -1; before !== numbers.size; ) {
    before = numbers.size;
    params.forEach((param, i) => {
      if (param !== null && !calls.every(({ args }) => isNumber(args[i] as Expr))) numbers.delete(param); // as many as parameters
    });
  }
  if (numbers.size === 0) return [];
  const indexes = new Set<Variable | null>();
  walk([node.body], (expr) => {
    if (isIndexRead(expr)) indexes.add(variableOf(inParentheses(expr.key)));
  });
  const isStep = (arg: Expr, param: Variable): boolean =>
    arg.kind === 'binary' && (arg.op === '+' || arg.op === '-') && variableOf(arg.left) === param && arg.right.kind === 'int';
  return params.map((param, i): LoopType => {
    if (param === null || !numbers.has(param)) return null;
    const isCounter = calls.every(({ args }) => isStep(args[i] as Expr, param)); // as many as parameters
    return isCounter || indexes.has(param) ? 'int32' : 'number';
  });
}

/**
 * Whether a numeric loop writes no property that might be a variable of a module, which is the case if each key that it writes is an int: the
 * variables of the module, which its calls alone could change then, are constants in a loop that calls nothing.
 */
export function keepsModules(node: FnExpr, resolution: Resolution, types: readonly LoopType[]): boolean {
  const params = resolution.params.get(node) ?? [];
  let keeps = true;
  walk([node.body], (expr) => {
    if (expr.kind !== 'assign' || expr.target.kind !== 'property') return;
    const key = inParentheses(expr.target.key);
    const variables = key.kind === 'name' ? resolution.references.get(key)?.variables : undefined;
    const isNumber = variables?.length === 1 && params.some((param, i) => param === variables[0] && (types[i] ?? null) !== null);
    if (expr.target.key.kind === 'name' || !(isNumber || key.kind === 'int')) keeps = false;
  });
  return keeps;
}

function isPure(arg: Expr): boolean {
  return isHarmless(arg) || isPureRead(arg) || (arg.kind === 'binary' && arithmeticShape(arg, 1) !== null);
}

function isIntArithmetic(arg: Expr): boolean {
  return arg.kind === 'binary' && arithmeticShape(arg, 1)?.includes('int') === true;
}
