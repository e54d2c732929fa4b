import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** Milliseconds that this thread has been on a processor; where the system does not tell, that have passed. */
export function busyMs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}
