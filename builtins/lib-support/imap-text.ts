import { str, type Value } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';

/** Values that are read in one slice. */
const SLICE = 20_000;
/** Lists may be nested this deep. */
const MAX_DEPTH = 100;

/** `~` is in front of the size of a literal with NUL in it (RFC 3516). */
const LITERAL = /~?\{\d+\+?\}$/;
/** The beginning of the name of an item with a section. */
const SECTION = /(?:BODY|BINARY)(?:\.PEEK|\.SIZE)?\[/iy;
const PARTIAL = /<\d{1,15}(?:\.\d{1,15})?>/y;

// Scanned by hand: a regular expression needs room for each character of a repetition, and a line may have millions of them.

/** Where the quoted string whose first quote is at `start` ends, behind its last quote; -1 if it does not. */
function quotedEnd(line: string, start: number): number {
  for (let at = start + 1; at < line.length; at++) {
    const c = line[at];
    if (c === '\\') at++;
    else if (c === '"') return at + 1;
  }
  return -1;
}

function atomEnd(line: string, start: number): number {
  for (let at = start; at < line.length; at++) {
    const c = line[at];
    if (c === ' ' || c === '\t' || c === '(' || c === ')') return at;
  }
  return line.length;
}

/** Where the name of an item with a section ends: its section has blanks and lists in it, and ends at its bracket. -1 if it is none. */
function sectionEnd(line: string, start: number): number {
  SECTION.lastIndex = start;
  if (!SECTION.test(line)) return -1;
  let at = SECTION.lastIndex;
  while (at < line.length && line[at] !== ']') {
    at = line[at] === '"' ? quotedEnd(line, at) : at + 1;
    if (at < 0) return -1;
  }
  PARTIAL.lastIndex = at + 1;
  return PARTIAL.test(line) ? PARTIAL.lastIndex : Math.min(at + 1, line.length);
}

/** Items of a list in an answer whose names are expected: those of the names that come after them need room, too. */
const FEW_NAMES = 6;

/**
 * The values of an answer: atoms and strings as strings, `NIL` as ?, lists as lists. With them comes how many of them need memory of their
 * own for longer than they are looked at: those in lists in lists, and in a list of names and values the values that are no numbers.
 * Null when it is malformed; the values alone are ? when there are more than `most` of them, those in lists included.
 */
export function* imapValues(parts: readonly string[], most: number): Work<Value> {
  const open: Value[][] = [[]];
  let top = open[0] as Value[]; // made above
  let left = most;
  let kept = 0;
  const keep = (isNumber: boolean): void => {
    const isKept = open.length > 2 || (open.length === 2 && (top.length % 2 === 1 ? !isNumber : top.length >= 2 * FEW_NAMES));
    if (isKept) kept++;
  };
  let untilPause = SLICE;
  for (const [i, part] of parts.entries()) {
    if (i % 2 === 1) {
      keep(false);
      top.push(str(part));
      continue;
    }
    const line = i < parts.length - 1 ? part.replace(LITERAL, '') : part;
    for (let at = 0; at < line.length; ) {
      if (--untilPause === 0) {
        untilPause = SLICE;
        yield;
      }
      const first = line[at];
      if (first === ' ' || first === '\t') {
        at++;
        continue;
      }
      if (--left < 0) return [null, most];
      if (first === '(') {
        if (open.length > MAX_DEPTH) return null;
        const list: Value[] = [];
        keep(false);
        top.push(list);
        open.push(list);
        top = list;
        at++;
      } else if (first === ')') {
        open.pop();
        const outer = open.at(-1);
        if (outer === undefined) return null;
        outer[outer.length - 1] = top.slice(); // without room for more
        top = outer;
        at++;
      } else if (first === '"') {
        const end = quotedEnd(line, at);
        if (end < 0) return null;
        const inner = line.slice(at + 1, end - 1);
        keep(false);
        top.push(str(inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner));
        at = end;
      } else {
        const section = first === 'B' || first === 'b' ? sectionEnd(line, at) : -1;
        const end = section < 0 ? atomEnd(line, at) : section;
        const atom = line.slice(at, end);
        keep(isNumeral(atom));
        top.push(atom.length === 3 && atom.toUpperCase() === 'NIL' ? null : str(atom));
        at = end;
      }
    }
  }
  return open.length === 1 ? [top, kept] : null;
}

function isNumeral(atom: string): boolean {
  const code = atom.charCodeAt(0);
  return code >= 48 && code <= 57 && /^\d+$/.test(atom);
}

/** The numbers among the words of a line, such as those of `* SEARCH 2 3`; null when there are more than `most`. */
export function* imapNumbers(line: string, most: number): Work<Value> {
  const found: number[] = [];
  const words = /\S+/g;
  for (let word = words.exec(line); word !== null; word = words.exec(line)) {
    if (!/^\d{1,15}$/.test(word[0])) continue;
    if (found.length >= most) return null;
    found.push(Number(word[0]));
    if (found.length % SLICE === 0) yield;
  }
  return found;
}

/**
 * How many lists are open behind a line in which `depth` of them are at its start: whether more has to follow. A line that is cut in a
 * quoted string has none open.
 */
export function openLists(line: string, depth: number): number {
  let open = depth;
  for (let at = 0; at < line.length; ) {
    const c = line[at];
    if (c === '"') {
      at = quotedEnd(line, at);
      if (at < 0) return 0;
      continue;
    }
    if (c === '(') open++;
    else if (c === ')') open--;
    at++;
  }
  return open;
}
