/** Random numbers, and random bytes fit for secrets. */

import { mistake } from '../language/runtime/errors.ts';
import { Float, MAX_TEXT, str } from '../language/values/values.ts';
import { int } from './params.ts';
import { type Builtin, builtin } from './registry.ts';

/** `secureBytes` returns that many bytes, as byte text, from the host's generator for keys and secrets; `random` is for everything else. */
export function randomBuiltins(secureBytes: (count: number) => string, random: () => number = Math.random): Builtin[] {
  return [
    builtin({
      name: 'rand',
      group: 'random',
      help: 'a random float from 0 up to (not including) 1',
      params: [],
      run: () => new Float(random()),
    }),
    builtin({
      name: 'srand',
      group: 'random',
      help: 'a string of n random bytes, fit for keys and secrets',
      params: [int('n')],
      run(_machine, n) {
        if (n < 0 || n > MAX_TEXT) {
          throw mistake('argument', { says: `srand() makes from 0 to ${MAX_TEXT} bytes, got`, value: n });
        }
        return str(secureBytes(Number(n)));
      },
    }),
  ];
}
