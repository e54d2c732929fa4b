/** The order that `sort` makes: stable, by keys that are all numbers or all strings. */
import { mistake, type ProgramError } from '../../language/runtime/errors.ts';
import { Float, isInt, Str, type Value } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';

type Key = number | bigint | string;

/** Items that are moved in one slice, and keys that are looked at. */
const SLICE = 20_000;

/** Whether one number comes before another; of keys, their indexes. */
type Order = (i: number, j: number) => boolean;

/** A key in the form that JavaScript compares as Magnolia does; undefined if it has no order. */
function toKey(value: Value | undefined): Key | undefined {
  if (value instanceof Str) return value.text;
  if (value instanceof Float) return value.value;
  return isInt(value) ? value : undefined;
}

/** The error for the first two neighbours that `<` does not compare. */
function noOrder(keys: readonly Value[]): ProgramError {
  const bad = keys.findIndex((key, i) => {
    const [a, b] = [toKey(keys[i - 1]), toKey(key)];
    return i > 0 && (a === undefined || b === undefined || (typeof a === 'string') !== (typeof b === 'string'));
  });
  return mistake('operands', { op: '<', left: keys[bad - 1], right: keys[bad] }); // without a position: the call of sort is to blame
}

/** The order of keys that are all numbers which a double holds exactly as they are; undefined for others. */
function* numberOrder(keys: readonly Value[]): Work<Order | undefined> {
  const numbers = new Float64Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const value = typeof key === 'number' ? key : key instanceof Float ? key.value : Number.NaN;
    if (Number.isNaN(value)) return undefined; // no number, one with 64 bits, or one without a place in the order
    numbers[i] = value;
    if ((i + 1) % SLICE === 0) yield;
  }
  return (i, j) => (numbers[i] as number) < (numbers[j] as number); // indexes of keys
}

function* keyOrder(keys: readonly Value[]): Work<Order> {
  const sortable: Key[] = [];
  const text = keys[0] instanceof Str;
  for (const value of keys) {
    const key = toKey(value);
    if (key === undefined || (typeof key === 'string') !== text) throw noOrder(keys);
    if (sortable.push(key) % SLICE === 0) yield;
  }
  return (i, j) => (sortable[i] as Key) < (sortable[j] as Key); // indexes of keys
}

/** The items as a JavaScript array of numbers if all of them are ints that a double holds; undefined if not. */
function* onlyInts(items: readonly Value[]): Work<Float64Array | undefined> {
  const ints = new Float64Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (typeof item !== 'number') return undefined;
    ints[i] = item;
    if ((i + 1) % SLICE === 0) yield;
  }
  return ints;
}

/** Ints that JavaScript sorts in one slice, a few milliseconds. */
const INTS_AT_ONCE = 2 ** 16;

/** Sorts ints. Equal ones cannot be told apart, so JavaScript may sort the runs that are merged. */
function* sortInts(ints: Float64Array): Work<Float64Array> {
  for (let low = 0; low < ints.length; low += INTS_AT_ONCE) {
    if (low > 0) yield;
    ints.subarray(low, low + INTS_AT_ONCE).sort();
  }
  return yield* mergeRuns(ints, new Float64Array(ints.length > INTS_AT_ONCE ? ints.length : 0), INTS_AT_ONCE, (a, b) => a < b);
}

/** Sorts `items` in place by the keys at the same places, once all of it is done. One item needs no key that can be compared. */
export function* sortByKeys(items: Value[], keys: readonly Value[]): Work<Value[]> {
  const count = items.length;
  if (count < 2) return items;
  if (keys === items) {
    const ints = yield* onlyInts(items);
    if (ints !== undefined) {
      const sorted = yield* sortInts(ints);
      for (let i = 0; i < count; i++) items[i] = sorted[i] as Value; // as many as items
      return items;
    }
  }
  const unsorted = items.slice(); // other threads may change the list meanwhile
  const steady = keys === items ? unsorted : keys;
  const before = (yield* numberOrder(steady)) ?? (yield* keyOrder(steady));
  let sorted = 1;
  while (sorted < count && !before(sorted, sorted - 1)) if (++sorted % SLICE === 0) yield;
  if (sorted === count) return items;

  const indexes = new Float64Array(count);
  for (let i = 0; i < count; i++) indexes[i] = i;
  const order = yield* mergeRuns(indexes, new Float64Array(count), 1, before);
  for (let i = 0; i < count; i++) items[i] = unsorted[order[i] as number] as Value; // each is the index of an item
  return items;
}

/** Sorts what consists of sorted runs of `width`: merges them into runs of twice that, and so on. `spare` is as long, unless there is one run. */
function* mergeRuns(sorted: Float64Array, spare: Float64Array, width: number, before: Order): Work<Float64Array> {
  const count = sorted.length;
  let [from, to] = [sorted, spare];
  let left = SLICE;
  for (let size = width; size < count; size *= 2) {
    for (let low = 0; low < count; low += 2 * size) {
      const runs = { left: low, right: Math.min(low + size, count), middle: low + size, high: Math.min(low + 2 * size, count) };
      for (let at = low; at < runs.high; ) {
        const end = Math.min(at + left, runs.high);
        merge(from, to, at, end, runs, before);
        left -= end - at;
        at = end;
        if (left > 0) continue;
        left = SLICE;
        yield;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Two neighbouring runs: where each is read next, and where both end. */
interface Runs {
  left: number;
  right: number;
  readonly middle: number;
  readonly high: number;
}

/** Fills one part of what two runs become. Of equal items those of the left run come first. */
function merge(from: Float64Array, to: Float64Array, start: number, end: number, runs: Runs, before: Order): void {
  let { left, right } = runs;
  const { middle, high } = runs;
  for (let i = start; i < end; i++) {
    // Both are in range where they are read.
    const takeRight = left >= middle || (right < high && before(from[right] as number, from[left] as number));
    to[i] = from[takeRight ? right++ : left++] as number;
  }
  runs.left = left;
  runs.right = right;
}
