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

/** Pieces are joined when there are so many bytes of them: one long text is cheaper to read than a tree of short ones. */
const CHUNK = 1 << 16;

/** Byte text; undefined for a value that is nested deeper than `limit`. */
export function writeJson(value: Value, limit: number): string | undefined {
  const chunks: string[] = [];
  const stack: Open[] = [];
  let out = '';
  let inner: Open | undefined;
  let current: Value | undefined = value;

  for (;;) {
    if (Array.isArray(current) || isObject(current)) {
      if (stack.length > limit) return undefined;
      if (inner !== undefined) stack.push(inner);
      inner = { value: current, keys: Array.isArray(current) ? null : keysOf(current), next: 0 };
      out += inner.keys === null ? '[' : '{';
    } else {
      out += scalar(current);
      if (inner === undefined) return out;
    }
    if (out.length > CHUNK) {
      chunks.push(out);
      out = '';
    }

    // The next value of the innermost list or object; closes those that have no more.
    for (;;) {
      const { value: open, keys, next }: Open = inner;
      if (Array.isArray(open) ? next < open.length : keys !== null && next < keys.length) {
        inner.next++;
        if (next > 0) out += ',';
        if (Array.isArray(open)) {
          current = open[next];
        } else {
          const key = keys?.[next] ?? ''; // it was just found to be in range
          out += `"${jsonEscape(key)}":`;
          current = getKey(open as Obj | Table, key); // no list
        }
        break;
      }
      out += keys === null ? ']' : '}';
      inner = stack.pop();
      if (inner === undefined) {
        chunks.push(out);
        return chunks.join('');
      }
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
