/** The inputs typed at the prompt, from one session to the next. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** How many inputs are remembered. */
const INPUTS = 1000;
/** Represents the line ends inside an input in the file; typed lines do not contain it. */
const LINE_END = '\r';

/** The inputs typed so far, newest first; kept in a file when that can be written, one line each. */
export class History {
  readonly inputs: string[] = [];
  #path = '';

  constructor() {
    try {
      this.#path = join(homedir(), '.magnolia_history'); // a user may have no home
      const saved = readFileSync(this.#path, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      for (const line of saved.slice(-INPUTS)) this.#remember(line.replaceAll(LINE_END, '\n'));
      if (saved.length > 2 * INPUTS) writeFileSync(this.#path, `${saved.slice(-INPUTS).join('\n')}\n`, { mode: 0o600 });
    } catch {
      // no history yet, or none that can be read
    }
  }

  /** Adds an input, in place of an older one that is the same. */
  add(input: string): void {
    if (input.trim() === '') return;
    this.#remember(input);
    try {
      appendFileSync(this.#path, `${input.replaceAll('\n', LINE_END)}\n`, { mode: 0o600 });
    } catch {
      // a home that cannot be written to is not a reason to complain at each line
    }
  }

  #remember(input: string): void {
    const same = this.inputs.indexOf(input);
    if (same >= 0) this.inputs.splice(same, 1);
    this.inputs.unshift(input);
    if (this.inputs.length > INPUTS) this.inputs.pop();
  }
}
