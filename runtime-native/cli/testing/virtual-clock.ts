/**
 * The clock of `magnolia test --virtual-time`: it begins with 2020 and stops while any thread can run. When all threads wait, it jumps
 * to the next timer, so that a test of a timeout of an hour takes no time.
 *
 * Only `wait`, timeouts and `time()` use it. How long a slice of the machine takes is measured with the real clock, because an endless
 * loop must still give way.
 */
import type { Clock } from '../../../embedding/host.ts';
import { nodeClock } from '../../host.ts';

const START_MS = Date.UTC(2020, 0, 1);
/** How often to look while something outside of the program, such as a file, has yet to answer. */
const LOOK_AGAIN_MS = 1;
/** Of what keeps the event loop alive, the kinds that an answer comes from. */
const ANSWERING = /Req|Wrap/;

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

export class VirtualClock implements Clock {
  /** In the order in which they are due; of the same time, in the order in which they were set. */
  readonly #timers: Timer[] = [];
  readonly #outside = answering();
  #passedMs = 0;
  /** Turns of the event loop that the program has asked for. */
  #turns = 0;
  #looks = false;

  now(): number {
    return nodeClock.now();
  }

  wallTime(): number {
    return START_MS + this.#passedMs;
  }

  memoryIsShort(): boolean {
    return nodeClock.memoryIsShort?.() === true;
  }

  readonly defer = (run: () => void): void => {
    this.#turns++;
    setImmediate(() => {
      this.#turns--;
      run();
    });
  };

  timer(milliseconds: number, run: () => void): () => void {
    const timer: Timer = { dueMs: this.#passedMs + milliseconds, run };
    const after = this.#timers.findIndex(({ dueMs }) => dueMs > timer.dueMs);
    this.#timers.splice(after === -1 ? this.#timers.length : after, 0, timer);
    this.#look();
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at !== -1) this.#timers.splice(at, 1);
    };
  }

  /** Looks, as soon as other events had their turn, whether all threads wait. */
  #look(): void {
    if (this.#looks) return;
    this.#looks = true;
    setImmediate(() => {
      this.#looks = false;
      this.#jump();
    });
  }

  #jump(): void {
    const [next] = this.#timers;
    if (next === undefined || next.dueMs === Number.POSITIVE_INFINITY) return;
    if (this.#turns > 0) {
      this.#look();
    } else if (answering() > this.#outside) {
      setTimeout(() => this.#look(), LOOK_AGAIN_MS);
    } else {
      this.#timers.shift();
      this.#passedMs = Math.max(this.#passedMs, next.dueMs);
      next.run();
      this.#look();
    }
  }
}

/** How many answers from outside the process are awaited: files, other programs, names. */
function answering(): number {
  return process.getActiveResourcesInfo().filter((kind) => ANSWERING.test(kind) && kind !== 'TTYWrap').length;
}
