/**
 * How emitted code tests ints at the place of an operator.
 *
 * An int is a JavaScript number while it is a safe integer, and a bigint beyond (values/values.ts). So two numbers are two small
 * ints, their sum is exact where it is a safe integer again, and everything else is up to a helper. The test of a result has two
 * tiers. `(x | 0) === x` comes first: V8 computes in machine ints where it has seen nothing but ints of 32 bits, and leaves this
 * test out there, while a comparison with 2^53 makes it convert each result to a double. The range is tested only where the first
 * tier fails. `typeof` must come before, because `|` throws for a bigint.
 *
 * A loop of numbers (number-loops.ts) tests the range alone: its variables may be doubles from one turn to the next.
 */
import { type Code, js, type Local } from './code.ts';
import type { StepWriter } from './step-writer.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/** Whether a value is an int that is held as a number. */
export function isSmall(value: Code): Code {
  return js`typeof ${value} === 'number'`;
}

/** Whether a value is a float, as `isFloat` of values/values.ts tells. */
export function isFloat(writer: StepWriter, value: Code): Code {
  return js`${value}?.constructor === ${writer.unit.helper('Float')}`;
}

/** Whether a number that was computed from ints, and may be evaluated only once, is exact; it is in `$x` then. */
export function isExact(computed: Code): Code {
  return js`(($x = ${computed}) === ($x | 0) || $x <= ${MAX} && $x >= ${-MAX})`;
}

/** Whether the int `value` stays exact when `step` is added to it. */
export function staysExact(value: Code, step: number): Code {
  const inside = step > 0 ? js`${value} <= ${MAX - step}` : js`${value} >= ${-MAX - step}`;
  return Math.abs(step) <= 0x7fffffff ? js`(${isInt32(value)} || ${inside})` : inside;
}

/** The same for a value that is computed into `result`, in loops of numbers. */
export function isInRange(value: Code, result: Local): Code {
  return js`${value} <= ${MAX} && ${result} >= ${-MAX}`;
}

/** Whether a number is an int of 32 bits. */
export function isInt32(value: Code): Code {
  return js`${value} === (${value} | 0)`;
}

/** The int that a bigint makes: V8 computes this in machine words, but only where it sees the operation and `asIntN` together. */
export function wrapped(writer: StepWriter, value: Code): Code {
  return js`(BigInt.asIntN(54, $x = BigInt.asIntN(64, ${value})) === $x ? ${writer.unit.helper('wrapInt')}($x) : $x)`;
}
