/** The numbers that stories measure. */
import { keyTimes, type Visitor } from './e2e-visitor.ts';

export const measured: { [what: string]: number } = {};

export function record(what: string, value: number): void {
  measured[what] = Math.round(value * 100) / 100;
}

/** How long keys take, and of which parts the slowest is made. */
export async function recordKeys(what: string, visitor: Visitor, count?: number): Promise<void> {
  const { median, p95, slowest, parts } = await keyTimes(visitor, count);
  record(`key ${what} ms, median`, median);
  record(`key ${what} ms, 95 %`, p95);
  record(`key ${what} ms, slowest`, slowest);
  const [handler = 0, frame = 0, end = 0] = parts.map(Math.round);
  console.log(`  the slowest key ${what}: ${handler} ms to its handler, ${frame} to the frame, ${end} in it`);
}
