/** The order that `sort` makes: stable, by keys that are all numbers or all strings. */
import { ProgramError } from '../language/errors.ts';
import { binaryError } from '../language/operand-errors.ts';
import { Float, isInt, Str, type Value } from '../language/values.ts';

type Key = number | bigint | string;

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
  const { reasonOf } = binaryError('<', keys[bad - 1], keys[bad], 0);
  return new ProgramError(reasonOf); // without a position: the call of sort is to blame
}

/** Sorts `items` in place by the keys at the same places. One item needs no key that can be compared. */
export function sortByKeys(items: Value[], keys: readonly Value[]): void {
  if (items.length < 2) return;
  if (items === keys && items.every((item) => typeof item === 'number')) {
    const sorted = Float64Array.from(items as number[]).sort(); // all of them are numbers; equal ones are alike
    for (let i = 0; i < items.length; i++) items[i] = sorted[i] as number; // as many as there are items
    return;
  }

  if (sortByNumbers(items, keys)) return;

  const pairs: { key: Key; item: Value }[] = [];
  const text = keys[0] instanceof Str;
  for (let i = 0; i < items.length; i++) {
    const key = toKey(keys[i]);
    if (key === undefined || (typeof key === 'string') !== text) throw noOrder(keys);
    pairs.push({ key, item: items[i] as Value }); // the index is in range
  }
  pairs.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const [i, { item }] of pairs.entries()) items[i] = item;
}

/** The same for keys that are all numbers a double holds exactly as they are; false, with nothing done, for others. */
function sortByNumbers(items: Value[], keys: readonly Value[]): boolean {
  const count = items.length;
  const numbers = new Float64Array(count);
  let sorted = true;
  for (let i = 0; i < count; i++) {
    const key = keys[i];
    const value = typeof key === 'number' ? key : key instanceof Float ? key.value : Number.NaN;
    if (Number.isNaN(value)) return false; // no number, one with 64 bits, or one without a place in the order
    numbers[i] = value;
    if (i > 0 && value < at(numbers, i - 1)) sorted = false;
  }
  if (sorted) return true;
  const before = items.slice();
  const order = mergeSort(numbers);
  for (let i = 0; i < count; i++) items[i] = before[at(order, i)] as Value; // an index of an item
  return true;
}

/** An element that is in range. */
function at(array: Float64Array | Uint32Array, i: number): number {
  return array[i] as number;
}

/** The indexes of the numbers in their order, those of equal ones ascending: merges runs of 1, 2, 4 ... items. */
function mergeSort(numbers: Float64Array): Uint32Array {
  const count = numbers.length;
  let [from, to] = [new Uint32Array(count), new Uint32Array(count)];
  for (let i = 0; i < count; i++) from[i] = i;
  for (let width = 1; width < count; width *= 2) {
    for (let low = 0; low < count; low += 2 * width) {
      const middle = Math.min(low + width, count);
      const high = Math.min(low + 2 * width, count);
      let [left, right] = [low, middle];
      for (let i = low; i < high; i++) {
        const takeRight = left >= middle || (right < high && at(numbers, at(from, right)) < at(numbers, at(from, left)));
        to[i] = at(from, takeRight ? right++ : left++);
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
