/** Writes values as JSON, as `json.serialize` does. Open lists and objects are kept on our own stack. */
import { mistake } from '../../language/runtime/errors.ts';
import { toText } from '../../language/runtime/render.ts';
import {
  Atom,
  codec,
  Float,
  getKey,
  isObject,
  keysOf,
  MAX_TEXT,
  type Obj,
  Str,
  type Table,
  type Value,
} from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';
import { ASCII_AS_JSON, jsonEscape } from './json-text.ts';

/** Values that are written in one slice. */
const SLICE = 2000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** `\u0000` */
const LONGEST_ESCAPE = 6;

/** A list or object that is being written. */
interface Open {
  readonly value: readonly Value[] | Obj | Table;
  /** Of an object. */
  readonly keys: readonly string[] | null;
  next: number;
}

/** From here on a text is searched and copied natively. */
const LONG_TEXT = 64;
/** Room for bytes that are not text yet: at first, and when there are many. */
const LEAST_ROOM = 1 << 12;
const MOST_ROOM = 1 << 16;

/**
 * Text that grows by short pieces. They are put into an array of bytes first, which is far cheaper than adding up as many strings,
 * and become text when it is full; so nothing is ever copied into a larger array.
 */
class Output {
  #text = '';
  #bytes = new Uint8Array(LEAST_ROOM);
  #length = 0;

  /** Text as it is. */
  add(text: string): void {
    this.#makeRoom(text.length);
    if (text.length > MOST_ROOM) {
      this.#append(text);
      return;
    }
    const bytes = this.#bytes;
    const start = this.#length;
    if (text.length < LONG_TEXT) for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
    else codec.encode(text, bytes, start);
    this.#length = start + text.length;
  }

  /** Text between quotes, escaped. */
  addString(text: string): void {
    if (text.length < LONG_TEXT && this.#addAscii(text)) return;
    this.add('"');
    this.add(jsonEscape(text));
    this.add('"');
  }

  /** The same for a short text if it is ASCII; else nothing. */
  #addAscii(text: string): boolean {
    this.#makeRoom(LONGEST_ESCAPE * text.length + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      if (code >= 0x20 && code !== QUOTE && code !== BACKSLASH) {
        bytes[at++] = code;
      } else {
        const written = ASCII_AS_JSON[code] as string; // code is ASCII
        for (let k = 0; k < written.length; k++) bytes[at++] = written.charCodeAt(k);
      }
    }
    bytes[at++] = QUOTE;
    this.#length = at;
    return true;
  }

  /** An int below 10^9 and not below 0. */
  addSmall(int: number): void {
    this.#makeRoom(9);
    let size = 1;
    for (let rest = int; rest >= 10; rest = (rest / 10) | 0) size++;
    const end = this.#length + size;
    for (let at = end - 1, rest = int | 0; at >= this.#length; at--) {
      const next = (rest / 10) | 0;
      this.#bytes[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.#length = end;
  }

  text(): string {
    this.#toText();
    return this.#text;
  }

  /** Sees to it that there is room for `more` bytes, or none are left over. */
  #makeRoom(more: number): void {
    if (more <= this.#bytes.length - this.#length) return;
    this.#toText();
    if (more > this.#bytes.length || this.#text.length >= this.#bytes.length) this.#bytes = new Uint8Array(MOST_ROOM);
  }

  #toText(): void {
    this.#append(codec.decode(this.#bytes, 0, this.#length));
    this.#length = 0;
  }

  #append(text: string): void {
    if (this.#text.length + text.length > MAX_TEXT)
      throw mistake('too-large', { says: 'A value is too large to be written as JSON' });
    this.#text += text;
  }
}

/** Byte text; undefined for a value that is nested deeper than `limit`. */
export function* writeJson(value: Value, limit: number): Work<string | undefined> {
  const out = new Output();
  const stack: Open[] = [];
  let inner: Open | undefined;
  let current: Value | undefined = value;

  for (let count = 1; ; count++) {
    if (count % SLICE === 0) yield;
    if (Array.isArray(current) || isObject(current)) {
      if (stack.length > limit) return undefined;
      if (inner !== undefined) stack.push(inner);
      inner = { value: current, keys: Array.isArray(current) ? null : keysOf(current), next: 0 };
      out.add(inner.keys === null ? '[' : '{');
    } else {
      if (current instanceof Str) out.addString(current.text);
      else if (current instanceof Atom) out.addString(current.name);
      else if (typeof current === 'number' && current >= 0 && current < 1e9) out.addSmall(current);
      else out.add(scalar(current));
      if (inner === undefined) return out.text();
    }

    // The next value of the innermost list or object; closes those that have no more.
    for (;;) {
      const { value: open, keys, next }: Open = inner;
      if (Array.isArray(open) ? next < open.length : keys !== null && next < keys.length) {
        inner.next++;
        if (next > 0) out.add(',');
        if (Array.isArray(open)) {
          current = open[next];
        } else {
          const key = keys?.[next] ?? ''; // it was just found to be in range
          out.addString(key);
          out.add(':');
          current = getKey(open as Obj | Table, key); // no list
        }
        break;
      }
      out.add(keys === null ? ']' : '}');
      inner = stack.pop();
      if (inner === undefined) return out.text();
    }
  }
}

/** Everything that is not text and holds nothing. What has no form in JSON is null. */
function scalar(value: Value | undefined): string {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Float) return Number.isFinite(value.value) ? toText(value) : 'null';
  return 'null';
}
