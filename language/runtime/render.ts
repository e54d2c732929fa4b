/**
 * Values as text: what `string()` returns, and what the prompt shows. Error messages show them shortened, see brief.ts.
 *
 * Nesting is cut at a fixed depth, and a value that contains itself is cut where it comes round again.
 */

import { formatFloat } from '../values/numbers.ts';
import {
  Atom,
  Float,
  getKey,
  HIDDEN,
  isObject,
  keysOf,
  type Obj,
  Pointer,
  Str,
  sizeOf,
  type Table,
  type Value,
} from '../values/values.ts';
import { functionText } from './function-text.ts';

/** How many levels of lists and objects are shown; what is nested deeper is cut. */
const SHOWN_LEVELS = 65;

/** Values that are shown in one step. */
const STEP = 2000;

/** The byte text of `string(value)`: a string as it is, an atom without its colon. */
export function toText(value: Value | undefined): string {
  if (value instanceof Str) return value.text;
  if (typeof value === 'number') return String(value);
  if (value instanceof Atom) return value.name;
  return nested(value);
}

/**
 * A value as it looks inside another one: strings in quotes, atoms with their colon. A module by itself, which holds a hundred
 * functions, is only called that.
 */
export function display(value: Value | undefined): string {
  return isObject(value) && HIDDEN in value ? '{module}' : nested(value);
}

function nested(value: Value | undefined): string {
  if (!Array.isArray(value) && !isObject(value)) return single(value);
  const steps = nestedSteps(value);
  for (;;) {
    const { done, value: text } = steps.next();
    if (done === true) return text;
  }
}

/** What is shown with keys. */
export type Keyed = Obj | Table;

/** A list or object that is being shown. */
interface Open {
  readonly value: readonly Value[] | Keyed;
  /** Of an object, in order. */
  readonly keys: readonly string[] | null;
  next: number;
}

/** The text of a list or object, for which it stops (`yield`) now and then. With `most` the text, or null if it has more bytes. */
export function nestedSteps(value: Value[] | Keyed): Generator<undefined, string>;
export function nestedSteps(value: Value[] | Keyed, most: number): Generator<undefined, string | null>;
export function* nestedSteps(value: Value[] | Keyed, most = Number.POSITIVE_INFINITY): Generator<undefined, string | null> {
  let text = '';
  let current: Value | undefined = value;
  const around: Open[] = []; // outermost first
  for (let count = 1; ; count++) {
    if (count % STEP === 0) yield;
    if (most < Number.POSITIVE_INFINITY && (text.length > most || (isObject(current) && sizeOf(current) > most))) return null;
    if (!Array.isArray(current) && !isObject(current)) {
      text += single(current);
    } else if (isCut(current, around)) {
      text += Array.isArray(current) ? '[...]' : '{...}';
    } else {
      text += Array.isArray(current) ? '[' : '{';
      around.push({ value: current, keys: Array.isArray(current) ? null : keysOf(current).sort(), next: 0 });
    }

    // The next value of the innermost list or object; closes those that have no more.
    for (;;) {
      const open = around.at(-1);
      if (open === undefined) return text.length > most ? null : text;
      const { value: inside, keys, next } = open;
      if (next < (keys ?? (inside as readonly Value[])).length) {
        open.next++;
        if (next > 0) text += ', ';
        if (keys === null) {
          current = (inside as readonly Value[])[next];
        } else {
          const key = keys[next] as string; // in range
          text += `${key}: `;
          current = getKey(inside as Keyed, key);
        }
        break;
      }
      text += keys === null ? ']' : '}';
      around.pop();
    }
  }
}

/** Everything that holds nothing. */
export function single(value: Exclude<Value, Value[] | Keyed> | undefined): string {
  if (value instanceof Str) return `'${value.text}'`;
  if (value === null || value === undefined) return '?';
  if (value instanceof Atom) return `:${value.name}`;
  if (value instanceof Float) return formatFloat(value.value);
  if (typeof value === 'function') return functionText(value);
  if (value instanceof Pointer) return `ptr(0x${value.address.toString(16)})`;
  if (typeof value === 'object') return '_';
  return String(value); // an int or a bool
}

/** Whether a list or object inside of these is shown as `[...]` or `{...}`. */
export function isCut(value: Value, around: readonly { readonly value: unknown }[]): boolean {
  return around.length === SHOWN_LEVELS || around.some((open) => open.value === value);
}
