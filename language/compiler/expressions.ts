import type { BinaryExpr, Expr } from '../syntax/ast.ts';
import type { Destination, Operand } from './operands.ts';

/** Evaluating expressions: what each part of the compiler of a function asks of the whole. */
export interface Expressions {
  /** The value of an expression, evaluated at this point. */
  value(expr: Expr): Operand;
  /** The value of arithmetic, which may be a float without an object (bare-floats.ts). */
  number(expr: BinaryExpr): Operand;
  /** The values of expressions, evaluated in order; `known` are those of the first ones, evaluated before. */
  operands(exprs: readonly Expr[], known?: readonly Operand[]): Operand[];
  /** Evaluates an expression for its effect. */
  effect(expr: Expr): void;
  /** Evaluates an expression; its value goes to `destination`. */
  to(expr: Expr, destination: Destination): void;
  /** The same for a statement of a block, or the body of a function or an arm: what coverage counts. */
  statement(expr: Expr, destination: Destination): void;
}
