/**
 * Headers of mail over byte text: where they end, the fields in them, and the tokens of structured ones (RFC 5322, sections 2.2 and 3.2;
 * RFC 2045, section 5.1). What counts as a limit comes from lib/mail/shared/limits.oak.
 */
import { atom, Obj, obj, str, type Value } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';
import { indexOf } from './search.ts';

/** Lines, fields or tokens that are read in one slice. */
const SLICE = 1000;
/** Most lines are at most this long, in bytes. */
const NEAR = 1024;

function isSpace(c: string | undefined): boolean {
  return c === ' ' || c === '\t' || c === '\n' || c === '\r' || c === '\f';
}

/** The text without blanks and line ends at its end. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1])) end--;
  return text.slice(0, end);
}

function trim(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text[start])) start++;
  return trimEnd(text.slice(start));
}

/** Where the line that begins at `at` ends, behind its LF. */
function* lineEnd(text: string, at: number): Work<number> {
  let end = text.slice(at, at + NEAR).indexOf('\n');
  if (end >= 0) return at + end + 1;
  end = yield* indexOf(text, '\n', at);
  return end < 0 ? text.length : end + 1;
}

/** The line between two places, without its LF or CRLF. */
function lineBetween(text: string, from: number, to: number): string {
  let end = to;
  if (end > from && text[end - 1] === '\n') end--;
  if (end > from && text[end - 1] === '\r') end--;
  return text.slice(from, end);
}

const NAME = /^[!-~]+$/;

/** The field that a line is, as its name and value; null if it is none. */
function fieldOf(line: string, mostName: number): [name: string, value: string] | null {
  const colon = line.indexOf(':');
  if (colon < 1 || colon > mostName) return null;
  const name = trimEnd(line.slice(0, colon));
  return NAME.test(name) ? [name, trim(line.slice(colon + 1))] : null;
}

/** A header, as the program has it: `{pairs, end}`. */
export function* headOf(raw: string, most: number, mostName: number): Work<Value> {
  const fields: string[][] = [];
  let hasEmptyLine: boolean | null = null; // looked for once
  let at = 0;
  for (let lines = 1; at < raw.length && at <= most; lines++) {
    if (lines % SLICE === 0) yield;
    const end = yield* lineEnd(raw, at);
    const line = lineBetween(raw, at, end);
    if (line === '') {
      at = end;
      break;
    }
    const isContinued = line[0] === ' ' || line[0] === '\t';
    if (isContinued && trim(line) === '') {
      // It ends the header, unless a field follows.
      const after = lineBetween(raw, end, yield* lineEnd(raw, end));
      const goesOn = at > 0 && (fieldOf(after, mostName) !== null || (after === '' && end < raw.length));
      at = end;
      if (goesOn) continue;
      break;
    }
    const field = isContinued ? null : fieldOf(line, mostName);
    if (field !== null) {
      fields.push(field);
    } else if (isContinued && fields.length > 0) {
      fields.at(-1)?.push(trim(line));
    } else if (at > 0) {
      hasEmptyLine ??= (yield* indexOf(raw, '\n\n', at)) >= 0 || (yield* indexOf(raw, '\n\r\n', at)) >= 0;
      if (!hasEmptyLine) break;
    } else if (!/^>?From /.test(line)) {
      break; // all of it is the body
    }
    at = end;
  }
  return obj({ pairs: fields.map(([name = '', ...value]) => [str(name), str(value.join(' '))]), end: at });
}

