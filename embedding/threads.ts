/** Keeps a machine from having too many threads. */
import type { Machine, Thread } from '../language/runtime/machine.ts';

/**
 * Calls `exceeded` when a thread is started while `most` others live. The machine does not count them, so those that were started are kept here,
 * and the ended ones thrown out whenever there seem to be too many.
 */
export function limitThreads(machine: Machine, most: number, exceeded: () => void): void {
  let started: Thread[] = [];

  const noted = <Args extends unknown[]>(start: (...args: Args) => Thread): ((...args: Args) => Thread) => {
    return (...args) => {
      const thread = start.apply(machine, args);
      started.push(thread);
      if (started.length > most) {
        started = started.filter(({ ended }) => !ended);
        if (started.length > most) exceeded();
      }
      return thread;
    };
  };
  machine.spawn = noted(machine.spawn);
  machine.background = noted(machine.background);
}
