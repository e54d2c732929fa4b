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
