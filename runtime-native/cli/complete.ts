/** Completing names at the REPL: variables, after a dot the keys of an object, and in `import('` the libraries. */
import { ownKeys } from '../../embedding/values.ts';
import { utf8Decode, utf8Encode } from '../../language/values/bytes.ts';
import { getKey, HIDDEN, isObject, keysOf, staticsOf, type Value } from '../../language/values/values.ts';
import { libraryManifest, libraryNames } from '../library.ts';

/** What a session knows of its names. All byte text. */
export interface Names {
  names(): Iterable<string>;
  lookup(name: string): Value | undefined;
}

/** A path such as `std.ma` at the end of a line. Only what a program may write without brackets. */
const PATH = /(?:[\p{L}_][\p{L}\p{Nd}_?!]*\.)*[\p{L}_][\p{L}\p{Nd}_?!]*$|(?:[\p{L}_][\p{L}\p{Nd}_?!]*\.)+$/u;
/** A library itself, and the member of it as far as it has come. */
const MEMBER = /\bimport\(\s*(['"])([\w/-]+)\1\s*\)\.([\p{L}_]?[\p{L}\p{Nd}_?!]*)$/u;
/** The name of a library, as far as it has come. */
const IMPORT = /\bimport\(\s*['"]([\w/-]*)$/;
const KEYWORDS = ['if', 'fn', 'with', 'cs', 'true', 'false'];

/**
 * The words that may complete a line, and the part of the line that they replace. `before` are the lines of the same input in front of it,
 * which have not run.
 */
export function complete(line: string, session: Names, before = ''): [words: string[], typed: string] {
  const [, library] = IMPORT.exec(line) ?? [];
  if (library !== undefined) return [startingWith(library, libraryNames()), library];
  const [, , module, begun = ''] = MEMBER.exec(line) ?? [];
  if (module !== undefined) return [startingWith(begun, membersOf(module)), begun];
  const path = PATH.exec(line)?.[0] ?? '';
  if (path === '') return [[], ''];
  const parts = path.split('.');
  const typed = parts.pop() ?? '';
  const words = parts.length === 0 ? [...session.names(), ...KEYWORDS].map(utf8Decode) : keysAfter(parts, session, before + line);
  return [startingWith(typed, words.filter(isWord)), typed];
}

function startingWith(start: string, words: readonly string[]): string[] {
  return [...new Set(words)].filter((word) => word.startsWith(start)).sort();
}

/** The public names of a library. */
function membersOf(module: string): string[] {
  const found = libraryManifest().modules.find(({ names, inner }) => !inner && names.includes(module));
  return found?.members.map(({ name }) => name) ?? [];
}

/** The library that a name is bound to in a text that has not run: the last one. */
function importedAs(name: string, text: string): string | undefined {
  const bound = text.matchAll(/(?<![\p{L}\p{Nd}_?!.])([\p{L}_][\p{L}\p{Nd}_?!]*)\s*:=\s*import\(\s*(['"])([\w/-]+)\2\s*\)/gu);
  return [...bound].findLast(([, one]) => one === name)?.[3];
}

function keysAfter(parts: readonly string[], session: Names, text: string): string[] {
  const module = parts.length === 1 ? importedAs(parts[0] ?? '', text) : undefined;
  const members = module === undefined ? [] : membersOf(module);
  if (members.length > 0) return members;
  const [first = '', ...keys] = parts.map(utf8Encode);
  let value = session.lookup(first) ?? null;
  for (const key of keys) {
    if (!isObject(value)) return [];
    value = getKey(value, key) ?? null;
  }
  const object = isObject(value) ? value : staticsOf(value);
  if (object === undefined) return [];
  const isModule = HIDDEN in object;
  const names = (isModule ? ownKeys(object) : keysOf(object)).map(utf8Decode);
  return isModule ? names.filter((name) => !name.startsWith('_')) : names;
}

function isWord(key: string): boolean {
  return /^[\p{L}_][\p{L}\p{Nd}_?!]*$/u.test(key);
}
