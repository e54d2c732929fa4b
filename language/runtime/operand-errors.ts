/** The errors of operators, in the reference's words. */

import { Float, Str, type Value } from '../values/values.ts';
import { ProgramError } from './errors.ts';
import { display } from './render.ts';

/** A value as an operator gets it: undefined is a variable that is not set, and counts as `?`. */
export type Operand = Value | undefined;

function isNumber(value: Operand): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Float;
}

/** Two values that the operator does not work on. The left one decides the wording. */
export function binaryError(op: string, left: Operand, right: Operand, at: number): ProgramError {
  const values = `${display(left)}, ${display(right)}`;
  if (isNumber(left) && isNumber(right)) return new ProgramError(`Invalid binary operator ${op} for floats ${values}`, at);
  const leftIsOpen = isNumber(left) || left instanceof Str || Array.isArray(left);
  if (leftIsOpen || (typeof left === 'boolean' && typeof right !== 'boolean')) {
    return new ProgramError(`Cannot ${op} incompatible values ${values}`, at);
  }
  return new ProgramError(`Binary operator ${op} is not defined for values ${values}`, at);
}

/** A value that the prefix operator does not work on. */
export function unaryError(op: string, value: Operand, at: number): ProgramError {
  return new ProgramError(`${op} is not a valid unary operator for ${display(value)}`, at);
}

export function divisionByZero(at: number): ProgramError {
  return new ProgramError('Division by zero', at);
}

export function negativeShift(amount: Value, at: number): ProgramError {
  return new ProgramError(`Shift amount must be non-negative, got ${display(amount)}`, at);
}
