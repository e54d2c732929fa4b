/**
 * Limits of the time in which nothing happens.
 *
 * Most requests are over long before their limit, so none of them sets a timer: those that wait are in one list for each program, which
 * is looked at a few times a second while it is not empty.
 */
import type { Machine } from '../../language/runtime/machine.ts';

/** How often the list is looked at: a limit is noticed this late at most. */
const LOOK_MS = 250;

class Waiting {
  readonly #machine: Machine;
  readonly #all = new Set<Silence>();
  #isLooking = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  add(one: Silence, limitMs: number): void {
    this.#all.add(one);
    if (!this.#isLooking) this.#lookIn(Math.min(LOOK_MS, limitMs));
  }

  delete(one: Silence): void {
    this.#all.delete(one);
  }

  #lookIn(ms: number): void {
    this.#isLooking = true;
    this.#machine.host.timer(ms, () => {
      this.#isLooking = false;
      const now = this.#machine.host.now();
      for (const one of this.#all) one.look(now);
      if (this.#all.size > 0 && !this.#isLooking) this.#lookIn(LOOK_MS);
    });
  }
}

const waitingOf = new WeakMap<Machine, Waiting>();

/** Calls `expired` when nothing has happened for some time. */
export class Silence {
  readonly #machine: Machine;
  readonly #waiting: Waiting;
  readonly #limitMs: number;
  readonly #expired: () => void;
  #touched = -1;

  /** A limit of 0 is none. */
  constructor(machine: Machine, limitMs: number, expired: () => void) {
    let waiting = waitingOf.get(machine);
    if (waiting === undefined) {
      waiting = new Waiting(machine);
      waitingOf.set(machine, waiting);
    }
    this.#machine = machine;
    this.#waiting = waiting;
    this.#limitMs = limitMs;
    this.#expired = expired;
  }

  /** Something happened: the time starts again. */
  touch(): void {
    if (this.#limitMs === 0) return;
    if (this.#touched < 0) this.#waiting.add(this, this.#limitMs);
    this.#touched = this.#machine.host.now();
  }

  look(now: number): void {
    if (now - this.#touched < this.#limitMs) return;
    this.stop();
    this.#expired();
  }

  stop(): void {
    if (this.#touched < 0) return;
    this.#touched = -1;
    this.#waiting.delete(this);
  }
}
