/**
 * Magnolia values as JavaScript values, and back.
 *
 * | Magnolia | to JavaScript | from JavaScript |
 * |---|---|---|
 * | `?` | `null` | `null`, `undefined` |
 * | `_` | `EMPTY` | `EMPTY` |
 * | int | `number`, beyond 2^53 `bigint` | a whole `number` up to 2^53, `bigint` of 64 bits |
 * | float | `number` | any other `number`, `new Float(2)` |
 * | bool | `boolean` | `boolean` |
 * | atom `:ok` | `Symbol.for('ok')`, or `'ok'` | a symbol with a description |
 * | string | `string` (from UTF-8), or `Uint8Array` | `string`, `Uint8Array`, `ArrayBuffer` |
 * | list | array | array |
 * | object | plain object | plain object, `Map` with strings as keys |
 * | function | async function | function |
 *
 * Lists and objects are deep-copied; cycles are preserved. Functions keep their identity both ways.
 */

import { definitionOf } from '../language/runtime/units.ts';
import { utf8Decode, utf8Encode } from '../language/values/bytes.ts';
import {
  Atom,
  atom,
  Float as CoreFloat,
  codec,
  EMPTY,
  Empty,
  type Fn,
  getKey,
  HIDDEN,
  keysOf,
  MAX_ITEMS,
  Obj,
  Pointer,
  Str,
  setKey,
  type Table,
  type Value,
  wrapInt,
} from '../language/values/values.ts';

/** A float for a program, even if it is integral: `new Float(2)` is `2.0`. Throws a TypeError for anything but a number. */
export const Float = new Proxy(CoreFloat, {
  construct(target, [value]) {
    if (typeof value !== 'number') throw new TypeError(`new Float() takes a number, not ${typeof value}`);
    return new target(value);
  },
});
export type Float = CoreFloat;

/** A result that a promise cannot be fulfilled with, because it is an object with a function `then`: that is in `value`. */
export class Boxed {
  readonly value: JsValue;

  constructor(value: JsValue) {
    this.value = value;
  }
}

/** A Magnolia function as JavaScript calls it. It fails with a `MagnoliaError` when the function made an error. */
export type MagnoliaFunction = (...args: JsInput[]) => Promise<JsValue>;

/** What a Magnolia value is in JavaScript. */
export type JsValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | symbol
  | Uint8Array
  | Empty
  | MagnoliaFunction
  | Boxed
  | JsValue[]
  | { [key: string]: JsValue };

/** A JavaScript function that Magnolia programs may call; if it returns a promise, the calling thread waits for it. */
// biome-ignore lint/suspicious/noExplicitAny: a function may declare which of the values it expects
export type JsFunction = (...args: any[]) => JsInput | void | Promise<JsInput> | Promise<void>;

/** What can be given to Magnolia. */
export type JsInput =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | symbol
  | Uint8Array
  | ArrayBuffer
  | Empty
  | Float
  | Boxed
  | JsFunction
  | readonly JsInput[]
  | ReadonlyMap<string, JsInput>
  | { readonly [key: string]: JsInput };

export interface ToJsOptions {
  /** Strings as text, each byte that is not UTF-8 being U+FFFD (`'text'`, unless given), or exactly (`'bytes'`). */
  readonly strings?: 'text' | 'bytes';
  /** Atoms as symbols (`'symbols'`, the default: converting back restores the atom) or as bare text, for JSON (`'text'`). */
  readonly atoms?: 'symbols' | 'text';
}

/** How functions cross the border; what a runtime knows about that. */
export interface FunctionBorder {
  toJs(fn: Fn): MagnoliaFunction;
  fromJs(fn: JsFunction): Fn;
  /** Called now and then while a value is converted; throws to end that. */
  checkpoint?(): void;
}

/** So many values are converted between two checks of the limits. */
const BETWEEN_CHECKPOINTS = 4096;

const NO_FUNCTIONS: FunctionBorder = {
  toJs() {
    throw new TypeError('Only a runtime can turn Magnolia functions into JavaScript functions');
  },
  fromJs() {
    throw new TypeError('Only a runtime can turn JavaScript functions into Magnolia functions');
  },
};

