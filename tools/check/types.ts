/** What kind of value an expression can have, as far as its form shows. */
import type { Expr } from '../../language/syntax/ast.ts';
import type { Context } from './context.ts';

/** Operators whose result is a number, or a string or list for `<<`, whatever their sides are. */
const NEVER_BOOL: ReadonlySet<string> = new Set(['-', '/', '%', '**', '<<', '>>']);

/** Builtins whose result is never a bool. */
const NO_BOOL_RESULT: ReadonlySet<string> = new Set([
  'len', 'type', 'string', 'int', 'float', 'atom', 'codepoint', 'char', 'name', 'keys', 'print', 'println', 'time', 'nanotime', 'rand',
]); // biome-ignore format: a table

/** Whether an expression is never `true` or `false`. */
export function isNeverBool(node: Expr, context: Context): boolean {
  switch (node.kind) {
    case 'null':
    case 'int':
    case 'float':
    case 'string':
    case 'atom':
    case 'list':
    case 'object':
    case 'fn':
    case 'class':
      return true;
    case 'unary':
      return node.op === '-';
    case 'binary':
      if (NEVER_BOOL.has(node.op)) return true;
      return isArithmetic(node.op) && (isPlain(node.left) || isPlain(node.right));
    case 'call':
      return node.callee.kind === 'name' && NO_BOOL_RESULT.has(node.callee.name) && context.isBuiltin(node.callee);
    default:
      return false;
  }
}

/** `+ * & | ^` are for bools, too. */
function isArithmetic(op: string): boolean {
  return op === '+' || op === '*' || op === '&' || op === '|' || op === '^';
}

/** A number or string as it is written. */
function isPlain(node: Expr): boolean {
  return node.kind === 'int' || node.kind === 'float' || node.kind === 'string';
}

/** Whether an expression can certainly not be called. */
export function isNeverFunction(node: Expr): boolean {
  switch (node.kind) {
    case 'null':
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
    case 'atom':
    case 'list':
    case 'object':
    case 'unary':
    case 'binary':
      return true;
    default:
      return false;
  }
}
