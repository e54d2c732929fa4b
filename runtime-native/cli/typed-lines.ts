/**
 * The lines that are typed at the prompt: the next inputs of the session, or what a program reads that runs meanwhile.
 *
 * Lines wait here for the prompt, unless the program that runs asks for them before: lines of a pipe arrive all at once,
 * and the program in one of them reads those that follow it.
 */
import type { InputLine } from '../../builtins/processes.ts';
import { utf8Encode } from '../../language/values/bytes.ts';

export class TypedLines {
  readonly #lines: string[] = [];
  readonly #waiting: ((line: InputLine) => void)[] = [];
  readonly #onWait: () => void;
  #ended = false;

  /** `onWait` is called when a program begins to wait for a line. */
  constructor(onWait: () => void) {
    this.#onWait = onWait;
  }

  /** Whether a program waits for a line. */
  get awaited(): boolean {
    return this.#waiting.length > 0;
  }

  add(line: string): void {
    this.#lines.push(line);
  }

  /** Passes a line to the program that waits for one. */
  give(line: string): void {
    this.#waiting.shift()?.({ kind: 'line', bytes: utf8Encode(line) });
  }

  /** The next line for the prompt; undefined when there is none. */
  next(): string | undefined {
    return this.#lines.shift();
  }

  /** The input has ended. */
  end(): void {
    this.#ended = true;
    this.answer('EOF');
  }

  /** Tells programs that wait for a line that they get none, and why. */
  answer(cause: string): void {
    for (const reader of this.#waiting.splice(0)) reader({ kind: 'end', bytes: '', cause });
  }

  /** As a `ProcessBackend` has it. */
  takeLine(): InputLine | null {
    const line = this.awaited ? undefined : this.#lines.shift();
    if (line !== undefined) return { kind: 'line', bytes: utf8Encode(line) };
    return this.#ended ? { kind: 'end', bytes: '', cause: 'EOF' } : null;
  }

  /** As a `ProcessBackend` has it. */
  readLine(done: (line: InputLine) => void): void {
    this.#waiting.push(done);
    this.#onWait();
  }
}
