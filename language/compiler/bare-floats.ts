/**
 * Floats without objects, inside of a function.
 *
 * A float is an object (values/values.ts). A result that only goes on into further arithmetic needs none: it is held in two JavaScript
 * variables. If `tag` is the class `Float` itself, which is no value of any program, the value is the float `double`; otherwise it is `tag`,
 * and never a `Float`. The object is made where something else asks for the value.
 *
 * Two things are held that way: the result of arithmetic on such a result, and a variable that is bound once, to arithmetic, and is not
 * used by an inner function. Only functions that divide or contain a float literal do it: the others compute ints, and their code
 * would get longer for nothing.
 */
import type { BinaryExpr, BinaryOperator, Expr } from '../syntax/ast.ts';
import { walk } from '../syntax/ast-walk.ts';
import { type Code, joined, js, Local } from './code.ts';
import { isFloat } from './numbers.ts';
import { computed, type Operand } from './operands.ts';
import type { Variable } from './resolver.ts';
import type { StepWriter } from './step-writer.ts';
import { type Arm, arm, type Step } from './steps.ts';

/** The two variables. */
export interface Bare {
  readonly tag: Local;
  readonly double: Local;
}

export type FloatOperator = '+' | '-' | '*' | '/';

export function isFloatOperator(op: BinaryOperator): op is FloatOperator {
  return op === '+' || op === '-' || op === '*' || op === '/';
}

/** Whether a function may well compute floats. */
export function mayComputeFloats(body: Expr): boolean {
  let found = false;
  walk([body], (expr) => {
    if (expr.kind === 'float' || (expr.kind === 'binary' && expr.op === '/')) found = true;
    return !found && expr.kind !== 'fn' && expr.kind !== 'class';
  });
  return found;
}

/** Whether a variable may be held that way when it is bound to the value of an expression. */
export function canBeBare(variable: Variable, value: Expr): value is BinaryExpr {
  const { kind, constant, captured, readUnset } = variable;
  return kind === 'local' && constant && !captured && !readUnset && value.kind === 'binary' && isFloatOperator(value.op);
}

export function temporaries(): Bare {
  return { tag: new Local(''), double: new Local('') };
}

/** The operand that two variables hold. */
export function bareOperand(writer: StepWriter, bare: Bare): Operand {
  const { tag, double } = bare;
  const Float = writer.unit.helper('Float');
  return { ...computed(js`(${tag} === ${Float} ? new ${Float}(${double}) : ${tag})`), immutable: true, bare };
}

/** Sets both variables to a value that is no float; an unset `double` would be a value of another type for V8. */
export function holdOther({ tag, double }: Bare, code: Code): Step[] {
  return [
    { kind: 'do', sets: tag, code },
    { kind: 'do', sets: double, code: js`0` },
  ];
}

export function holdFloat(writer: StepWriter, { tag, double }: Bare, code: Code): Step[] {
  return [
    { kind: 'do', sets: double, code },
    { kind: 'do', sets: tag, code: [writer.unit.helper('Float')] },
  ];
}

/** Sets both variables to any value. */
export function holdAny(writer: StepWriter, bare: Bare, code: Code): Step[] {
  return writer.captureSteps(() => {
    for (const step of holdOther(bare, code)) writer.steps.push(step);
    writer.choose([arm(isFloat(writer, [bare.tag]), holdFloat(writer, bare, js`${bare.tag}.value`))], []);
  });
}

/** A test that an operand is a float. */
export function floatTest(writer: StepWriter, { bare, code }: Operand): Code {
  return bare === undefined ? isFloat(writer, code) : js`${bare.tag} === ${writer.unit.helper('Float')}`;
}

/** The value of an operand, or the class `Float` where it has no object. */
export function withoutObject({ bare, code }: Operand): Code {
  return bare === undefined ? code : [bare.tag];
}

/** The number of an operand that is a float, or an int literal beside one. */
export function double({ bare, code, literal, float }: Operand): Code {
  if (literal !== undefined) return js`${literal}`;
  return bare === undefined || float === true ? js`${code}.value` : [bare.double];
}

/** `a op b`: two floats make a bare one. `ints` does two ints, if both can be ints; `general` everything. */
export function bareArithmetic(
  writer: StepWriter,
  op: FloatOperator,
  a: Operand,
  b: Operand,
  ints: { readonly test: Code; readonly value: Code } | null,
  general: Code,
): Operand {
  const result = temporaries();
  const tests = [a, b]
    .filter(({ literal, float }) => literal === undefined && float !== true)
    .map((one) => floatTest(writer, one));
  if (op === '/' && (b.literal === undefined || b.literal === 0)) tests.push(js`${double(b)} !== 0`);
  const arms: Arm[] = [arm(joined(tests, ' && '), holdFloat(writer, result, js`${double(a)} ${op} ${double(b)}`))];
  if (ints !== null) arms.unshift(arm(ints.test, holdOther(result, ints.value)));
  writer.choose(arms, holdAny(writer, result, general));
  return bareOperand(writer, result);
}