/** The fields of a header with CRLF, in order, each as `{name, value, raw}`. */
export function* shownFields(header: string): Work<Value> {
  const found: Value[] = [];
  for (let at = 0, count = 1; at < header.length; count++) {
    if (count % SLICE === 0) yield;
    const start = at;
    do at = yield* lineEnd(header, at);
    while (header[at] === ' ' || header[at] === '\t');
    const raw = header.slice(start, at);
    if (trim(raw) === '') continue;
    const colon = raw.indexOf(':');
    const field = new Obj();
    field.name = str(trim(colon < 0 ? raw : raw.slice(0, colon)).toLowerCase());
    field.value = str(colon < 0 ? '' : trim(raw.slice(colon + 1).replace(/[\r\n]+/g, '')));
    field.raw = str(raw.endsWith('\n') ? raw : `${raw}\r\n`);
    found.push(field);
  }
  return found;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const USUAL_DATE = new RegExp(
  `^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\\d\\d?) (${MONTHS.join('|')}) ([1-9]\\d{3}) ([01]\\d|2[0-3]):([0-5]\\d):([0-5]\\d) ([+-])([01]\\d|2[0-3])([0-5]\\d)$`,
);

/** The seconds since 1970 of a date as most mail has it, `Tue, 14 Nov 2023 23:13:20 +0100` (RFC 5322, section 3.3); null for any other. */
export function usualDate(date: string): number | null {
  const found = USUAL_DATE.exec(date);
  if (found === null) return null;
  const [, day, month = '', year, hours, minutes, seconds, sign, zoneHours, zoneMinutes] = found;
  const midnight = new Date(Date.UTC(Number(year), MONTHS.indexOf(month), Number(day)));
  if (midnight.getUTCDate() !== Number(day)) return null; // that day does not exist
  const clock = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const zone = Number(zoneHours) * 3600 + Number(zoneMinutes) * 60;
  return midnight.getTime() / 1000 + clock - (sign === '-' ? -zone : zone);
}

/** What bounds an encoded word: its length, and that of the name of its character set. */
export interface WordLimits {
  readonly word: number;
  readonly charset: number;
}

interface EncodedWord {
  readonly charset: string;
  readonly method: string;
  readonly coded: string;
  readonly end: number;
}

/** The encoded word that begins at `start` (RFC 2047, section 2); null if there is none. */
export function encodedWord(text: string, start: number, limits: WordLimits): EncodedWord | null {
  if (!text.startsWith('=?', start)) return null;
  const name = /^[^?]*/.exec(text.slice(start + 2, start + limits.charset))?.[0] ?? '';
  const behind = start + 2 + name.length;
  if (name === '' || /[ \t\r\n\f]/.test(name) || text[behind] !== '?' || text[behind + 2] !== '?') return null;
  const near = text.slice(behind + 3, start + limits.word);
  const end = near.indexOf('?=');
  if (end < 0) return null;
  const coded = near.slice(0, end);
  const method = text.charAt(behind + 1).toUpperCase();
  const isRead = method === 'Q' || (method === 'B' && /^[A-Za-z0-9+/= \t\r\n]*$/.test(coded));
  if (!isRead || coded.includes('=?')) return null;
  // A language may follow the character set (RFC 2231, section 5).
  return { charset: name.replace(/\*.*/s, '').toLowerCase(), method, coded, end: behind + 3 + end + 2 };
}

/** The same as a program has it. */
export function encodedWordValue(text: string, start: number, limits: WordLimits): Value {
  const word = encodedWord(text, start, limits);
  if (word === null) return null;
  return obj({ charset: str(word.charset), method: str(word.method), coded: str(word.coded), end: word.end });
}

type Kind = 'word' | 'blank' | 'quoted' | 'comment' | 'literal' | 'special';

const KINDS: { readonly [kind in Kind]: Value } = {
  word: atom('word'),
  blank: atom('blank'),
  quoted: atom('quoted'),
  comment: atom('comment'),
  literal: atom('literal'),
  special: atom('special'),
};

/** What each byte begins. */
const BEGINS: readonly Kind[] = Array.from({ length: 256 }, (_, code) => {
  const c = String.fromCharCode(code);
  if (c === '"') return 'quoted';
  if (c === '(') return 'comment';
  if (c === '[') return 'literal';
  return c !== '\f' && isSpace(c) ? 'blank' : 'word';
});

/** Bytes that are read in one slice. */
const BYTES = 2 ** 16;

/** The text in quotes, parentheses or brackets, and where it ends. */
type Closed = readonly [plain: string, end: number];

class Tokenizer {
  readonly #text: string;
  readonly #limits: WordLimits;
  readonly #begins = BEGINS.slice();
  #left = BYTES;

  constructor(text: string, specials: string, limits: WordLimits) {
    this.#text = text;
    this.#limits = limits;
    for (const c of specials) this.#begins[c.charCodeAt(0)] = 'special';
  }

  *tokens(): Work<Value[]> {
    const text = this.#text;
    const found: Value[] = [];
    let hasSpace = false;
    for (let at = 0; at < text.length; ) {
      const code = text.charCodeAt(at);
      const kind = this.#begins[code] as Kind; // a byte
      if (kind === 'blank') {
        hasSpace = true;
        at++;
        continue;
      }
      const closed = yield* this.#closed(kind, at + 1);
      // Never closed here, so never further on.
      if (closed === null && kind !== 'special') this.#begins[code] = 'word';
      const end = closed?.[1] ?? (kind === 'special' ? at + 1 : yield* this.#wordEnd(at));
      const raw = str(text.slice(at, end));
      const token = new Obj();
      token.kind = KINDS[closed === null && kind !== 'special' ? 'word' : kind];
      token.text = closed === null ? raw : str(closed[0]);
      token.raw = raw;
      token['space?'] = hasSpace;
      found.push(token);
      hasSpace = false;
      at = end;
      if (found.length % SLICE === 0) yield;
    }
    return found;
  }

  *#closed(kind: Kind, from: number): Work<Closed | null> {
    if (kind === 'quoted') return yield* this.#quoted(from);
    if (kind === 'comment') return yield* this.#comment(from);
    if (kind !== 'literal') return null;
    const end = yield* indexOf(this.#text, ']', from);
    return end < 0 ? null : [this.#text.slice(from - 1, end + 1), end + 1];
  }

  /** Where an encoded word at this place ends, otherwise the place itself. */
  #behindWord(at: number): number {
    if (this.#text[at] !== '=' || this.#text[at + 1] !== '?') return at;
    this.#left -= this.#limits.word;
    return encodedWord(this.#text, at, this.#limits)?.end ?? at;
  }

  *#wordEnd(from: number): Work<number> {
    let at = from;
    while (at < this.#text.length) {
      if (this.#left-- < 0) yield* this.#pause();
      const end = this.#behindWord(at);
      if (end === at && at > from && this.#begins[this.#text.charCodeAt(at)] !== 'word' && !this.#joins(at)) return at;
      at = Math.max(end, at + 1);
    }
    return at;
  }

  /** Whether a dot is between two characters of a word. There are many in addresses, where a dot is a token elsewhere. */
  #joins(at: number): boolean {
    return this.#text[at] === '.' && this.#begins[this.#text.charCodeAt(at + 1)] === 'word';
  }

  *#quoted(from: number): Work<Closed | null> {
    let plain = '';
    for (let at = from; at < this.#text.length; at++) {
      if (this.#left-- < 0) yield* this.#pause();
      if (this.#text[at] === '"') return [plain, at + 1];
      if (this.#text[at] === '\\' && at + 1 < this.#text.length) at++;
      plain += this.#text[at];
    }
    return null;
  }

  *#comment(from: number): Work<Closed | null> {
    let [plain, depth] = ['', 1];
    for (let at = from; at < this.#text.length; ) {
      if (this.#left-- < 0) yield* this.#pause();
      const c = this.#text[at];
      if (c === '\\' && at + 1 < this.#text.length) {
        plain += this.#text[at + 1];
        at += 2;
        continue;
      }
      if (c === ')' && --depth === 0) return [plain, at + 1];
      if (c === '(') depth++;
      const end = Math.max(this.#behindWord(at), at + 1);
      plain += this.#text.slice(at, end);
      at = end;
    }
    return null;
  }

  *#pause(): Work<void> {
    this.#left = BYTES;
    yield;
  }
}

/** The tokens of a structured header; lib/mail/mime/tokens.oak says what they are. */
export function headerTokens(text: string, specials: string, limits: WordLimits): Work<Value> {
  return new Tokenizer(text, specials, limits).tokens();
}
