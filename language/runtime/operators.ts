/**
 * What the operators do with everything that emitted code does not do itself.
 *
 * Emitted code tests for two small ints at the place of the operator and calls a function of this file for all else, with the
 * position of the operator for the error. An operand may be undefined (a variable that is not set) and counts as `?` then.
 *
 * `add`, `sub`, `mul` and `div` only test for two floats before they go on, so that V8 inlines them where floats are computed.
 * An int is a number while that is exact and a bigint beyond; each result is brought into the one form that is canonical, which
 * also keeps `-0`, a float, out of the ints. The operators on bits are in bit-operators.ts.
 */

import { Float, type Int, isFloat, isInt, Pointer, Str, str, type Value, wrapInt } from '../values/values.ts';
import { limitAt, mistake } from './errors.ts';
import type { Operand } from './mistakes.ts';

const MAX = Number.MAX_SAFE_INTEGER;

function isSafe(value: number): boolean {
  return value <= MAX && value >= -MAX;
}

/** An int or float as a double; undefined for anything else. */
function toDouble(value: Operand): number | undefined {
  if (typeof value === 'number') return value;
  if (isFloat(value)) return value.value;
  return typeof value === 'bigint' ? Number(value) : undefined;
}

export function add(a: Operand, b: Operand, at: number): Value {
  return isFloat(a) && isFloat(b) ? new Float(a.value + b.value) : addOthers(a, b, at);
}

function addOthers(a: Operand, b: Operand, at: number): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return wrapInt(a + b);
  if (a instanceof Str && b instanceof Str) return joined(a.text, b.text, at);
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    return isSafe(sum) ? sum : wrapInt(BigInt(a) + BigInt(b));
  }
  if (isInt(a) && isInt(b)) return wrapInt(BigInt(a) + BigInt(b));
  if (typeof a === 'boolean' && (a || typeof b === 'boolean')) return a || (b as boolean); // asked for when a is false
  if (a instanceof Pointer && isInt(b)) return new Pointer(wrapInt(BigInt(a.address) + BigInt(b)));
  if (isInt(a) && b instanceof Pointer) return new Pointer(wrapInt(BigInt(a) + BigInt(b.address)));
  const x = toDouble(a);
  const y = toDouble(b);
  if (x === undefined || y === undefined) throw mistake('operands', { op: '+', left: a, right: b }, at);
  return new Float(x + y);
}

/** `a + text`, where the text is a literal. */
export function plusText(a: Operand, text: string, at: number): Value {
  return a instanceof Str ? joined(a.text, text, at) : add(a, str(text), at);
}

/** `text + b`. */
export function textPlus(text: string, b: Operand, at: number): Value {
  return b instanceof Str ? joined(text, b.text, at) : add(str(text), b, at);
}

function joined(a: string, b: string, at: number): Str {
  try {
    return str(a + b);
  } catch (error) {
    throw limitAt(error, at);
  }
}

export function sub(a: Operand, b: Operand, at: number): Value {
  return isFloat(a) && isFloat(b) ? new Float(a.value - b.value) : subOthers(a, b, at);
}

function subOthers(a: Operand, b: Operand, at: number): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return wrapInt(a - b);
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    return isSafe(difference) ? difference : wrapInt(BigInt(a) - BigInt(b));
  }
  if (isInt(a) && isInt(b)) return wrapInt(BigInt(a) - BigInt(b));
  if (a instanceof Pointer && isInt(b)) return new Pointer(wrapInt(BigInt(a.address) - BigInt(b)));
  if (a instanceof Pointer && b instanceof Pointer) return wrapInt(BigInt(a.address) - BigInt(b.address));
  const x = toDouble(a);
  const y = toDouble(b);
  if (x === undefined || y === undefined) throw mistake('operands', { op: '-', left: a, right: b }, at);
  return new Float(x - y);
}

export function mul(a: Operand, b: Operand, at: number): Value {
  return isFloat(a) && isFloat(b) ? new Float(a.value * b.value) : mulOthers(a, b, at);
}

function mulOthers(a: Operand, b: Operand, at: number): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return wrapInt(a * b);
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    return isSafe(product) ? product + 0 : wrapInt(BigInt(a) * BigInt(b));
  }
  if (isInt(a) && isInt(b)) return wrapInt(BigInt(a) * BigInt(b));
  if (typeof a === 'boolean' && (!a || typeof b === 'boolean')) return a && (b as boolean); // asked for when a is true
  const x = toDouble(a);
  const y = toDouble(b);
  if (x === undefined || y === undefined) throw mistake('operands', { op: '*', left: a, right: b }, at);
  return new Float(x * y);
}

export function div(a: Operand, b: Operand, at: number): Value {
  return isFloat(a) && isFloat(b) && b.value !== 0 ? new Float(a.value / b.value) : divOthers(a, b, at);
}

