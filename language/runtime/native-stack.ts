/** How much native stack there is, in units of fuel. */

/** A unit of fuel pays for this many bytes (`frameCharge` in compiler/step-printer.ts). */
const BYTES_PER_FUEL = 128;
/** The part of the stack that emitted functions may take. The rest is for builtins and the callers of the machine. */
const SHARE = 0.6;
/** The least that a frame of `probe` takes in V8, which keeps a dozen words for each. */
const PROBE_BYTES = 72;
/** More than this brings nothing: see docs/internals/engine.md. */
const MOST_FUEL = 4000;
/** The fuel that every native stack has room for. */
export const SAFE_FUEL = 1000;

let depth = 0;

function probe(): number {
  depth++;
  return probe() + 1;
}

let known = 0;

/**
 * The fuel between two captures of the stack: as many units as the native stack of this process certainly has room for. Finding that
 * out takes a millisecond, so a machine asks when a program recurses for the first time.
 */
export function stackFuel(): number {
  if (known > 0) return known;
  depth = 0;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    probe();
  } catch (error) {
    if (!(error instanceof RangeError) && !/recursion/i.test(String(error))) throw error; // Firefox throws another error
  }
  Error.stackTraceLimit = limit;
  const fuel = Math.floor((depth * PROBE_BYTES * SHARE) / BYTES_PER_FUEL);
  known = Math.max(SAFE_FUEL, Math.min(MOST_FUEL, fuel));
  return known;
}
