/**
 * Values as text: what `string()` gives, and what error messages show.
 *
 * Nesting is cut at a fixed depth and a value that contains itself is cut where it comes round again, so rendering needs no
 * stack of its own however values are nested.
 */
import { functionText } from './function-text.ts';
import { formatFloat } from './numbers.ts';
import { Atom, Float, getKey, HIDDEN, isObject, keysOf, Pointer, Str, type Value } from './values.ts';

/** How many levels of lists and objects are shown; what is nested deeper is cut. */
const SHOWN_LEVELS = 65;

/** The byte text of `string(value)`: a string as it is, an atom without its colon. */
export function toText(value: Value | undefined): string {
  if (value instanceof Str) return value.text;
  if (typeof value === 'number') return String(value);
  if (value instanceof Atom) return value.name;
  return nested(value, []);
}

/**
 * A value as it looks inside another one and in error messages: strings in quotes, atoms with their colon. A module by itself,
 * which holds a hundred functions, is only called that.
 */
export function display(value: Value | undefined): string {
  return isObject(value) && HIDDEN in value ? '{module}' : nested(value, []);
}

/** `around` is what the value stands in, outermost first. */
function nested(value: Value | undefined, around: Value[]): string {
  if (value instanceof Str) return `'${value.text}'`;
  if (value === null || value === undefined) return '?';
  if (value instanceof Atom) return `:${value.name}`;
  if (Array.isArray(value)) {
    if (isCut(value, around)) return '[...]';
    around.push(value);
    let text = '[';
    for (let i = 0; i < value.length; i++) text += (i === 0 ? '' : ', ') + nested(value[i], around);
    around.pop();
    return `${text}]`;
  }
  if (isObject(value)) {
    if (isCut(value, around)) return '{...}';
    around.push(value);
    let text = '{';
    for (const key of keysOf(value).sort()) {
      text += `${text.length === 1 ? '' : ', '}${key}: ${nested(getKey(value, key), around)}`;
    }
    around.pop();
    return `${text}}`;
  }
  if (value instanceof Float) return formatFloat(value.value);
  if (typeof value === 'function') return functionText(value);
  if (value instanceof Pointer) return `ptr(0x${value.address.toString(16)})`;
  if (typeof value === 'object') return '_';
  return String(value); // an int or a bool
}

function isCut(value: Value, around: readonly Value[]): boolean {
  return around.length === SHOWN_LEVELS || around.includes(value);
}
