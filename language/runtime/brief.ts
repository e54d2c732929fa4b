/**
 * Values in error messages: at most 200 bytes each, however large they are and whatever they share.
 *
 *     [1, 2, 3, ... 4,999,997 more]        'GET / HTTP/1.1'... 5,000,000 more
 *
 * What fits is shown as `string()` shows it inside another value. Of what does not fit, the beginning is shown with the number of
 * bytes, items or keys that are left out.
 */
import { getKey, HIDDEN, isObject, keysOf, Str, sizeOf, type Value } from '../values/values.ts';
import { isCut, type Keyed, nestedSteps, single } from './render.ts';

/** The most bytes that one value, name or quoted expression takes in a message. */
const MOST = 200;

/** An item that has fewer bytes left than this is not begun. */
const LEAST = 30;

/** The most bytes of a key of an object that is cut short. */
const MOST_OF_KEY = 50;

/** A value in an error message, as byte text. A module, which holds a hundred functions, is only called that. */
export function brief(value: Value | undefined): string {
  if (isObject(value) && HIDDEN in value) return '{module}';
  return within(value, MOST, []);
}

/** A name or a quoted expression in an error message, as byte text. */
export function briefText(text: string): string {
  return text.length <= MOST ? text : cutText(text, '', MOST);
}

/** The text of a list or object if it has at most `most` bytes, else null. */
export function textWithin(value: Value[] | Keyed, most: number): string | null {
  const steps = nestedSteps(value, most);
  for (;;) {
    const { done, value: text } = steps.next();
    if (done === true) return text;
  }
}

/** A list or object that holds the value that is shown. */
interface Around {
  readonly value: Value[] | Keyed;
}

/** The text of a value in at most `room` bytes; `around` are the lists and objects that hold it. */
function within(value: Value | undefined, room: number, around: readonly Around[]): string {
  if (value instanceof Str) return value.length + 2 <= room ? `'${value.text}'` : cutText(value.text, "'", room);
  if (!Array.isArray(value) && !isObject(value)) {
    const text = single(value);
    return text.length <= room ? text : cutText(text, '', room);
  }
  if (isCut(value, around)) return Array.isArray(value) ? '[...]' : '{...}';
  return textWithin(value, room) ?? cutItems(value, room, [...around, { value }]);
}

/** As many items or keys as fit, and how many are left out. */
function cutItems(value: Value[] | Keyed, room: number, around: readonly Around[]): string {
  const keys = Array.isArray(value) ? null : leastKeys(value);
  const close = keys === null ? ']' : '}';
  const count = Array.isArray(value) ? value.length : sizeOf(value);
  let text = keys === null ? '[' : '{';
  for (let i = 0; i < count; i++) {
    const more = `... ${grouped(count - i)} more${close}`;
    const comma = i === 0 ? '' : ', ';
    const key = keys?.[i];
    const label = key === undefined ? '' : `${key.length > MOST_OF_KEY ? cutText(key, '', MOST_OF_KEY) : key}: `;
    const item = Array.isArray(value) ? value[i] : getKey(value, key as string); // an object has a key for each
    const left = room - text.length - comma.length - label.length - more.length - 2;
    if (left < LEAST) return text + comma + more;
    text += comma + label + within(item, left, around);
  }
  return text + close;
}

/** The keys of an object that come first in order: more than are ever shown. */
function leastKeys(value: Keyed): string[] {
  const keys = keysOf(value);
  if (keys.length <= 2 * MOST) return keys.sort();
  let least: string[] = [];
  for (const key of keys) {
    least.push(key);
    if (least.length === 2 * MOST) least = least.sort().slice(0, MOST);
  }
  return least.sort().slice(0, MOST);
}

/** The beginning of a text in `room` bytes, between quotes, and how many bytes are left out. No character is cut in two. */
function cutText(text: string, quote: string, room: number): string {
  const more = `... ${grouped(text.length)} more`;
  let end = Math.max(0, room - more.length - 2 * quote.length);
  while (end > 0 && (text.charCodeAt(end) & 0xc0) === 0x80) end--;
  return `${quote}${text.slice(0, end)}${quote}... ${grouped(text.length - end)} more`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
