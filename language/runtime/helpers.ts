/**
 * What emitted code calls: `$rt` in its text. Operators, equality and properties come from files of their own; here is the rest,
 * which only emitted code needs. Positions (`at`) are global ones (units.ts).
 */

import type { HelperName } from '../compiler/helper-names.ts';
import {
  atom,
  callWith,
  EMPTY,
  Float,
  type Fn,
  getKey,
  isObject,
  keysOf,
  markClass,
  Obj,
  Spread,
  Str,
  SUSPENDED,
  type Suspended,
  setKey,
  type Table,
  type Value,
  wrapInt,
} from '../values/values.ts';
import { bitAnd, bitOr, bitXor, shiftLeft, shiftRight } from './bit-operators.ts';
import { reach } from './coverage.ts';
import { deepEqual, matches, same, sameText } from './equality.ts';
import { mistake, ProgramError, tooManyItems } from './errors.ts';
import { inParts } from './in-parts.ts';
import {
  add,
  bitNot,
  div,
  greater,
  greaterEqual,
  less,
  lessEqual,
  mul,
  negate,
  not,
  plusText,
  pow,
  rem,
  sub,
  textPlus,
} from './operators.ts';
import {
  destructureList,
  destructureObject,
  getNamed,
  getProperty,
  keyText,
  lengthOf,
  literalKey,
  setNamed,
  setProperty,
} from './properties.ts';

/** A variable that a closure sees change. */
class Box {
  constructor(public v: Value | undefined) {}
}

/** `f(args..., list...)`. */
function spread(callee: Value | undefined, args: Value[], list: Value | undefined, at: number): Value | Suspended {
  if (!Array.isArray(list)) {
    throw mistake('spread-of-no-list', { value: list }, at);
  }
  return callWith(callable(callee, at), args.length === 0 ? list : args.concat(list));
}

function callable(callee: Value | undefined, at: number): Fn {
  return typeof callee === 'function' ? (callee as Fn) : notCallable(callee, at); // every function value is an Fn
}

function notCallable(callee: Value | undefined, at: number): Fn {
  throw mistake('not-callable', { value: callee }, at);
}

function undefinedName(name: string, at: number): never {
  throw mistake('undefined-name', { name }, at);
}

function invalidTarget(at: number): never {
  throw mistake('invalid-target', {}, at);
}

/** The element of a destructuring that is not a name: the `index`th of the pattern of the assignment. */
function badElement(at: number, index: number): never {
  throw mistake('pattern-element', { index }, at);
}

/** What an object pattern finds under a key, or in a list at the place of the key. */
function pick(value: Obj | Table | Value[], key: string, index: number): Value {
  return (Array.isArray(value) ? value[index] : getKey(value, key)) ?? null;
}

/** The value of an object pattern against a list is a new object; against an object it is that object. */
function positional(value: Obj | Table | Value[]): Obj | Table {
  return Array.isArray(value) ? new Obj() : value;
}

function putPositional(value: Obj | Table | Value[], into: Obj, key: string, part: Value): void {
  if (Array.isArray(value)) setKey(into, key, part);
}

/** Adds what a parent of a class made; `at` is the position of the parent's expression. */
function merge(into: Obj, made: Value, at: number): void {
  if (!isObject(made)) {
    throw mistake('parent-of-class', { value: made }, at);
  }
  copyInto(into, made);
}

/** Adds the own part of a class with parents; `at` is the position of its `cs`, `bodyAt` that of the own part. */
function mergeOwn(into: Obj, own: Value, at: number, bodyAt: number): void {
  if (own === null) return;
  if (!isObject(own)) {
    throw mistake('body-of-class', { value: own, classAt: at }, bodyAt);
  }
  copyInto(into, own);
}

function copyInto(into: Obj, from: Obj | Table): void {
  for (const key of keysOf(from)) setKey(into, key, getKey(from, key) as Value); // one of its keys
}

/** A byte that is not there, or a value that is not a single byte: equal to no byte. */
const NO_BYTE = -1;
/** The value `_`, which is equal to everything. */
const ANY_BYTE = 256;

/** `value.(index)` where it is only compared with one-byte strings. */
function byteAt(value: Value | undefined, index: Value | undefined, at: number): number {
  if (value instanceof Str && typeof index === 'number') {
    return index >= 0 && index < value.length ? value.codeAt(index) : NO_BYTE;
  }
  const found = getProperty(value, index, at);
  if (found === EMPTY) return ANY_BYTE;
  return found instanceof Str && found.length === 1 ? found.codeAt(0) : NO_BYTE;
}

/** `codepoint(value.(index))`. */
function codepointAt(value: Value | undefined, index: Value | undefined, at: number): number | null {
  if (value instanceof Str && typeof index === 'number') {
    return index >= 0 && index < value.length ? value.codeAt(index) : null;
  }
  const found = getProperty(value, index, at);
  return found instanceof Str && found.length === 1 ? found.codeAt(0) : null;
}

/** `len(value)`. */
function lengthAt(value: Value | undefined, at: number): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof Str) return value.length;
  try {
    return lengthOf(value);
  } catch (error) {
    if (error instanceof ProgramError) error.at ??= at;
    throw error;
  }
}

/** A module-level name in a REPL session: one of its variables, else a builtin. */
function sessionRead(session: Obj, builtin: (name: string) => Fn | undefined, name: string): Value | undefined {
  const own = session[name];
  return own !== undefined ? own : builtin(name); // it may be null
}

/** Everything that emitted code may use of the runtime: tsc fails if one that the compiler knows is missing. */
export const helpers = {
  SUSPENDED,
  EMPTY,
  Obj,
  Str,
  Spread,
  Float,
  Box,
  atom,
  setKey,
  isObject,
  markClass,
  wrapInt,
  add,
  plusText,
  textPlus,
  sub,
  mul,
  div,
  rem,
  pow,
  bitAnd,
  bitOr,
  bitXor,
  shiftLeft,
  shiftRight,
  tooManyItems,
  less,
  lessEqual,
  greater,
  greaterEqual,
  negate,
  not,
  bitNot,
  same,
  deepEqual,
  matches,
  sameText,
  getNamed,
  getProperty,
  setNamed,
  setProperty,
  keyText,
  literalKey,
  destructureList,
  destructureObject,
  spread,
  callable,
  notCallable,
  undefinedName,
  invalidTarget,
  badElement,
  pick,
  positional,
  putPositional,
  merge,
  mergeOwn,
  byteAt,
  codepointAt,
  lengthAt,
  sessionRead,
  inParts,
  reach,
} satisfies { readonly [name in HelperName]: unknown };
