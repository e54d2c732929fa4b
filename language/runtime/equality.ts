/**
 * `=`, `==` and the matching of `if`.
 *
 * Deep comparison walks both values natively as long as they are neither deep nor big, which is nearly always. Otherwise it
 * starts again with its own stack and with a note of every pair that it has met: lists nested 200,000 deep, values that
 * contain themselves and values that share parts in many ways end, too. A pair that is met again counts as equal, for if it
 * is not, that shows where it was met first.
 */

import {
  EMPTY,
  Float,
  getKey,
  isObject,
  keysOf,
  type Obj,
  Pointer,
  Str,
  sizeOf,
  type Table,
  type Value,
} from '../values/values.ts';
import type { Operand } from './mistakes.ts';

/** `a = b`: lists and objects by identity, everything else by value. */
export function same(a: Operand, b: Operand): boolean {
  if (a instanceof Str && b instanceof Str) return sameBytes(a, b);
  return isContainer(a) ? a === b : sameScalar(a, b);
}

/** `a == b`: lists and objects by what is in them. `!=` is the negation of this. */
export function deepEqual(a: Operand, b: Operand): boolean {
  if (a instanceof Str && b instanceof Str) return sameBytes(a, b);
  if (!isContainer(a) || !isContainer(b)) return sameScalar(a, b);
  pairsLeft = NATIVE_PAIRS;
  return equalNatively(a, b, NATIVE_LEVELS) ?? equalOnHeap(a, b);
}

/** Does a target of an `if` match? An int matches nothing but the same int and `_`; all else is compared as by `==`. */
export function matches(subject: Operand, target: Operand): boolean {
  if (typeof subject === 'number' || typeof subject === 'bigint') return subject === target || target === EMPTY;
  return deepEqual(subject, target);
}

/** `value = 'text'`, which is also whether an `if` of the value takes the target `'text'`. */
export function sameText(value: Operand, text: string): boolean {
  return value instanceof Str ? value.length === text.length && value.text === text : value === EMPTY;
}

function sameBytes(a: Str, b: Str): boolean {
  return a === b || (a.length === b.length && a.text === b.text);
}

/** Values of which at least one is neither a list nor an object; `_` equals everything. */
function sameScalar(a: Operand, b: Operand): boolean {
  if (a === b) return !(a instanceof Float) || !Number.isNaN(a.value);
  if (a instanceof Str && b instanceof Str) return sameBytes(a, b);
  if (a === EMPTY || b === EMPTY) return true;
  if (a instanceof Float) return sameAsFloat(a.value, b);
  if (b instanceof Float) return sameAsFloat(b.value, a);
  if (a instanceof Pointer) return sameScalar(a.address, b);
  if (b instanceof Pointer) return sameScalar(a, b.address);
  return isNull(a) && isNull(b);
}

function sameAsFloat(value: number, other: Operand): boolean {
  if (typeof other === 'number') return value === other;
  if (other instanceof Float) return value === other.value;
  return typeof other === 'bigint' && value === Number(other); // the int is converted, even where that rounds it
}

function isNull(value: Operand): boolean {
  return value === null || value === undefined;
}

type Container = Value[] | Obj | Table;

function isContainer(value: Operand): value is Container {
  return Array.isArray(value) || isObject(value);
}

/** How deep, and for how many pairs of lists and objects, the native stack is used. */
const NATIVE_LEVELS = 100;
const NATIVE_PAIRS = 50_000;
let pairsLeft = 0;

/** Undefined when the values are too deep or too big for this way. */
function equalNatively(a: Operand, b: Operand, levels: number): boolean | undefined {
  if (!isContainer(a) || !isContainer(b)) return sameScalar(a, b);
  if (levels === 0 || --pairsLeft < 0) return undefined;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) {
      const equal = equalNatively(a[i], b[i], levels - 1);
      if (equal !== true) return equal;
    }
    return true;
  }
  if (Array.isArray(b)) return false;
  const keys = keysOf(a);
  if (keys.length !== sizeOf(b)) return false;
  for (const key of keys) {
    const other = getKey(b, key);
    const equal = other !== undefined && equalNatively(getKey(a, key), other, levels - 1);
    if (equal !== true) return equal;
  }
  return true;
}

function equalOnHeap(left: Container, right: Container): boolean {
  const met = new PairSet();
  const open: Container[] = [left, right]; // pairs that are still to be compared, one after the other
  const agree = (x: Operand, y: Operand): boolean => {
    if (!isContainer(x) || !isContainer(y)) return sameScalar(x, y);
    if (met.add(x, y)) open.push(x, y);
    return true;
  };

  for (let b = open.pop(), a = open.pop(); a !== undefined && b !== undefined; b = open.pop(), a = open.pop()) {
    if (Array.isArray(a)) {
      if (!Array.isArray(b) || a.length !== b.length) return false;
      for (let i = 0; i < a.length; i++) if (!agree(a[i], b[i])) return false;
    } else {
      if (Array.isArray(b)) return false;
      const keys = keysOf(a);
      if (keys.length !== sizeOf(b)) return false;
      for (const key of keys) {
        const other = getKey(b, key);
        if (other === undefined || !agree(getKey(a, key), other)) return false;
      }
    }
  }
  return true;
}

/** Pairs of lists and objects; nearly always each one is in one pair only. */
class PairSet {
  readonly #partner = new Map<Container, Container>();
  readonly #more = new Map<Container, Set<Container>>();

  /** False when it is there already. */
  add(a: Container, b: Container): boolean {
    const partner = this.#partner.get(a);
    if (partner === undefined) {
      this.#partner.set(a, b);
      return true;
    }
    if (partner === b) return false;
    const others = this.#more.get(a);
    if (others === undefined) this.#more.set(a, new Set([b]));
    else if (others.has(b)) return false;
    else others.add(b);
    return true;
  }
}