/** A Magnolia value as a JavaScript value. */
export function toJs(value: Value, options: ToJsOptions = {}, functions: FunctionBorder = NO_FUNCTIONS): JsValue {
  const made = new Map<Value, JsValue[] | { [key: string]: JsValue }>();
  const open: (Value[] | Obj | Table)[] = []; // those made whose parts are still missing: however deep, no stack is needed

  const convert = (one: Value): JsValue => {
    if (one === null || typeof one === 'number' || typeof one === 'bigint' || typeof one === 'boolean') return one;
    if (one instanceof Str) return options.strings === 'bytes' ? bytesOf(one.text) : utf8Decode(one.text);
    if (one instanceof CoreFloat) return one.value;
    if (one instanceof Atom) return options.atoms === 'text' ? utf8Decode(one.name) : Symbol.for(utf8Decode(one.name));
    if (one instanceof Empty) return one;
    if (one instanceof Pointer) throw new TypeError('Pointers mean nothing outside of their program');
    if (typeof one === 'function') return functions.toJs(one);
    const known = made.get(one);
    if (known !== undefined) return known;
    const fresh = Array.isArray(one) ? [] : {};
    made.set(one, fresh);
    open.push(one);
    return fresh;
  };

  const result = convert(value);
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const into = made.get(one) as JsValue[] & { [key: string]: JsValue }; // made when it was put among the open ones
    if (Array.isArray(one)) for (const item of one) into.push(convert(item));
    else for (const key of ownKeys(one)) define(into, utf8Decode(key), convert(getKey(one, key) ?? null));
  }
  return result;
}

/** A JavaScript value as a Magnolia value. Throws a TypeError for what has no counterpart, and a RangeError for ints beyond 64 bits. */
export function fromJs(value: unknown, functions: FunctionBorder = NO_FUNCTIONS): Value {
  const made = new Map<object, Value[] | Obj>();
  const open: object[] = [];
  let count = 0;

  const convert = (one: unknown): Value => {
    if (++count % BETWEEN_CHECKPOINTS === 0) functions.checkpoint?.();
    switch (typeof one) {
      case 'undefined':
        return null;
      case 'boolean':
        return one;
      case 'number':
        return Number.isSafeInteger(one) && !Object.is(one, -0) ? one : new CoreFloat(one);
      case 'bigint':
        if (BigInt.asIntN(64, one) !== one) throw new RangeError(`${one} does not fit into 64 bits`);
        return wrapInt(one);
      case 'string':
        return new Str(utf8Encode(one));
      case 'symbol':
        return atom(utf8Encode(one.description ?? ''));
      case 'function':
        return functions.fromJs(one as JsFunction); // any function can be called
      case 'object':
        return one === null ? null : convertObject(one);
    }
  };
  const convertObject = (one: object): Value => {
    if (one instanceof Empty) return EMPTY;
    if (one instanceof CoreFloat) return one;
    if (one instanceof Boxed) return convert(one.value);
    if (one instanceof Uint8Array) return new Str(codec.decode(one, 0, one.length));
    if (one instanceof ArrayBuffer) return new Str(codec.decode(new Uint8Array(one), 0, one.byteLength));
    const known = made.get(one);
    if (known !== undefined) return known;
    if (!Array.isArray(one) && !(one instanceof Map) && !isPlain(one)) {
      throw new TypeError(`${one.constructor?.name ?? 'An object'} has no counterpart in Magnolia`);
    }
    if (Array.isArray(one) && one.length > MAX_ITEMS) throw new RangeError(`A list cannot have ${one.length} items`);
    const fresh = Array.isArray(one) ? [] : new Obj();
    made.set(one, fresh);
    open.push(one);
    return fresh;
  };

  const result = convert(value);
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const into = made.get(one) as Value[] | Obj; // made when it was put among the open ones
    if (Array.isArray(into))
      for (const item of one as unknown[]) into.push(convert(item)); // an array made it
    else
      for (const [key, item] of one instanceof Map ? one : Object.entries(one))
        setKey(into, utf8Encode(String(key)), convert(item));
  }
  return result;
}

/** The bytes of a byte text. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  codec.encode(text, bytes, 0);
  return bytes;
}

/** The keys of an object; of a module those that it defines, without the builtins that can also be read through it. */
export function ownKeys(object: Obj | Table): string[] {
  if (!(HIDDEN in object)) return keysOf(object);
  const isOwn = (name: string): boolean => {
    const value = getKey(object, name);
    const native = typeof value === 'function' && definitionOf(value as Fn) === undefined; // every function here is an Fn
    return value !== undefined && !(native && (value as Fn).name === name);
  };
  const variables = Object.keys(Object.getPrototypeOf(object)).filter(isOwn);
  return [...new Set([...variables, ...Object.keys(object)])];
}

/** A plain assignment to `__proto__` would not make a key. */
function define(into: object, key: string, value: JsValue): void {
  Object.defineProperty(into, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether this is an object literal, also of another realm. */
export function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'); // of another realm
}
