/** Operands: evaluated expressions as JavaScript. */
import type { Bare } from './bare-floats.ts';
import { type Code, js, type Local } from './code.ts';

/** Code that returns the value of an evaluated expression, and what is known about it. */
export interface Operand {
  readonly code: Code;
  /** May be written more than once: a variable or a constant. */
  readonly repeatable: boolean;
  /** Nothing that is evaluated later changes it. */
  readonly immutable: boolean;
  /** May be undefined, which counts as null. */
  readonly unset?: boolean;
  /** Is true or false, and nothing else. */
  readonly bool?: boolean;
  /** Is a float literal. */
  readonly float?: boolean;
  /** Its variables, if it may be a float that has no object (bare-floats.ts): `code` makes one. */
  readonly bare?: Bare;
  /** Its value, for a literal int that is a safe integer. */
  readonly literal?: number;
}

/** The place where the value of an expression goes. */
export type Destination =
  | { readonly kind: 'into'; readonly local: Local }
  | { readonly kind: 'return' }
  | { readonly kind: 'nowhere' };
export const NOWHERE: Destination = { kind: 'nowhere' };
export const RETURN: Destination = { kind: 'return' };

/** Code that has to be evaluated exactly once. */
export function computed(code: Code): Operand {
  return { code, repeatable: false, immutable: false };
}

/** The same for code whose value is true or false. */
export function test(code: Code): Operand {
  return { ...computed(code), bool: true };
}

/** A variable that was written for this operand alone. */
export function stored(local: Local): Operand {
  return { code: [local], repeatable: true, immutable: true };
}

export function constant(code: string): Operand {
  return { code: [code], repeatable: true, immutable: true };
}

export const NULL: Operand = constant('null');

export function int(value: number | bigint): Operand {
  if (typeof value === 'bigint') return constant(value < 0n ? `(${value}n)` : `${value}n`);
  return { ...constant(value < 0 ? `(${value})` : String(value)), literal: value };
}

/** An operand in front of a `.` or `[`, where a bare int would be read as part of a number. */
export function base(operand: Operand): Operand {
  return operand.literal === undefined ? operand : { ...operand, code: js`(${operand.code})` };
}

/** Code that is certainly a value, never undefined. */
export function orNull({ code, unset }: Operand): Code {
  return unset === true ? js`(${code} ?? null)` : code;
}
