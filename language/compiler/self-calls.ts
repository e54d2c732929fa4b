/** Self tail calls: a function that calls itself at its end runs as a loop. */
import type { CallExpr, Expr, FnExpr } from '../syntax/ast.ts';
import type { Calls } from './calls.ts';
import { type Code, joined, js, type Local } from './code.ts';
import type { Expressions } from './expressions.ts';
import { type FusedArithmetic, Fusion } from './fusion.ts';
import { inParentheses, MANY_PARTS } from './nodes.ts';
import { keepsModules, type LoopType, numberParams } from './number-loops.ts';
import { isInt32 } from './numbers.ts';
import { orNull } from './operands.ts';
import type { Reference } from './resolver.ts';
import type { StepWriter } from './step-writer.ts';
import type { Move, NumberMoves, NumberParam } from './steps.ts';

export class SelfCalls {
  /** A self tail call has been written. */
  loops = false;
  /** Which parameters are kept as numbers in their own loop (number-loops.ts). */
  #numbers: readonly LoopType[] = [];
  /** No property that the numeric loop writes can be a variable of a module. */
  keepsModules = false;

  constructor(
    readonly writer: StepWriter,
    readonly expressions: Expressions,
    readonly calls: Calls,
    readonly fused: FusedArithmetic,
    /** The parameters as they come in, before any of them is put into a box. */
    readonly params: readonly Local[],
    readonly rest: Local | null,
  ) {}

  /** Finds the parameters that can be kept as numbers. */
  findNumbers(node: FnExpr): void {
    const { unit, compact } = this.writer;
    if (compact || unit.short) return;
    this.#numbers = numberParams(node, unit.resolution, ({ callee }) => this.#meansItself(callee) !== false);
    this.keepsModules = keepsModules(node, unit.resolution, this.#numbers);
  }

  get numberParams(): NumberParam[] {
    return this.params.flatMap((local, i) => {
      const type = this.#numbers[i] ?? null;
      return type === null ? [] : [{ local, type }];
    });
  }

  /** Writes a call in tail position, if it is one of the function itself. */
  tail(expr: CallExpr): boolean {
    const still = this.#meansItself(expr.callee);
    if (still === false || expr.spread !== null || expr.args.length > MANY_PARTS) return false;
    const { writer } = this;
    const at = writer.position(expr.at);
    this.loops = true;
    const callee = writer.repeatable(this.expressions.value(expr.callee));
    const numbers = this.#numbers.every((one) => one === null) ? null : this.#numberMoves(expr.args);
    let codes: Code[] = [];
    let moves: Move[] = [];
    const steps = writer.captureSteps(() => {
      codes = this.expressions.operands(expr.args).map(orNull);
      moves = this.params.map((param, i): Move => [param, codes[i] ?? js`null`]);
      if (this.rest !== null) moves.push([this.rest, js`[${joined(codes.slice(this.params.length), ', ')}]`]);
      moves = this.#inTurn(moves);
    });
    if (numbers === null) writer.steps.push(...steps.splice(0)); // they may hold call sites
    writer.steps.push({
      kind: 'selfTailCall',
      still: still === true ? null : js`${callee.code} === ${writer.self}`,
      numbers,
      steps,
      moves,
      call: js`${this.calls.callee(callee, at)}(${joined(codes, ', ')})`,
      at,
    });
    return true;
  }

  /** Assignments that read their variables before all of them, one after the other. */
  #inTurn(moves: readonly Move[]): Move[] {
    const changes = moves.filter(([param, code]) => code.length !== 1 || code[0] !== param);
    const overwritten = new Set<Local | string>();
    return changes.map(([param, code]): Move => {
      const move: Move = [param, code.some((part) => overwritten.has(part)) ? [this.writer.temporary(code)] : code];
      overwritten.add(param);
      return move;
    });
  }

  /** The fast path of the numeric loop; numberParams has seen to it that there are as many arguments as parameters. */
  #numberMoves(args: readonly Expr[]): NumberMoves {
    const { writer } = this;
    const fusion = new Fusion('int');
    let numbers: (Code | null)[] = [];
    const reads = writer.captureSteps(() => {
      numbers = args.map((arg, i) => this.#numberMove(arg, i, fusion));
    });
    let moves: Move[] = [];
    const steps = writer.captureSteps(() => {
      const others = this.expressions.operands(args.filter((_, i) => this.#numbers[i] === null)).map(orNull);
      moves = this.#inTurn(this.params.map((param, i) => [param, numbers[i] ?? (others.shift() as Code)])); // one of both
    });
    return { reads, test: joined(fusion.tests, ' && '), steps, moves };
  }

  /** The new value of a parameter that is kept as a number; null for others. */
  #numberMove(arg: Expr, i: number, fusion: Fusion): Code | null {
    const type = this.#numbers[i] ?? null;
    if (type === null) return null;
    const value = this.fused.value(arg, fusion, type === 'int32');
    const isUnchanged = value.length === 1 && value[0] === this.params[i];
    if (type === 'number' || isUnchanged) return value;
    if (inParentheses(arg).kind !== 'binary') fusion.tests.push(isInt32(value));
    return js`${value} | 0`;
  }

  /** Whether a callee is the running function: certainly, never, or ('perhaps') to be tested, because its name can be given to another. */
  #meansItself(callee: Expr): boolean | 'perhaps' {
    const { node, func, unit } = this.writer;
    if (callee.kind !== 'name' || node?.kind !== 'fn') return false;
    const { variables } = unit.resolution.references.get(callee) as Reference; // a name that is read has one
    const [only] = variables;
    if (variables.length !== 1 || only === undefined) return false;
    if (only.kind === 'self') return only.owner === func;
    return only.kind === 'module' && only.literal === node && !unit.session ? 'perhaps' : false;
  }
}
