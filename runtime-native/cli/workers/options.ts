/** `--workers` and `--grace`. */
import { availableParallelism } from 'node:os';

export interface WorkerOptions {
  readonly count: number;
  /** How long workers may take to end after SIGTERM. */
  readonly graceMs: number;
}

/** What `--workers` and `--grace` say, or what is wrong with them. */
export function readWorkerOptions(workers: string, grace: string | null): WorkerOptions | string {
  const count = workers === 'auto' ? availableParallelism() : /^[1-9]\d{0,2}$/.test(workers) ? Number(workers) : 0;
  if (count === 0) return `--workers takes a whole number from 1 to 999, or auto, not ${workers}`;
  const seconds = grace === null ? 30 : /^\d+(\.\d+)?$/.test(grace) ? Number(grace) : -1;
  if (seconds < 0 || seconds > 86_400) return `--grace takes seconds from 0 to 86400, not ${grace}`;
  return { count, graceMs: seconds * 1000 };
}
