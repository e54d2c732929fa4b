/**
 * Node as a host of programs: its clock, its event loop, and descriptors for output.
 *
 * Output is written synchronously. A reader that has gone away ends the process without a word, as it ends other programs in a pipe.
 */
import { type Clock, ProgramHost } from '../embedding/host.ts';
import { writeAll } from './descriptors.ts';
import { codeOf, errnoText } from './errno.ts';
import { installCodec } from './latin1.ts';
import { memoryIsShort } from './memory.ts';

/** As fast as the clock of `node:perf_hooks`, which loads ten files of Node (measured). */
const { hrtime } = process;

function now(): number {
  const time = hrtime();
  return time[0] * 1e3 + time[1] / 1e6;
}

/** The longest time that Node's timers can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** What a shell reports for a program that wrote into a closed pipe. */
const STATUS_OF_BROKEN_PIPE = 141;

/** Node's clock and event loop. */
export const nodeClock: Clock = {
  now,
  memoryIsShort,
  defer: (run) => void setImmediate(run),
  timer(milliseconds, run) {
    const due = now() + milliseconds;
    let timeout: NodeJS.Timeout;
    const arm = (left: number): void => {
      timeout = setTimeout(
        () => {
          if (left > LONGEST_TIMER_MS) arm(due - now());
          else run();
        },
        Math.min(Math.ceil(left), LONGEST_TIMER_MS),
      );
    };
    arm(milliseconds);
    return () => clearTimeout(timeout);
  },
};

export interface HostOptions {
  /** What programs wait by; Node's clock if not given. */
  readonly clock?: Clock;
  /** File descriptors to write to; 1 and 2 if not given. `stderr` is for the reason why output cannot be written. */
  readonly stdout?: number;
  readonly stderr?: number;
  /** Ends the process when its output can no longer be written. */
  readonly quit?: (status: number) => void;
}

/** The host of a program that owns its process. */
export class NodeHost extends ProgramHost {
  constructor({
    clock: programClock = nodeClock,
    stdout = 1,
    stderr = 2,
    quit = (status) => process.exit(status),
  }: HostOptions = {}) {
    let broken = false;
    super(programClock, {
      bytes(bytes) {
        const error = broken ? null : writeAll(stdout, bytes);
        if (error === null) return;
        broken = true;
        if (codeOf(error) === 'EPIPE') {
          quit(STATUS_OF_BROKEN_PIPE);
          return;
        }
        writeAll(stderr, Buffer.from(`Could not write output: ${errnoText(error)}\n`));
        quit(1);
      },
    });
    installCodec();
  }
}
