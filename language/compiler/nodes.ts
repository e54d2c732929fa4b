/** Small questions that the emitter asks about nodes and names; nothing here writes code. */
import type { BinaryExpr, Expr, IfArm, Program, PropertyExpr, StringExpr } from '../syntax/ast.ts';
import { operandsOf, walk } from '../syntax/ast-walk.ts';
import { formatFloat } from '../values/numbers.ts';
import { atom, EMPTY, Float, Pointer, str, Table } from '../values/values.ts';

/** JavaScript for a string of bytes: pure ASCII, and nothing that could end the literal. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Part of a JavaScript name for a Magnolia name; the caller adds a `$` and a number, which makes it unique and no keyword. */
export function mangled(name: string): string {
  const safe = name.slice(0, 40).replace(/[^A-Za-z0-9_]/g, (c) => `$${c.charCodeAt(0).toString(16)}`);
  return /^[A-Za-z_]/.test(safe) ? safe : `_${safe}`;
}

/** Lists, objects and arguments with more parts than this are made one part after the other, so that code grows with their number. */
export const MANY_PARTS = 64;

/** Above this many operators the text of both forms costs more than the results in between. */
const MOST_FUSED = 16;
const FUSED: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%']);

/** Of which types all operands of a tree may be for it to be done without results in between, if it has at least that many operators. */
export function arithmeticShape(expr: BinaryExpr, least = 2): ('int' | 'float' | 'bigint')[] | null {
  let operators = 0;
  let floats = false;
  let largeInts = false;
  let unsafeInts = false;
  let divides = false;
  /** Tells what a subtree may be: 'literal' for literals alone, 'any' with something that is read, null if it cannot be fused. */
  const look = (expr: Expr): 'literal' | 'any' | null => {
    const one = inParentheses(expr);
    switch (one.kind) {
      case 'int':
        largeInts ||= one.value > 0x7fffffff;
        unsafeInts ||= typeof one.value === 'bigint';
        return 'literal';
      case 'float':
        floats = true;
        return 'literal';
      case 'name':
        return 'any';
      case 'property':
        return isPureRead(one) ? 'any' : null;
      case 'binary': {
        if (!FUSED.has(one.op) || ++operators > MOST_FUSED) return null;
        const left = look(one.left);
        const right = left === null ? null : look(one.right);
        if (right === null || (left === 'literal' && right === 'literal')) return null;
        if (one.op === '/' || one.op === '%') {
          divides = true;
          const divisor = inParentheses(one.right);
          const isZero = (divisor.kind === 'int' || divisor.kind === 'float') && Number(divisor.value) === 0;
          if (isZero || divisor.kind === 'binary') return null;
        }
        return 'any';
      }
      default:
        return null;
    }
  };
  if (look(expr) === null || operators < least) return null;
  return [
    ...(floats || unsafeInts ? [] : ['int' as const]),
    ...(largeInts && !floats && !divides ? ['bigint' as const] : []),
    'float',
  ];
}

/** The text in parentheses, if nothing else is in them: `(x)` is a block of one expression. */
export function inParentheses(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === 'block' && inner.body.length === 1) inner = inner.body[0] as Expr; // the only one
  return inner;
}

/** Longer chains of property reads are evaluated step by step. */
const MOST_READS = 16;

/** A chain of property reads that starts at a name; keys are names, ints, or names in parentheses. */
export function isPureRead(expr: Expr): boolean {
  let one = expr;
  for (let reads = 0; one.kind === 'property' && reads < MOST_READS; reads++, one = one.object) {
    const { key } = one;
    if (key.kind !== 'name' && key.kind !== 'int' && inParentheses(key).kind !== 'name') return false;
  }
  return one.kind === 'name';
}

export function floatCode(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** `{}`, `fn {}` and `fn() ({})`: an empty body, not an empty object. */
export function isEmptyBody(body: Expr): boolean {
  return (body.kind === 'object' && body.entries.length === 0) || (body.kind === 'block' && body.body.length === 0);
}

/** Evaluating it does nothing and cannot fail. */
export function isHarmless(expr: Expr): boolean {
  switch (expr.kind) {
    case 'null':
    case 'empty':
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
    case 'atom':
    case 'name':
      return true;
    default:
      return false;
  }
}

/** Whether the power of these two is defined and may be an int: int literals, the exponent not negative. */
export function isPowerOfInts(base: Expr, exponent: Expr): boolean {
  if (exponent.kind !== 'int') return false;
  const x = base.kind === 'unary' && base.op === '-' ? base.value : base;
  return x.kind === 'int' && (Number(x.value) !== 0 || Number(exponent.value) !== 0);
}

/** The text of a key that is known without evaluating it; null for others. */
export function staticKey(key: Expr): string | null {
  switch (key.kind) {
    case 'name':
    case 'atom':
      return key.name;
    case 'string':
      return key.text;
    case 'int':
      return String(key.value);
    case 'float':
      return formatFloat(key.value);
    default:
      return null;
  }
}

/** Values that are no objects, whose JavaScript properties must not be taken for keys. */
const NO_OBJECTS: readonly object[] = [
  str(''),
  new Float(0),
  atom(''),
  new Pointer(0),
  EMPTY,
  Object.assign(new Table(), { entries: new Map() }),
  [],
  () => null,
  ...[Number, Boolean, BigInt, String, Object].map(({ prototype }) => prototype),
];

/** Whether only objects can have a JavaScript property of this name: reading it then needs no other test, and V8 reads it fastest. */
export function isPlainKey(name: string): boolean {
  return !NO_OBJECTS.some((value) => name in value) && !['prototype', 'arguments', 'caller'].includes(name);
}

/** Code for a property of this name. */
export function member(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `.${name}` : `[${literal(name)}]`;
}

/** An index read, which makes a string of one byte if it is one of a string. */
export function isIndexRead(expr: Expr): expr is PropertyExpr {
  return expr.kind === 'property' && expr.key.kind !== 'name';
}

export function isByteLiteral(expr: Expr): expr is StringExpr {
  return expr.kind === 'string' && expr.text.length === 1;
}

/** Arms in groups of neighbours that share a body. */
export function sharedBodies(arms: readonly IfArm[]): IfArm[][] {
  const groups: IfArm[][] = [];
  for (const arm of arms) {
    const last = groups.at(-1);
    if (last !== undefined && last[0]?.body === arm.body) last.push(arm);
    else groups.push([arm]);
  }
  return groups;
}

/** How many operators a function body holds, without those of functions inside it. */
export function countOperators(body: Expr): number {
  let count = 0;
  walk([body], ({ kind }) => {
    if (kind === 'binary' || kind === 'unary') count++;
    return kind !== 'fn' && kind !== 'class';
  });
  return count;
}

/** The expressions of a program whose evaluation can change a variable: something is called or bound in them. And how many nodes it has. */
export function rebinders(
  program: Program,
  checkpoint?: () => void,
): { readonly found: ReadonlySet<Expr>; readonly nodes: number } {
  const nodes: Expr[] = [];
  walk(program.body, (node) => {
    if ((nodes.push(node) & 4095) === 0) checkpoint?.();
    return undefined;
  });
  const found = new Set<Expr>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Expr; // in range
    switch (node.kind) {
      case 'fn':
        if (node.name !== '') found.add(node);
        break;
      case 'class':
      case 'call':
      case 'assign':
        found.add(node);
        break;
      default:
        if (operandsOf(node).some((one) => found.has(one))) found.add(node);
    }
  }
  return { found, nodes: nodes.length };
}
