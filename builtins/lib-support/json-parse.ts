import { parseFloatText, parseInt64 } from '../../language/values/numbers.ts';
import { Float, MAX_ITEMS, Obj, setKey, str, type Table, type Value } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';
import { readJsonString } from './json-text.ts';

/** A value, or the index where the text stops being JSON. */
export type Parsed = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly at: number };

/** The value is not there. `undefined` is not a value of the language. */
type Found = Value | undefined;

/** Values that are read in one slice. */
const SLICE = 2000;

const QUOTE = 0x22;
const MINUS = 0x2d;

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

class Scanner {
  at = 0;
  readonly #json: string;

  constructor(json: string) {
    this.#json = json;
  }

  /** The byte after the space here; NaN at the end. */
  skipSpace(): number {
    for (;;) {
      const code = this.#json.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09 && code !== 0x0c) return code;
      this.at++;
    }
  }

  /** Steps over one byte if it comes next, after space. */
  skip(wanted: number): void {
    if (this.skipSpace() === wanted) this.at++;
  }

  /** A string, number or word that begins with this byte. */
  scalar(first: number): Found {
    switch (first) {
      case QUOTE: {
        const text = this.string();
        return text === undefined ? undefined : str(text);
      }
      case 0x74:
        return this.#word('true') ? true : undefined;
      case 0x66:
        return this.#word('false') ? false : undefined;
      case 0x6e:
        return this.#word('null') ? null : undefined;
      default:
        return this.#number();
    }
  }

  /** The string whose opening quote is here; undefined if it is broken. */
  string(): string | undefined {
    const json = this.#json;
    const start = this.at + 1;
    const end = json.indexOf('"', start);
    if (end < 0) return undefined;
    const text = json.slice(start, end);
    if (!text.includes('\\')) {
      this.at = end + 1;
      return text;
    }
    const read = readJsonString(json, start);
    if (read === undefined) return undefined;
    this.at = read.end + 1;
    return read.bytes;
  }

  #word(word: string): boolean {
    if (!this.#json.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  #digits(from: number): number {
    let at = from;
    while (isDigit(this.#json.charCodeAt(at))) at++;
    return at;
  }

  #number(): Found {
    const json = this.#json;
    const start = this.at;
    let small = 0;
    let at = json.charCodeAt(start) === MINUS ? start + 1 : start;
    const first = at;
    for (let code = json.charCodeAt(at); isDigit(code); code = json.charCodeAt(++at)) small = small * 10 + code - 0x30;
    const whole = at;
    if (json.charCodeAt(at) === 0x2e) at = this.#digits(at + 1);
    if ((json.charCodeAt(at) | 0x20) === 0x65) {
      const sign = json.charCodeAt(at + 1);
      at = this.#digits(sign === 0x2b || sign === MINUS ? at + 2 : at + 1);
    }
    if (json.charCodeAt(at) === 0x2e) return undefined;

    if (at === whole) {
      this.at = at;
      if (whole > first && whole - first <= 15) return first === start ? small : 0 - small;
      const read = parseInt64(json.slice(start, at));
      if (read === null) this.at = start;
      return read ?? undefined;
    }
    const read = parseFloatText(json.slice(start, at));
    if (read === null) return undefined;
    this.at = at;
    return new Float(read);
  }
}

/** A list or object that is not closed yet. */
interface Open {
  readonly value: Value[] | Obj | Table;
  /** Of the entry whose value comes next. */
  key: string;
}

/** Reads the value at the start of byte text. */
export function* parseJson(json: string): Work<Parsed> {
  const scanner = new Scanner(json);
  const stack: Open[] = [];
  let inner: Open | undefined;

  for (let count = 1; ; count++) {
    if (count % SLICE === 0) yield;
    // A value: the first one, an item, or that of an entry.
    let value: Found;
    let code = scanner.skipSpace();
    if (code === 0x5b || code === 0x7b) {
      scanner.at++;
      if (inner !== undefined) stack.push(inner);
      inner = { value: code === 0x5b ? [] : new Obj(), key: '' };
    } else {
      value = scanner.scalar(code);
      if (value === undefined) return { ok: false, at: Math.min(scanner.at, json.length) };
      if (inner === undefined) return { ok: true, value };
      put(inner, value);
      scanner.skip(0x2c);
    }

    // What comes next in the innermost list or object; closes those that end here.
    for (;;) {
      code = scanner.skipSpace();
      if (Array.isArray(inner.value)) {
        if (code !== 0x5d) break;
      } else if (code === QUOTE) {
        const key = scanner.string();
        if (key === undefined) return { ok: false, at: scanner.at };
        inner.key = key;
        scanner.skip(0x3a);
        break;
      } else if (code !== 0x7d) {
        return { ok: false, at: Math.min(scanner.at, json.length) };
      }
      scanner.at++;
      const outer = stack.pop();
      if (outer === undefined) return { ok: true, value: inner.value };
      put(outer, inner.value);
      inner = outer;
      scanner.skip(0x2c);
    }
  }
}

function put(open: Open, value: Value): void {
  if (!Array.isArray(open.value)) setKey(open.value, open.key, value);
  else if (open.value.push(value) > MAX_ITEMS) throw new RangeError('too many items');
}
