/**
 * Loops over lists that call a function for each item, for the functions of `std` whose calls are the most frequent ones.
 *
 * They mean what the same loop written in Magnolia means: the length is looked at again at each step, so items that the function
 * appends are visited, too, and the function may wait, in which case the loop is saved as a frame and goes on with its value.
 */
import type { Machine } from '../language/machine.ts';
import { EMPTY, type Fn, SUSPENDED, type Suspended, type Value } from '../language/values.ts';
import { callable, list } from './params.ts';
import { type Builtin, builtin } from './registry.ts';

/** Calls f(x, i) from index `i` on. */
function eachFrom(machine: Machine, xs: readonly Value[], f: Fn, start: number): Value | Suspended {
  for (let i = start; i < xs.length; i++) {
    if (f(xs[i], i) === SUSPENDED) {
      return machine.save((_pc, _slots, _value) => eachFrom(machine, xs, f, i + 1), 0, []);
    }
  }
  return null;
}

/** Adds the values of f(x, i) to `mapped`. */
function mapFrom(machine: Machine, xs: readonly Value[], f: Fn, mapped: Value[], start: number): Value | Suspended {
  for (let i = start; i < xs.length; i++) {
    const value = f(xs[i], i);
    if (value === SUSPENDED) return machine.save((_pc, _slots, late) => mapOn(machine, xs, f, mapped, i, late), 0, []);
    mapped.push(value as Value); // SUSPENDED is dealt with
  }
  return mapped;
}

function mapOn(machine: Machine, xs: readonly Value[], f: Fn, mapped: Value[], i: number, value: Value): Value | Suspended {
  mapped.push(value);
  return mapFrom(machine, xs, f, mapped, i + 1);
}

/** Whether a branch `true ->` takes this value: `_` equals everything. */
function isTrue(value: Value | Suspended): boolean {
  return value === true || value === EMPTY;
}

/** Adds the items for which f(x, i) is true to `kept`. */
function filterFrom(machine: Machine, xs: readonly Value[], f: Fn, kept: Value[], start: number): Value | Suspended {
  for (let i = start; i < xs.length; i++) {
    const x = xs[i] as Value; // the index is in range
    const value = f(x, i);
    if (value === SUSPENDED) return machine.save((_pc, _slots, late) => filterOn(machine, xs, f, kept, i, x, late), 0, []);
    if (isTrue(value)) kept.push(x);
  }
  return kept;
}

function filterOn(
  machine: Machine,
  xs: readonly Value[],
  f: Fn,
  kept: Value[],
  i: number,
  x: Value,
  value: Value,
): Value | Suspended {
  if (isTrue(value)) kept.push(x);
  return filterFrom(machine, xs, f, kept, i + 1);
}

/** Calls f(acc, x, i), each with the value of the call before. */
function reduceFrom(machine: Machine, xs: readonly Value[], f: Fn, seed: Value, start: number): Value | Suspended {
  let acc = seed;
  for (let i = start; i < xs.length; i++) {
    const value = f(acc, xs[i], i);
    if (value === SUSPENDED) return machine.save((_pc, _slots, late) => reduceFrom(machine, xs, f, late, i + 1), 0, []);
    acc = value as Value; // SUSPENDED is dealt with
  }
  return acc;
}

// A loop takes a place on the native stack that no emitted function has paid for.
const PLACE = 2;

/** The builtins behind `std.each`, `map`, `filter` and `reduce` for a list and a function. */
export const loopBuiltins: readonly Builtin[] = [
  builtin({
    name: '__each',
    group: 'core',
    help: 'calls a function with each item of a list and its index',
    params: [list('items'), callable('f')],
    suspends: true,
    run(machine, items, f) {
      machine.fuel -= PLACE;
      return eachFrom(machine, items, f, 0);
    },
  }),
  builtin({
    name: '__map',
    group: 'core',
    help: 'the list of what a function gives for each item of a list and its index',
    params: [list('items'), callable('f')],
    suspends: true,
    run(machine, items, f) {
      machine.fuel -= PLACE;
      return mapFrom(machine, items, f, [], 0);
    },
  }),
  builtin({
    name: '__filter',
    group: 'core',
    help: 'the items of a list for which a function of the item and its index is true',
    params: [list('items'), callable('f')],
    suspends: true,
    run(machine, items, f) {
      machine.fuel -= PLACE;
      return filterFrom(machine, items, f, [], 0);
    },
  }),
  builtin({
    name: '__reduce',
    group: 'core',
    help: 'what a function of the value so far, an item and its index comes to over a list',
    params: [list('items'), callable('f'), { name: 'seed', shape: 'any value', read: (value: Value) => value }],
    suspends: true,
    run(machine, items, f, seed) {
      machine.fuel -= PLACE;
      return reduceFrom(machine, items, f, seed, 0);
    },
  }),
];
