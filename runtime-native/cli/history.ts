/** The lines typed at the prompt, from one session to the next. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** How many lines are remembered. */
export const HISTORY_LINES = 1000;

/** The lines typed so far, newest first; kept in a file when that can be written. */
export class History {
  readonly lines: string[] = [];
  #path = '';

  constructor() {
    try {
      this.#path = join(homedir(), '.magnolia_history'); // a user may have no home
      const saved = readFileSync(this.#path, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      this.lines = saved.slice(-HISTORY_LINES).reverse();
      if (saved.length > 2 * HISTORY_LINES)
        writeFileSync(this.#path, `${saved.slice(-HISTORY_LINES).join('\n')}\n`, { mode: 0o600 });
    } catch {
      // no history yet, or none that can be read
    }
  }

  add(line: string): void {
    if (line.trim() === '') return;
    try {
      appendFileSync(this.#path, `${line}\n`, { mode: 0o600 });
    } catch {
      // a home that cannot be written to is not a reason to complain at each line
    }
  }
}
