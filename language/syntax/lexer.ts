/**
 * Source text to tokens.
 *
 * The grammar wants a comma after every expression. Most of them are made here: at a newline, unless the token before it asks
 * for more; before a closing bracket; and at the end of input. A made comma is empty (`start === end`), and its place is
 * what the reference says: the last column of its line, or the bracket it was put before.
 *
 * The text is walked by UTF-16 units, and `#pairs` (how many surrogate pairs are behind) turns a unit into a code point offset.
 */

import { utf8Encode } from '../values/bytes.ts';
import type { Source } from './source.ts';

// biome-ignore format: a table
/** Punctuation and keywords are spelled as in the source; `end` occurs once, after the last token. */
export type TokenKind =
  | ',' | '.' | '(' | ')' | '[' | ']' | '{' | '}' | ':' | '?' | '...'
  | ':=' | '<-' | '->' | '|>' | '<<'
  | '+' | '-' | '*' | '/' | '%' | '**' | '^' | '&' | '|' | '!' | '~'
  | '=' | '==' | '!=' | '<' | '>' | '<=' | '>=' | '>>'
  | 'if' | 'fn' | 'with' | 'cs' | 'true' | 'false' | '_'
  | 'name' | 'number' | 'string' | 'end';

/** One word of the source. Places are code points. */
export interface Token {
  readonly kind: TokenKind;
  /** Byte text of a name; the digits of a number as written; the bytes of a string. Otherwise the spelling. */
  readonly text: string;
  /** The place that errors name: the first character, or the second for `<<` `<-` `<=` `!=` `->` `|>`. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/** All tokens, and the string token that runs to the end of input because its closing quote is missing, if there is one. */
export interface Lexed {
  readonly source: Source;
  readonly tokens: readonly Token[];
  readonly unclosedString: Token | null;
}

export const KEYWORDS: ReadonlyMap<string, TokenKind> = new Map(
  (['if', 'fn', 'with', 'cs', 'true', 'false', '_'] as const).map((word) => [word, word]),
);

/** After these, a newline ends nothing. */
// biome-ignore format: a table
export const CONTINUING: ReadonlySet<TokenKind> = new Set<TokenKind>([
  ',', '(', '[', '{', '+', '-', '*', '/', '%', '^', '&', '|', '!', '>', '<', '=', '>=', '<=', ':=', '<-', '.', ':',
  'fn', 'if', 'with', 'cs', '|>', '->', '<<',
]);

const OPENING: ReadonlySet<TokenKind> = new Set<TokenKind>(['(', '[', '{', ',']);

const NEWLINE = 10;
const QUOTE = 39;
const DOT = 46;
const SLASH = 47;
const BACKSLASH = 92;

/** Which ASCII characters can follow in a name: letters, digits, `_`, `?`, `!`. */
const WORD = Uint8Array.from({ length: 128 }, (_, code) => (/[A-Za-z0-9_?!]/.test(String.fromCharCode(code)) ? 1 : 0));

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['f', '\f'],
]);

/** Splits a source into tokens. Malformed numbers and strings are reported by the parser. `checkpoint` is called now and then. */
export function lex(source: Source, checkpoint?: () => void): Lexed {
  return new Lexer(source, checkpoint).run();
}

