/** What a program may use in these checks, and what its parent and child send each other. */

export const TIME_MS = 500;
export const MEMORY_BYTES = 200e6;
/** By so much a call may be late. */
export const LATE_MS = 100;

export interface Call {
  /** The function, as program text. */
  readonly subject: string;
  readonly args: string;
}

export interface Outcome {
  /** How long the processor was busy. */
  readonly ms: number;
  /** `value`, or the name of the error. */
  readonly ended: string;
}
