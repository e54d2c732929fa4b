/**
 * Reading and writing what is inside strings, lists, objects and classes: `a.b`, `a.(k)`, `a.b := v`, and the sources of
 * destructuring.
 *
 * Emitted code reads a name of an object and an element of a list at the place itself; what does not go that way comes here.
 * Positions are those that errors name: the `.` of a read, the operator of an assignment.
 */

import {
  Atom,
  deleteKey,
  EMPTY,
  Float,
  getKey,
  isInt,
  isObject,
  MAX_ITEMS,
  type Obj,
  Str,
  setKey,
  sizeOf,
  staticsOf,
  str,
  Table,
  type Value,
} from '../values/values.ts';
import { textWithin } from './brief.ts';
import { limitAt, mistake, type ProgramError, tooManyItems } from './errors.ts';
import type { Operand } from './mistakes.ts';
import { toText } from './render.ts';

const CHARS: readonly string[] = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

/** `object.key`, the key being a name in the program. */
export function getNamed(object: Operand, key: string, at: number): Value {
  if (isObject(object)) return getKey(object, key) ?? null;
  const statics = staticsOf(object ?? null);
  if (statics !== undefined) return getKey(statics, key) ?? null;
  if (object instanceof Str || Array.isArray(object)) throw noIndex(object, str(key), at);
  throw noContainer(object, at);
}

/** `object.(key)`, and `object.1` or `object.'key'`. */
export function getProperty(object: Operand, key: Operand, at: number): Value {
  if (Array.isArray(object)) {
    if (typeof key === 'number') return key >= 0 && key < object.length ? (object[key] ?? null) : null;
    if (typeof key === 'bigint') return null; // no list is that long
    throw noIndex(object, key, at);
  }
  if (object instanceof Str) {
    const char = charAt(object, key, at);
    return typeof char === 'string' ? str(char) : null;
  }
  if (isObject(object)) return getKey(object, keyText(key, at)) ?? null;
  const statics = staticsOf(object ?? null);
  if (statics !== undefined) return getKey(statics, keyText(key, at)) ?? null;
  throw noContainer(object, at);
}

/**
 * The one-byte text at an index of a string, null when it is out of range: for a byte that is only compared or given to
 * `codepoint`, without a new string. Undefined when `value` is not a string.
 */
export function charAt(value: Operand, index: Operand, at: number): string | null | undefined {
  if (!(value instanceof Str)) return undefined;
  if (typeof index === 'number') {
    return index >= 0 && index < value.length ? (CHARS[value.codeAt(index)] as string) : null; // there are 256 bytes
  }
  if (typeof index === 'bigint') return null; // no string is that long
  throw noIndex(value, index, at);
}

/** `object.key := value`, the key being a name in the program. Returns the object. */
export function setNamed(object: Operand, key: string, value: Operand, at: number): Value {
  if (isObject(object) && value !== EMPTY) {
    store(object, key, value ?? null);
    return object;
  }
  return setProperty(object, str(key), value, at);
}

function store(object: Obj | Table, key: string, value: Value): void {
  if (object instanceof Table) object.entries.set(key, value);
  else object[key] = value;
}

/** `object.(key) := value`. Returns the object. */
export function setProperty(object: Operand, key: Operand, value: Operand, at: number): Value {
  if (Array.isArray(object)) {
    setItem(object, key, value ?? null, at);
    return object;
  }
  if (object instanceof Str) {
    setBytes(object, key, value, at);
    return object;
  }
  if (object === null || object === undefined) {
    throw mistake('assign-to-nothing', {}, at);
  }
  const keyed = isObject(object) ? object : staticsOf(object);
  if (keyed === undefined) {
    throw mistake('assign-to-value', {}, at);
  }
  if (value === EMPTY) deleteKey(keyed, keyText(key, at));
  else setKey(keyed, keyText(key, at), value ?? null);
  return object;
}

function setItem(list: Value[], key: Operand, value: Value, at: number): void {
  if (!isInt(key)) throw noIndex(list, key, at);
  if (typeof key === 'number' && key >= 0 && key < list.length) list[key] = value;
  else if (key === list.length) {
    if (list.push(value) > MAX_ITEMS) tooManyItems(list, at);
  } else {
    throw mistake('assign-index', { container: list, key }, at);
  }
}

function setBytes(string: Str, key: Operand, value: Operand, at: number): void {
  if (!(value instanceof Str)) {
    throw mistake('assign-to-string', { value }, at);
  }
  if (!isInt(key)) throw noIndex(string, key, at);
  if (typeof key !== 'number' || key < 0 || key > string.length) {
    throw mistake('assign-index', { container: string, key }, at);
  }
  try {
    if (key === string.length) string.append(value.text);
    else string.write(key, value.text);
  } catch (error) {
    throw limitAt(error, at);
  }
}

/** The longest text of a list or object as a key: more of it would take long while nothing else could run. */
const MOST_OF_KEY = 2 ** 20;

/** The text under which any value is a key in property access. */
export function keyText(key: Operand, at: number | null = null): string {
  if (!Array.isArray(key) && !isObject(key)) return toText(key);
  const text = textWithin(key, MOST_OF_KEY);
  if (text === null) throw mistake('key-too-long', { most: MOST_OF_KEY }, at);
  return text;
}

/** The text of a key in an object literal, which takes fewer kinds. `at` is the start of the key's expression. */
export function literalKey(key: Operand, at: number): string {
  if (key instanceof Str || key instanceof Atom || key instanceof Float || isInt(key)) return toText(key);
  throw mistake('object-key', { key }, at);
}

/** What `[a, b] := value` takes apart. `at` is the assignment operator. */
export function destructureList(value: Operand, at: number): Value[] {
  if (Array.isArray(value)) return value;
  throw mistake('list-pattern', {}, at);
}

/** What `{a: b} := value` takes apart: an object by its keys, a list by position. `at` is the assignment operator. */
export function destructureObject(value: Operand, at: number): Obj | Table | Value[] {
  if (isObject(value) || Array.isArray(value)) return value;
  throw mistake('object-pattern', {}, at);
}

/** The result of `len`. */
export function lengthOf(value: Operand): number {
  if (value instanceof Str || Array.isArray(value)) return value.length;
  if (isObject(value)) return sizeOf(value);
  throw mistake('no-length', { value });
}

function noIndex(container: Str | Value[], key: Operand, at: number): ProgramError {
  return mistake('index', { container, key }, at);
}

function noContainer(value: Operand, at: number): ProgramError {
  return mistake('no-properties', { value }, at);
}