class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #index = 0;
  #pairs = 0;
  #last: TokenKind = ',';
  #unclosedString: Token | null = null;

  constructor(
    source: Source,
    readonly checkpoint: (() => void) | undefined,
  ) {
    this.#source = source;
    this.#text = source.text;
  }

  run(): Lexed {
    const text = this.#text;
    if (text.startsWith('#!')) this.#skipLine();

    while (this.#index < text.length) {
      const code = text.charCodeAt(this.#index);
      if (code === NEWLINE) {
        if (!CONTINUING.has(this.#last)) this.#comma(this.#place() - 1, this.#place());
        this.#index++;
      } else if (isSpace(code)) {
        this.#index++;
      } else if (code === SLASH && text.charCodeAt(this.#index + 1) === SLASH) {
        this.#skipLine();
      } else if (code === QUOTE) {
        this.#string();
      } else if (isDigit(code)) {
        this.#number();
      } else {
        this.#word(code);
      }
    }

    const end = this.#place();
    if (this.#last !== ',') this.#comma(end - 1, end);
    this.#push('end', '', end, end, end);
    return { source: this.#source, tokens: this.#tokens, unclosedString: this.#unclosedString };
  }

  /** The code point offset of the next character. */
  #place(): number {
    return this.#index - this.#pairs;
  }

  #push(kind: TokenKind, text: string, at: number, start: number, end: number): Token {
    const token: Token = { kind, text, at, start, end };
    if ((this.#tokens.push(token) & 4095) === 0) this.checkpoint?.();
    this.#last = kind;
    return token;
  }

  #comma(at: number, place: number): void {
    this.#push(',', ',', at, place, place);
  }

  /** Steps over one code point. */
  #step(): void {
    const first = this.#text.charCodeAt(this.#index++);
    if (first < 0xd800 || first > 0xdbff) return;
    const second = this.#text.charCodeAt(this.#index);
    if (second >= 0xdc00 && second <= 0xdfff) {
      this.#index++;
      this.#pairs++;
    }
  }

  /** Steps to the end of the line, but not over it: the newline may make a comma. */
  #skipLine(): void {
    const newline = this.#text.indexOf('\n', this.#index);
    const end = newline === -1 ? this.#text.length : newline;
    while (this.#index < end) this.#step();
  }

  /** Punctuation, else a name. */
  #word(code: number): void {
    const kind = punctuation(code, this.#text.charCodeAt(this.#index + 1), this.#text.charCodeAt(this.#index + 2));
    if (kind === null) {
      this.#name();
      return;
    }

    const start = this.#place();
    if ((kind === ')' || kind === ']' || kind === '}') && !OPENING.has(this.#last)) this.#comma(start, start);
    this.#index += kind.length;
    this.#push(kind, kind, SECOND_PLACE.has(kind) ? start + 1 : start, start, start + kind.length);
  }

  /** A name begins with any character that nothing else claims; a keyword is a name that is exactly that word. */
  #name(): void {
    const text = this.#text;
    const from = this.#index;
    const start = this.#place();
    this.#step();
    while (this.#index < text.length) {
      const code = text.charCodeAt(this.#index);
      if (code < 128) {
        if (WORD[code] !== 1) break;
        this.#index++;
      } else {
        if (!isLetterOrDigit(String.fromCodePoint(text.codePointAt(this.#index) ?? code))) break;
        this.#step();
      }
    }
    const word = text.slice(from, this.#index);
    const kind = KEYWORDS.get(word) ?? 'name';
    this.#push(kind, kind === 'name' ? utf8Encode(word) : word, start, start, this.#place());
  }

  /**
   * The text of a numeral. `1e5e5` and `0x` are taken as they are, for the parser to reject. So is `0123x5`, which the reference
   * reads as 5.
   */
  #number(): void {
    const text = this.#text;
    const from = this.#index;
    const start = this.#place();
    const radix = radixAt(text, from);
    if (radix !== 10) {
      this.#index += 2;
      while (isDigitOf(radix, text.charCodeAt(this.#index))) this.#index++;
    } else {
      this.#decimal();
      if (text.charCodeAt(from) === 48 && /[xXbB]/.test(text.charAt(this.#index))) {
        this.#index++;
        while (isDigitOf(16, text.charCodeAt(this.#index))) this.#index++;
      }
    }
    this.#push('number', text.slice(from, this.#index), start, start, this.#place());
  }

  #decimal(): void {
    const text = this.#text;
    let dotted = false;
    for (;;) {
      const code = text.charCodeAt(this.#index);
      if (isDigit(code)) {
        this.#index++;
      } else if (code === DOT && !dotted && isDigit(text.charCodeAt(this.#index + 1))) {
        dotted = true;
        this.#index++;
      } else if (code === 101 || code === 69) {
        this.#index++;
        const sign = text.charCodeAt(this.#index);
        if (sign === 43 || sign === 45) this.#index++;
      } else {
        return;
      }
    }
  }

  #string(): void {
    const text = this.#text;
    const start = this.#place();
    let bytes = '';
    let copied = ++this.#index;
    let closed = false;
    while (this.#index < text.length) {
      const code = text.charCodeAt(this.#index);
      if (code === QUOTE) {
        closed = true;
        break;
      }
      if (code === BACKSLASH) {
        bytes += utf8Encode(text.slice(copied, this.#index));
        this.#index++;
        bytes += this.#escape();
        copied = this.#index;
      } else {
        this.#step();
      }
    }
    bytes += utf8Encode(text.slice(copied, this.#index));
    if (closed) this.#index++;
    const token = this.#push('string', bytes, start, start, this.#place());
    if (!closed) this.#unclosedString = token;
  }

  /** What follows a backslash: a control character, one byte as two hex digits, or any character as itself. */
  #escape(): string {
    const text = this.#text;
    const from = this.#index;
    if (from === text.length) return '';
    this.#step();
    const written = text.slice(from, this.#index);
    const control = ESCAPES.get(written);
    if (control !== undefined) return control;
    if (written === 'x' && isDigitOf(16, text.charCodeAt(from + 1)) && isDigitOf(16, text.charCodeAt(from + 2))) {
      this.#index += 2;
      return String.fromCharCode(Number.parseInt(text.slice(from + 1, from + 3), 16));
    }
    return utf8Encode(written);
  }
}

/** Operators whose place is their second character: a quirk of the reference, kept because error texts are compared. */
const SECOND_PLACE: ReadonlySet<TokenKind> = new Set<TokenKind>(['<<', '<-', '<=', '!=', '->', '|>']);

// biome-ignore format: a table
/** The longest punctuation that begins with `code`, given the two characters after it. Null if there is none. */
function punctuation(code: number, next: number, afterNext: number): TokenKind | null {
  switch (code) {
    case 44: return ',';
    case 46: return next === DOT && afterNext === DOT ? '...' : '.';
    case 40: return '(';
    case 41: return ')';
    case 91: return '[';
    case 93: return ']';
    case 123: return '{';
    case 125: return '}';
    case 58: return next === 61 ? ':=' : ':';
    case 63: return '?';
    case 43: return '+';
    case 45: return next === 62 ? '->' : '-';
    case 42: return next === 42 ? '**' : '*';
    case 47: return '/';
    case 37: return '%';
    case 94: return '^';
    case 38: return '&';
    case 124: return next === 62 ? '|>' : '|';
    case 33: return next === 61 ? '!=' : '!';
    case 126: return '~';
    case 61: return next === 61 ? '==' : '=';
    case 60: return next === 60 ? '<<' : next === 45 ? '<-' : next === 61 ? '<=' : '<';
    case 62: return next === 61 ? '>=' : next === 62 ? '>>' : '>';
    default: return null;
  }
}

/** White space as Unicode has it. Only U+000A is a line end. */
function isSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isDigitOf(radix: 2 | 16, code: number): boolean {
  if (radix === 2) return code === 48 || code === 49;
  return isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

function radixAt(text: string, at: number): 2 | 10 | 16 {
  if (text.charCodeAt(at) !== 48) return 10;
  const mark = text.charAt(at + 1);
  return mark === 'x' || mark === 'X' ? 16 : mark === 'b' || mark === 'B' ? 2 : 10;
}

/** The set of Unicode is made at the first call, because making it costs the start of a program. */
function isLetterOrDigit(character: string): boolean {
  return /^[\p{L}\p{Nd}]$/u.test(character);
}
