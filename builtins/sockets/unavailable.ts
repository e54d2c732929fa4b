/**
 * The socket builtins of a runtime that has no sockets, such as the browser: every call answers with an error value.
 *
 * Arguments are not looked at, except for a function at the end: it is called at once with the error, as a callback
 * would be, and the call returns `?`. The handler of a listener is not such a callback.
 */

import type { Machine } from '../../language/runtime/machine.ts';
import { type Fn, failure, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import type { Builtin } from '../registry.ts';
import { Failure, type SocketBackend } from './backend.ts';
import { socketBuiltins } from './builtins.ts';

/** A network that is never asked. */
export const NOWHERE: SocketBackend = {
  connect: (_target, _options, done) => {
    done(new Failure('unavailable', 'no network'));
    return () => {};
  },
  listen: (_target, _options, _events, done) => done(new Failure('unavailable', 'no network')),
  loadCredentials: () => ({ kind: 'bad', what: 'certificate', detail: 'no network' }),
};

/** The same builtins by name and help; none of them does anything. */
export function unavailableSockets(): Builtin[] {
  return refusing(socketBuiltins(NOWHERE));
}

/** Builtins of the network by name and help, without what they do. */
export function refusing(builtins: readonly Builtin[]): Builtin[] {
  return builtins.map(({ name, group, help, params, callback }) => ({
    name,
    group,
    help,
    params,
    unchecked: true,
    suspends: callback === true,
    run(machine: Machine, ...args: Value[]): Value | Suspended {
      const error = failure(`${name}() unavailable in this runtime`);
      const last = args.at(-1);
      if (callback !== true || typeof last !== 'function') return error;
      const result = (last as Fn)(error);
      return result === SUSPENDED ? machine.save(giveNull, 0, []) : null;
    },
  }));
}

/** Goes on after a callback that had to wait. */
function giveNull(): null {
  return null;
}
