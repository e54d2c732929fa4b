/** Keeps a program from having too many threads. */
import type { Thread } from '../language/runtime/machine.ts';

/**
 * Returns a function that is to be called with each thread that was started. It calls `exceeded` when `most` others live. Machines do not
 * count the living ones, so those that were started are kept here, and the ended ones are removed whenever there seem to be too many.
 */
export function threadLimit(most: number, exceeded: () => void): (thread: Thread) => void {
  let started: Thread[] = [];
  return (thread) => {
    started.push(thread);
    if (started.length <= most) return;
    started = started.filter(({ ended }) => !ended);
    if (started.length > most) exceeded();
  };
}
