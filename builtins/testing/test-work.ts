/** For tests: work in slices, done at once. */
import type { Work } from '../time-slices.ts';

/** What the work comes to. */
export function whole<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