function divOthers(a: Operand, b: Operand, at: number): Value {
  const x = toDouble(a);
  const y = toDouble(b);
  if (x === undefined || y === undefined) throw mistake('operands', { op: '/', left: a, right: b }, at);
  if (y === 0) throw mistake('division-by-zero', {}, at);
  if (typeof a === 'number' && typeof b === 'number') {
    const quotient = a / b;
    // A quotient may have been rounded to a whole number; multiplied back it does not give `a` then.
    return Math.floor(quotient) === quotient && quotient * b === a ? quotient + 0 : new Float(quotient);
  }
  if (isInt(a) && isInt(b)) {
    const dividend = BigInt(a);
    const divisor = BigInt(b);
    if (dividend % divisor === 0n) return wrapInt(dividend / divisor);
  }
  return new Float(x / y);
}

export function rem(a: Operand, b: Operand, at: number): Value {
  if (typeof a === 'number' && typeof b === 'number' && b !== 0) return (a % b) + 0;
  const x = toDouble(a);
  const y = toDouble(b);
  if (x === undefined || y === undefined) throw mistake('operands', { op: '%', left: a, right: b }, at);
  if (y === 0) throw mistake('division-by-zero', {}, at);
  return isInt(a) && isInt(b) ? wrapInt(BigInt(a) % BigInt(b)) : new Float(x % y);
}

const INT_END = 2 ** 63;

/** A power of ints is computed in double precision, too; it is an int again when it fits one. */
export function pow(a: Operand, b: Operand, at: number): Value {
  const x = toDouble(a);
  const y = toDouble(b);
  if (x === undefined || y === undefined) throw mistake('operands', { op: '**', left: a, right: b }, at);
  const power = floatPower(x, y);
  if (y < 0 || !isInt(a) || !isInt(b)) return new Float(power);
  if (isSafe(power)) return power + 0;
  return power >= -INT_END && power < INT_END ? wrapInt(BigInt(power)) : new Float(power);
}

/** Below and beyond these a product of doubles may have lost digits on the way. */
const SMALLEST_EXACT = 1e-290;
const LARGEST_EXACT = 1e290;

/**
 * `x` to the power of `y` in double precision. Whole exponents are computed by squaring, the way that the reference does it: the
 * general function of JavaScript differs from that in the last digit now and then.
 */
export function floatPower(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY)) return 1; // JavaScript says NaN
  if (y === 0.5 && x > 0) return Math.sqrt(x);
  if (y === -0.5 && x > 0) return 1 / Math.sqrt(x);
  if (!Number.isSafeInteger(y)) return x ** y;
  let power = 1;
  let square = x;
  for (let left = Math.abs(y); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power *= square;
    square *= square;
  }
  const size = Math.abs(power);
  if (!(size >= SMALLEST_EXACT && size <= LARGEST_EXACT)) return x ** y; // also when it is NaN
  return y < 0 ? 1 / power : power;
}

export function less(a: Operand, b: Operand, at: number): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (isFloat(a) && isFloat(b)) return a.value < b.value;
  if (a instanceof Str && b instanceof Str) return a.text < b.text;
  return compareNumbers('<', a, b, at) < 0;
}

export function lessEqual(a: Operand, b: Operand, at: number): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a <= b;
  if (isFloat(a) && isFloat(b)) return a.value <= b.value;
  if (a instanceof Str && b instanceof Str) return a.text <= b.text;
  return compareNumbers('<=', a, b, at) <= 0;
}

export function greater(a: Operand, b: Operand, at: number): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a > b;
  if (isFloat(a) && isFloat(b)) return a.value > b.value;
  if (a instanceof Str && b instanceof Str) return a.text > b.text;
  return compareNumbers('>', a, b, at) > 0;
}

export function greaterEqual(a: Operand, b: Operand, at: number): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a >= b;
  if (isFloat(a) && isFloat(b)) return a.value >= b.value;
  if (a instanceof Str && b instanceof Str) return a.text >= b.text;
  return compareNumbers('>=', a, b, at) >= 0;
}

/** Negative, zero or positive; NaN, which is none of them, when one of both is not a number. */
function compareNumbers(op: string, a: Operand, b: Operand, at: number): number {
  if (a instanceof Pointer) return compareNumbers(op, a.address, b, at);
  if (b instanceof Pointer) return compareNumbers(op, a, b.address, at);
  if (isInt(a) && isInt(b)) return a < b ? -1 : a > b ? 1 : 0; // JavaScript compares a number and a bigint exactly
  const x = toDouble(a);
  const y = toDouble(b);
  if (x === undefined || y === undefined) throw mistake('operands', { op, left: a, right: b }, at);
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
}

/** Unary minus. */
export function negate(value: Operand, at: number): Value {
  if (typeof value === 'number') return 0 - value;
  if (isFloat(value)) return new Float(-value.value);
  if (typeof value === 'bigint') return wrapInt(-value);
  throw mistake('operand', { op: '-', value }, at);
}

/** `!` */
export function not(value: Operand, at: number): boolean {
  if (typeof value === 'boolean') return !value;
  throw mistake('operand', { op: '!', value }, at);
}

/** `~` */
export function bitNot(value: Operand, at: number): Int {
  if (typeof value === 'number') return value === MAX ? wrapInt(~BigInt(value)) : -1 - value;
  if (typeof value === 'bigint') return wrapInt(~value);
  throw mistake('operand', { op: '~', value }, at);
}
