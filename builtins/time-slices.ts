/** Long work of a builtin, in slices between which other threads and the event loop have their turn. */

import { limitAt } from '../language/runtime/errors.ts';
import type { Machine } from '../language/runtime/machine.ts';
import { type Str, type Suspended, str, type Value } from '../language/values/values.ts';

/** Work that stops after a millisecond or so (`yield`) until it is asked to go on. Short work never does. */
export type Work<T> = Generator<undefined, T>;

/** The result of the work. At each pause other threads run. */
export function inSlices(machine: Machine, work: Work<Value>): Value | Suspended {
  try {
    const { done, value } = work.next();
    return done === true ? value : machine.outOfFuel(0, inSlices, [machine, work]);
  } catch (error) {
    throw limitAt(error, null);
  }
}

/** What the work comes to as a string, or ? when it comes to nothing. */
export function* textOf(work: Work<string | undefined>): Work<Str | null> {
  const made = yield* work;
  return made === undefined ? null : str(made);
}

/** What short work comes to, at once. */
export function whole<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
