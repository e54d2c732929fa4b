/** How much memory this process uses. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8 ends the process when the heap is full, and looks for room with ever more effort before that. */
const FULL = 0.8;

/** Whether the heap is nearly as large as it may get. */
export function memoryIsShort(): boolean {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return used_heap_size > FULL * heap_size_limit;
}

let collect: (() => void) | null = null;

/** Bytes in use on the heap. `exactly` collects garbage first, which takes a while: only to be sure that a limit was reached. */
export function memoryInUse(exactly: boolean): number {
  if (exactly) {
    collect ??= garbageCollector();
    collect();
  }
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** V8 hands its collector out to contexts that are made while this flag is set. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return gc;
}
