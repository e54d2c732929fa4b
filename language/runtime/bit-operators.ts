/**
 * The operators on bits: `& | ^ << >>`, which also join bools, work on the bytes of strings and append to strings and lists.
 *
 * Ints that numbers hold have at most 54 bits, sign included. What does not fit the 32 bits of JavaScript's operators is split
 * into an upper and a lower half, which is many times faster than the way through bigints.
 */

import { codec, type Int, isInt, MAX_ITEMS, Str, type Value, wrapInt } from '../values/values.ts';
import { limitAt, mistake, tooManyItems } from './errors.ts';
import type { Operand } from './mistakes.ts';

const HALF = 2 ** 32;
/** The lowest number that 54 bits hold: as an int it is a bigint already. */
const LOWEST = -(2 ** 53);
/** Ints from here on, or shifted this far, have no bits left. */
const INT_BITS = 64;

/** The number with these upper and lower 32 bits. */
function joined(upper: number, lower: number): Int {
  const value = upper * HALF + (lower >>> 0);
  return value === LOWEST ? BigInt(value) : value;
}

export function bitAnd(a: Operand, b: Operand, at: number): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    if ((a | 0) === a && (b | 0) === b) return a & b;
    return joined(Math.floor(a / HALF) & Math.floor(b / HALF), a & b);
  }
  if (isInt(a) && isInt(b)) {
    // The usual mask of a hash: only the lower bits count.
    if (typeof b === 'number' && b >= 0 && (b | 0) === b) return Number(BigInt.asIntN(32, BigInt(a))) & b;
    return wrapInt(BigInt(a) & BigInt(b));
  }
  if (typeof a === 'boolean' && (!a || typeof b === 'boolean')) return a && (b as boolean); // asked for when a is true
  if (a instanceof Str && b instanceof Str) return bytewise(a.text, b.text, (x, y) => x & y);
  throw mistake('operands', { op: '&', left: a, right: b }, at);
}

export function bitOr(a: Operand, b: Operand, at: number): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    if ((a | 0) === a && (b | 0) === b) return a | b;
    return joined(Math.floor(a / HALF) | Math.floor(b / HALF), a | b);
  }
  if (isInt(a) && isInt(b)) return wrapInt(BigInt(a) | BigInt(b));
  if (typeof a === 'boolean' && (a || typeof b === 'boolean')) return a || (b as boolean); // asked for when a is false
  if (a instanceof Str && b instanceof Str) return bytewise(a.text, b.text, (x, y) => x | y);
  throw mistake('operands', { op: '|', left: a, right: b }, at);
}

export function bitXor(a: Operand, b: Operand, at: number): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    if ((a | 0) === a && (b | 0) === b) return a ^ b;
    return joined(Math.floor(a / HALF) ^ Math.floor(b / HALF), a ^ b);
  }
  if (isInt(a) && isInt(b)) return wrapInt(BigInt(a) ^ BigInt(b));
  if (typeof a === 'boolean' && typeof b === 'boolean') return a !== b;
  if (a instanceof Str && b instanceof Str) return bytewise(a.text, b.text, (x, y) => x ^ y);
  throw mistake('operands', { op: '^', left: a, right: b }, at);
}

/** A new string; the shorter side counts as filled up with zero bytes. */
function bytewise(left: string, right: string, combine: (x: number, y: number) => number): Str {
  const length = Math.max(left.length, right.length);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    bytes[i] = combine(i < left.length ? left.charCodeAt(i) : 0, i < right.length ? right.charCodeAt(i) : 0);
  }
  return new Str(codec.decode(bytes, 0, length));
}

/** `<<`: appends to a list or string in place and returns it; shifts an int. */
export function shiftLeft(a: Operand, b: Operand, at: number): Value {
  if (Array.isArray(a)) {
    return a.push(b === undefined ? null : b) <= MAX_ITEMS ? a : tooManyItems(a, at);
  }
  if (a instanceof Str && b instanceof Str) {
    try {
      a.append(b.text);
    } catch (error) {
      throw limitAt(error, at);
    }
    return a;
  }
  if (!isInt(a) || !isInt(b)) throw mistake('operands', { op: '<<', left: a, right: b }, at);
  if (b < 0) throw mistake('negative-shift', { amount: b }, at);
  if (b >= INT_BITS) return 0;
  if (typeof a === 'number') {
    const shifted = a * 2 ** Number(b);
    if (Number.isSafeInteger(shifted)) return shifted;
  }
  return wrapInt(BigInt(a) << BigInt(b));
}

/** `>>` keeps the sign. */
export function shiftRight(a: Operand, b: Operand, at: number): Value {
  if (!isInt(a) || !isInt(b)) throw mistake('operands', { op: '>>', left: a, right: b }, at);
  if (b < 0) throw mistake('negative-shift', { amount: b }, at);
  if (b >= INT_BITS) return a < 0 ? -1 : 0;
  if (typeof a === 'number') return (a | 0) === a && b < 32 ? a >> Number(b) : Math.floor(a / 2 ** Number(b));
  return wrapInt(a >> BigInt(b));
}
