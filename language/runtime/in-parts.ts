/** Large programs are compiled in parts (compiler/unit.ts): each part becomes code when the one before it has run. */
import { type Fn, SUSPENDED, type Suspended, type Value } from '../values/values.ts';
import { mistake } from './errors.ts';
import type { Machine, Resume } from './machine.ts';

/** The function that runs all parts; `evaluate` makes the function of the part with this number. */
export function inParts(machine: Machine, count: number, evaluate: (part: number) => Fn): Fn {
  const run = (first: number, before: Value): Value | Suspended => {
    let value: Value | Suspended = before;
    for (let part = first; part < count; part++) {
      value = make(machine, part, evaluate)();
      if (value === SUSPENDED) return part === count - 1 ? SUSPENDED : machine.save(goOn, part + 1, []);
    }
    return value;
  };
  const goOn: Resume = (part, _slots, value) => run(part, value);
  return () => run(0, null);
}

/** Code is made in the time of the program; the fuel ends, so that others have their turn before the part runs. */
function make(machine: Machine, part: number, evaluate: (part: number) => Fn): Fn {
  try {
    machine.host.compiling?.();
    machine.fuel = 0;
    return evaluate(part);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw mistake('too-large', { says: `Too large to compile: ${error.message}` });
  }
}
