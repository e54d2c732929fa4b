/** Writes values as JSON, as `json.serialize` does. Open lists and objects are kept on a stack of our own. */
import { toText } from '../language/render.ts';
import { Atom, Float, getKey, isObject, keysOf, type Obj, Str, type Table, type Value } from '../language/values.ts';
import { jsonEscape } from './json-text.ts';

/** A list or object that is being written. */
interface Open {
  readonly value: readonly Value[] | Obj | Table;
  /** Of an object. */
  readonly keys: readonly string[] | null;
  next: number;
}

/** Text in pieces, which are joined many at a time: adding them one by one would make a tree of as many strings. */
class Output {
  #pieces: string[] = [];
  readonly #chunks: string[] = [];

  add(piece: string): void {
    if (this.#pieces.push(piece) < 4096) return;
    this.#chunks.push(this.#pieces.join(''));
    this.#pieces = [];
  }

  text(): string {
    return this.#chunks.join('') + this.#pieces.join('');
  }
}

/** Keys as they are written, for objects that are alike. Forgotten when there are many. */
class Names {
  #written = new Map<string, string>();

  write(key: string): string {
    let written = this.#written.get(key);
    if (written === undefined) {
      if (this.#written.size >= 1000) this.#written = new Map();
      written = `"${jsonEscape(key)}":`;
      this.#written.set(key, written);
    }
    return written;
  }
}

/** Byte text; undefined for a value that is nested deeper than `limit`. */
export function writeJson(value: Value, limit: number): string | undefined {
  const out = new Output();
  const names = new Names();
  const stack: Open[] = [];
  let inner: Open | undefined;
  let current: Value | undefined = value;

  for (;;) {
    if (Array.isArray(current) || isObject(current)) {
      if (stack.length > limit) return undefined;
      if (inner !== undefined) stack.push(inner);
      inner = { value: current, keys: Array.isArray(current) ? null : keysOf(current), next: 0 };
      out.add(inner.keys === null ? '[' : '{');
    } else {
      const text = scalar(current);
      if (inner === undefined) return text;
      out.add(text);
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
          out.add(names.write(key));
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

/** Everything that holds nothing else. What has no form in JSON is null. */
function scalar(value: Value | undefined): string {
  if (value instanceof Str) return `"${jsonEscape(value.text)}"`;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Float) return Number.isFinite(value.value) ? toText(value) : 'null';
  return value instanceof Atom ? `"${jsonEscape(value.name)}"` : 'null';
}
