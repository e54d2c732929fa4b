/** Splitting, replacing and the like in long texts: natively, one part of the text after the other. */
import type { ByteText } from '../../language/values/bytes.ts';
import { MAX_TEXT, Str, str, type Value } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';
import { placesOf, SHORT_NEEDLE } from './search.ts';

/** About as much of a text as is searched in one slice. */
const SEGMENT = 1 << 18;
/** So many places are looked at to find one where the text can be cut. */
const TRIES = 100;

/**
 * Where the part of `text` ends that begins at `from`: at a place of `sub`, or at the end of the text. A search from left to right
 * comes upon that place for certain, because no other one overlaps it on its left side.
 */
function segmentEnd(text: string, sub: string, from: number): number {
  let at = from + SEGMENT;
  if (sub === '') return Math.min(at, text.length);
  for (let tries = 0; tries < TRIES; tries++) {
    at = text.indexOf(sub, at);
    if (at < 0) return text.length;
    if (!text.slice(Math.max(from, at - sub.length + 1), at + sub.length - 1).includes(sub)) return at;
    at++;
  }
  at = text.indexOf(sub, from); // they overlap here: from one to the next
  while (at >= 0 && at < from + SEGMENT) at = text.indexOf(sub, at + sub.length);
  return at < 0 ? text.length : at;
}

/**
 * What a change of single bytes makes of a text. V8 ends the process when a replacement makes more than 2^27 pieces, which parts
 * do not.
 */
export function inParts(text: string, change: (part: string) => string): string {
  if (text.length <= SEGMENT) return change(text);
  let made = '';
  for (let from = 0; from < text.length; from += SEGMENT) made += change(text.slice(from, from + SEGMENT));
  return made;
}

/** The parts of `text` before, between and after the places of `sep`; its single bytes if that is empty. */
export function* splitText(text: ByteText, sep: string): Work<Value[]> {
  if (sep.length > SHORT_NEEDLE) {
    const places = yield* placesOf(text, sep);
    return [...places, text.length].map((at, i) => new Str(text.slice(i === 0 ? 0 : (places[i - 1] as number) + sep.length, at)));
  }
  const parts: Value[][] = [];
  for (let from = 0; ; yield) {
    const end = segmentEnd(text, sep, from);
    const found: (string | Value)[] = text.slice(from, end).split(sep);
    for (let i = 0; i < found.length; i++) found[i] = new Str(found[i] as ByteText); // not changed before
    parts.push(found as Value[]); // all of them are now
    if (end === text.length) break;
    from = end + sep.length;
  }
  return parts.length === 1 ? (parts[0] as Value[]) : ([] as Value[]).concat(...parts); // the only one
}

/** `text` with `by` in place of each `sub`, which is not empty; null when it would be too long. */
export function* replaceText(text: ByteText, sub: string, by: string): Work<Str | null> {
  if (sub.length > SHORT_NEEDLE) {
    const pieces = yield* splitText(text, sub);
    if (text.length + (pieces.length - 1) * (by.length - sub.length) > MAX_TEXT) return null;
    return str(pieces.map((piece) => (piece as Str).text).join(by)); // strings all
  }
  const literal = by.replaceAll('$', '$$$$'); // for which `$` has no meaning
  let made = '';
  for (let from = 0; ; yield) {
    const end = segmentEnd(text, sub, from);
    const part = text.slice(from, end);
    const tail = end === text.length ? '' : by;
    const room = MAX_TEXT - made.length - tail.length - part.length;
    const more = by.length - sub.length;
    if ((part.length / sub.length) * more > room && (part.split(sub).length - 1) * more > room) return null;
    made += part.replaceAll(sub, literal) + tail;
    if (end === text.length) return str(made);
    from = end + sub.length;
  }
}
