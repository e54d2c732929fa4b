/**
 * Parameters that builtins share: each checks one argument and converts it to what the builtin's function takes.
 *
 *     params: [text('path'), optional(atomValue('flag'), atom('readwrite'))]
 *
 * A check that fails is worded `Mismatched types in call NAME(V, V)`, unless `saying` sets another text.
 */
import { mistake } from '../language/runtime/errors.ts';
import {
  Atom,
  Float,
  type Fn,
  type Int,
  isInt,
  isObject,
  type Obj,
  Str,
  type Table,
  type Value,
} from '../language/values/values.ts';
import type { Param } from './registry.ts';

/** Any value at all. */
export function any(name: string): Param<Value> {
  return { name, expected: 'any value', read: (value) => value };
}

/** An int, in its canonical form. */
export function int(name: string): Param<Int> {
  return { name, expected: 'int', read: (value) => (isInt(value) ? value : undefined) };
}

/** An int from 0 on, as a JavaScript number (beyond 2^53 the nearest one). */
export function nonNegativeInt(name: string): Param<number> {
  return { name, expected: 'non-negative int', read: (value) => (isInt(value) && value >= 0 ? Number(value) : undefined) };
}

/** An int or a float, as a JavaScript number. */
export function number(name: string): Param<number> {
  return {
    name,
    expected: 'int or float',
    read(value) {
      if (typeof value === 'number') return value;
      if (value instanceof Float) return value.value;
      return typeof value === 'bigint' ? Number(value) : undefined;
    },
  };
}

/** A string. */
export function text(name: string): Param<Str> {
  return { name, expected: 'string', read: (value) => (value instanceof Str ? value : undefined) };
}

/** An atom. */
export function atomValue(name: string): Param<Atom> {
  return { name, expected: 'atom', read: (value) => (value instanceof Atom ? value : undefined) };
}

/** A list. */
export function list(name: string): Param<Value[]> {
  return { name, expected: 'list', read: (value) => (Array.isArray(value) ? value : undefined) };
}

/** An object; read its keys with `getKey`, for it may be a table. */
export function object(name: string): Param<Obj | Table> {
  return { name, expected: 'object', read: (value) => (isObject(value) ? value : undefined) };
}

/** Whatever can be called: a function, a builtin or a class. */
export function callable(name: string): Param<Fn> {
  return { name, expected: 'function', read: (value) => (isCallable(value) ? value : undefined) };
}

/** Is this a function, a builtin or a class? */
export function isCallable(value: unknown): value is Fn {
  return typeof value === 'function';
}

/** The same parameter, with `defaultValue` in its place when the argument is not given. */
export function optional<T>(param: Param<T>, defaultValue: Value): Param<T> {
  return { ...param, defaultValue };
}

/** The same parameter with its own words for a wrong argument: `says`, then the argument as errors show values. */
export function saying<T>(param: Param<T>, says: string): Param<T> {
  return { ...param, mistake: (builtin, value) => mistake('argument', { builtin, says, value }) };
}

/** A time in seconds, as a program writes it, in milliseconds; `?` is 0. Undefined when the value is not a time. */
export function milliseconds(value: Value): number | undefined {
  if (value === null) return 0;
  const seconds = value instanceof Float ? value.value : isInt(value) ? Number(value) : -1;
  return seconds >= 0 ? Math.ceil(seconds * 1000) : undefined;
}
