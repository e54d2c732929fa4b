/** Completing names at the REPL: variables, and after a dot the keys of an object. */
import { fromBytes, toBytes } from '../../language/bytes.ts';
import { getKey, isObject, keysOf, staticsOf, type Value } from '../../language/values.ts';

/** What a session knows of its names. All byte text. */
export interface Names {
  names(): Iterable<string>;
  lookup(name: string): Value | undefined;
}

/** A path such as `std.ma` at the end of a line. Only what a program may write without brackets. */
const PATH = /(?:[\p{L}_][\p{L}\p{Nd}_?!]*\.)*[\p{L}_][\p{L}\p{Nd}_?!]*$|(?:[\p{L}_][\p{L}\p{Nd}_?!]*\.)+$/u;
const KEYWORDS = ['if', 'fn', 'with', 'cs', 'true', 'false'];

/** The words that may stand where the line ends, and the part of the line that they would take the place of. */
export function complete(line: string, session: Names): [words: string[], typed: string] {
  const path = PATH.exec(line)?.[0] ?? '';
  if (path === '') return [[], ''];
  const parts = path.split('.');
  const typed = parts.pop() ?? '';
  const words = parts.length === 0 ? [...session.names(), ...KEYWORDS].map(fromBytes) : keysAfter(parts, session);
  return [[...new Set(words)].filter((word) => word.startsWith(typed) && isWord(word)).sort(), typed];
}

function keysAfter(parts: readonly string[], session: Names): string[] {
  const [first = '', ...keys] = parts.map(toBytes);
  let value = session.lookup(first) ?? null;
  for (const key of keys) {
    if (!isObject(value)) return [];
    value = getKey(value, key) ?? null;
  }
  const object = isObject(value) ? value : staticsOf(value);
  return object === undefined ? [] : keysOf(object).map(fromBytes);
}

function isWord(key: string): boolean {
  return /^[\p{L}_][\p{L}\p{Nd}_?!]*$/u.test(key);
}
