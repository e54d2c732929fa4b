/** How often statements were reached, for code that was compiled to count (`onStatement` of compiler/unit.ts). */

const counts = new Map<number, number>();

/** Counts a statement; emitted code calls this with its global position. */
export function reach(at: number): void {
  counts.set(at, (counts.get(at) ?? 0) + 1);
}

/** How often the statement at a global position was reached. */
export function timesReached(at: number): number {
  return counts.get(at) ?? 0;
}
