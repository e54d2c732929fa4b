/** The clock and the event loop of a browser page or worker. */
import type { Clock } from '../embedding/host.ts';

/** The longest time that timers can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs things in a new turn of the event loop each, by sending a message to ourselves: timers would be slowed down to 4 ms, and
 * microtasks would let nothing else happen. One channel serves all programs of a page.
 */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #port: MessagePort | null = null;

  add(run: () => void): void {
    this.#waiting.push(run);
    this.#port ??= this.#open();
    this.#port.postMessage(null);
  }

  #open(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = () => this.#waiting.shift()?.(); // one for each program that goes on: few
    return port1;
  }
}

const turns = new Turns();

/** Node has this and browsers have not; under Node a thousand messages would be worked off before the next timer. */
const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown };

export const browserClock: Clock = {
  now: () => performance.now(),
  defer(run: () => void) {
    if (setImmediate === undefined) turns.add(run);
    else setImmediate(run);
  },
  timer(milliseconds, run) {
    const due = performance.now() + milliseconds;
    let timeout: ReturnType<typeof setTimeout>;
    const arm = (left: number): void => {
      timeout = setTimeout(
        () => {
          const rest = due - performance.now();
          if (rest > 1) arm(rest);
          else run();
        },
        Math.min(Math.ceil(left), LONGEST_TIMER_MS),
      );
    };
    arm(milliseconds);
    return () => clearTimeout(timeout);
  },
};
