/** Connections that were accepted and have to wait until the program takes more of them. */

export class WaitingRoom<T> {
  readonly #admit: (one: T) => void;
  readonly #turnAway: (one: T) => void;
  readonly #places: number;
  readonly #defer: (run: () => void) => void;
  readonly #waiting = new Set<T>();
  #held = false;

  /** Connections are passed to `admit` or `turnAway`; `defer` runs something in a later turn. */
  constructor(
    places: number,
    { admit, turnAway, defer }: { admit(one: T): void; turnAway(one: T): void; defer(run: () => void): void },
  ) {
    this.#places = places;
    this.#admit = admit;
    this.#turnAway = turnAway;
    this.#defer = defer;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Admits a connection, queues it, or turns it away when the queue is full. Returns whether it is queued. */
  enter(one: T): boolean {
    if (!this.#held && this.#waiting.size === 0) {
      this.#admit(one);
      return false;
    }
    if (this.#waiting.size >= this.#places) {
      this.#turnAway(one);
      return false;
    }
    this.#waiting.add(one);
    return true;
  }

  /** The connections that wait. */
  all(): Iterable<T> {
    return this.#waiting;
  }

  /** Somebody went away while he waited. */
  leave(one: T): void {
    this.#waiting.delete(one);
  }

  hold(isHeld: boolean): void {
    if (this.#held === isHeld) return;
    this.#held = isHeld;
    if (!isHeld && this.#waiting.size > 0) this.#defer(() => this.#admitWaiting());
  }

  #admitWaiting(): void {
    for (const one of this.#waiting) {
      if (this.#held) return;
      this.#waiting.delete(one);
      this.#admit(one);
    }
  }

  /** Turns away all connections that wait. */
  close(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const one of waiting) this.#turnAway(one);
  }
}
