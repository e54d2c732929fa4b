/** The options that are numbers: what is not one must not mean "no limit". */
import { shown } from './callbacks.ts';
import type { RuntimeOptions } from './options.ts';

/** Throws a TypeError for a limit that is not a number from 0 on, and for a `seed` or `fuel` that is not a whole number. */
export function checkNumbers({ limits = {}, fuel, seed }: Pick<RuntimeOptions, 'limits' | 'fuel' | 'seed'>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined && !(typeof value === 'number' && value >= 0)) {
      throw new TypeError(`The option limits.${name} has to be a number from 0 on, not ${shown(value)}`);
    }
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new TypeError(`The option seed has to be a whole number, not ${shown(seed)}`);
  }
  if (fuel !== undefined && !(Number.isSafeInteger(fuel) && fuel > 0)) {
    throw new TypeError(`The option fuel has to be a positive whole number, not ${shown(fuel)}`);
  }
}
