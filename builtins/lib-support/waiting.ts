/** Waiting with a time limit for something that another thread of the library does. */
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import { EMPTY, type Obj, obj, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import { milliseconds } from '../params.ts';
import { type Builtin, builtin, namedFunction } from '../registry.ts';

/** `{wait(seconds), wake(value)}`: the value is kept for a later wait. One thread at a time waits; ? after the time. */
function waiter(machine: Machine): Obj {
  let waiting: Thread | null = null;
  let kept: Value | undefined;
  let stopTimer = (): void => {};
  const finish = (value: Value): void => {
    const thread = waiting;
    waiting = null;
    stopTimer();
    if (thread !== null) machine.wake(thread, value);
  };
  const wait = (seconds: Value): Value | Suspended => {
    if (kept !== undefined) {
      const value = kept;
      kept = undefined;
      return value;
    }
    waiting = machine.block('external');
    // Also without a limit: the timer keeps the host's event loop going.
    stopTimer = machine.host.timer(milliseconds(seconds) || Number.POSITIVE_INFINITY, () => finish(null));
    return SUSPENDED;
  };
  return obj({
    wait: namedFunction('wait', (seconds) => wait(seconds ?? null)),
    wake: namedFunction('wake', (value) => {
      if (waiting === null) kept = value ?? EMPTY;
      else finish(value ?? EMPTY);
      return null;
    }),
  });
}

export const waitingBuiltins: readonly Builtin[] = [
  builtin({
    name: '__waiter',
    group: 'channels',
    help: '{wait(seconds), wake(value)} with which one thread waits for another; ? after the time, ? or 0 is no limit',
    params: [],
    run: waiter,
  }),
  builtin({
    name: '__thread_id',
    group: 'channels',
    help: 'the number of the running thread',
    params: [],
    run: (machine) => machine.current?.id ?? 0,
  }),
];
