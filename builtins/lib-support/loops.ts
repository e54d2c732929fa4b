/**
 * Loops over lists that call a function for each item, for the functions of `std` whose calls are the most frequent ones.
 *
 * They mean what the same loop written in Magnolia means: the length is looked at again at each step, so items that the function
 * appends are visited, too, and the function may wait, in which case the loop is saved as a frame and goes on with its value.
 */
import type { Machine } from '../../language/runtime/machine.ts';
import { EMPTY, type Fn, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import { callable, list } from '../params.ts';
import { type Builtin, builtin } from '../registry.ts';

// A loop that has to wait is saved by its own function. A closure inside the loop would keep the index, and for that V8
// makes an object at each step, whether anything waits or not.

/** Calls f(x, i) from index `i` on. */
function eachFrom(machine: Machine, xs: readonly Value[], f: Fn, start: number): Value | Suspended {
  for (let i = start; i < xs.length; i++) {
    if (f(xs[i], i) === SUSPENDED) return eachLater(machine, xs, f, i + 1);
  }
  return null;
}

function eachLater(machine: Machine, xs: readonly Value[], f: Fn, next: number): Suspended {
  return machine.save(() => eachFrom(machine, xs, f, next), 0, []);
}

/** Adds the values of f(x, i) to `mapped`. */
function mapFrom(machine: Machine, xs: readonly Value[], f: Fn, mapped: Value[], start: number): Value | Suspended {
  for (let i = start; i < xs.length; i++) {
    const value = f(xs[i], i);
    if (value === SUSPENDED) return mapLater(machine, xs, f, mapped, i + 1);
    mapped.push(value as Value); // SUSPENDED is dealt with
  }
  return mapped;
}

function mapLater(machine: Machine, xs: readonly Value[], f: Fn, mapped: Value[], next: number): Suspended {
  const goOn = (_pc: number, _slots: unknown, value: Value): Value | Suspended => {
    mapped.push(value);
    return mapFrom(machine, xs, f, mapped, next);
  };
  return machine.save(goOn, 0, []);
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
    if (value === SUSPENDED) return filterLater(machine, xs, f, kept, x, i + 1);
    if (isTrue(value)) kept.push(x);
  }
  return kept;
}

function filterLater(machine: Machine, xs: readonly Value[], f: Fn, kept: Value[], x: Value, next: number): Suspended {
  const goOn = (_pc: number, _slots: unknown, value: Value): Value | Suspended => {
    if (isTrue(value)) kept.push(x);
    return filterFrom(machine, xs, f, kept, next);
  };
  return machine.save(goOn, 0, []);
}

/** What a call may take from the fuel at most without being captured at its entry. */
const RESERVE = 64;

/** Calls f(acc, x, i), each with the value of the call before. */
function reduceFrom(machine: Machine, xs: readonly Value[], f: Fn, seed: Value, start: number): Value | Suspended {
  if (typeof seed === 'number') return reduceNumbers(machine, xs, f, seed, start);
  let acc: Value = seed;
  for (let i = start; i < xs.length; i++) {
    const value = f(acc, xs[i], i);
    if (value === SUSPENDED) return reduceLater(machine, xs, f, i + 1);
    acc = value as Value; // SUSPENDED is dealt with
  }
  return acc;
}

/** Goes on with what a call came to. */
function reduceRest(machine: Machine, xs: readonly Value[], f: Fn, value: Value | Suspended, next: number): Value | Suspended {
  return value === SUSPENDED ? reduceLater(machine, xs, f, next) : reduceFrom(machine, xs, f, value as Value, next);
}

/**
 * The same as long as the values are numbers. V8 keeps them in a register if a call never comes to anything else (hence the reserve:
 * a function that ran out of fuel at its entry would) and nothing inside the loop needs one as a value on the heap.
 */
function reduceNumbers(machine: Machine, xs: readonly Value[], f: Fn, seed: number, start: number): Value | Suspended {
  let acc = +seed; // tells V8 the type
  let i = start;
  for (; i < xs.length && machine.fuel >= RESERVE; i++) {
    const value = f(acc, xs[i], i);
    if (typeof value !== 'number') return reduceRest(machine, xs, f, value, i + 1);
    acc = +value;
  }
  return i < xs.length ? machine.outOfFuel(RESERVE, reduceNumbers, [machine, xs, f, acc, i]) : acc;
}

function reduceLater(machine: Machine, xs: readonly Value[], f: Fn, next: number): Suspended {
  return machine.save((_pc, _slots, acc) => reduceFrom(machine, xs, f, acc, next), 0, []);
}

// A loop takes a place on the native stack that no emitted function has paid for.
const PLACE = 2;

/** A loop over the items of a list. */
function loop(
  name: string,
  help: string,
  from: (machine: Machine, items: readonly Value[], f: Fn) => Value | Suspended,
): Builtin {
  return builtin({
    name,
    group: 'core',
    help,
    params: [list('items'), callable('f')],
    suspends: true,
    run(machine, items, f) {
      machine.fuel -= PLACE;
      return from(machine, items, f);
    },
  });
}

/** The builtins behind `std.each`, `map`, `filter` and `reduce` for a list and a function. */
export const loopBuiltins: readonly Builtin[] = [
  loop('__each', 'calls a function with each item of a list and its index', (machine, items, f) =>
    eachFrom(machine, items, f, 0),
  ),
  loop('__map', 'the list of what a function gives for each item of a list and its index', (machine, items, f) =>
    mapFrom(machine, items, f, [], 0),
  ),
  loop('__filter', 'the items of a list for which a function of the item and its index is true', (machine, items, f) =>
    filterFrom(machine, items, f, [], 0),
  ),
  builtin({
    name: '__reduce',
    group: 'core',
    help: 'what a function of the value so far, an item and its index comes to over a list',
    params: [list('items'), callable('f'), { name: 'seed', expected: 'any value', read: (value: Value) => value }],
    suspends: true,
    run(machine, items, f, seed) {
      machine.fuel -= PLACE;
      return reduceFrom(machine, items, f, seed, 0);
    },
  }),
];
