/** Clocks and `wait`. */
import type { Host } from '../language/runtime/host.ts';
import type { Machine } from '../language/runtime/machine.ts';
import { Float, SUSPENDED, wrapInt } from '../language/values/values.ts';
import { number } from './params.ts';
import { type Builtin, builtin } from './registry.ts';

/** How far (milliseconds) the two clocks may drift apart before the wall clock is right. */
const DRIFT_MS = 2;

/** What to add to the host's clock to get milliseconds since 1970. */
const offsets = new WeakMap<Host, number>();

/** Milliseconds since 1970: the wall clock, with the resolution of the host's clock. */
function wallClock(host: Host): number {
  if (host.wallTime !== undefined) return host.wallTime();
  const wall = Date.now();
  const now = host.now();
  const offset = offsets.get(host);
  if (offset !== undefined && Math.abs(offset + now - wall) <= DRIFT_MS) return offset + now;
  offsets.set(host, wall - now);
  return wall;
}

const MILLION = 1_000_000n;
const loaded = BigInt(Date.now()) * MILLION;
const starts = new WeakMap<Host, number>();

/** Nanoseconds, counted from 1970 but never jumping: fit for measuring. */
function steadyNanoseconds(host: Host): bigint {
  if (host.wallTime !== undefined) return BigInt(Math.round(host.wallTime() * 1e6));
  const now = host.now();
  const start = starts.get(host);
  if (start !== undefined) return loaded + BigInt(Math.round((now - start) * 1e6));
  starts.set(host, now);
  return loaded;
}

function wait(machine: Machine, seconds: number) {
  if (!(seconds > 0)) return null; // also NaN
  const thread = machine.block();
  machine.host.timer(seconds * 1000, () => machine.wake(thread, null));
  return SUSPENDED;
}

export const timeBuiltins: readonly Builtin[] = [
  builtin({
    name: 'time',
    group: 'time',
    help: 'seconds since 1970, as a float',
    params: [],
    run: (machine) => new Float(wallClock(machine.host) / 1000),
  }),
  builtin({
    name: 'nanotime',
    group: 'time',
    help: 'nanoseconds on a clock that never jumps, as an int',
    params: [],
    run: (machine) => wrapInt(steadyNanoseconds(machine.host)),
  }),
  builtin({
    name: 'wait',
    group: 'time',
    help: 'sleeps for some seconds',
    params: [number('seconds')],
    suspends: true,
    callback: true,
    run: wait,
  }),
];
