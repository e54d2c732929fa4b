/** A queue of one file's operations: each starts when the one before has ended. */
export class OperationQueue {
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  /** Starts `task` when its turn has come; it must call `leave` once, when it has ended. */
  enter(task: () => void): void {
    if (this.#busy) {
      this.#waiting.push(task);
      return;
    }
    this.#busy = true;
    task();
  }

  leave(): void {
    const next = this.#waiting.shift(); // few ever wait for one file
    if (next === undefined) this.#busy = false;
    else next();
  }
}
