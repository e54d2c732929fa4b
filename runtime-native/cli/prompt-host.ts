/**
 * Output beside a prompt.
 *
 * What a program leaves without a line end is known here: the prompt takes a whole line, and would overwrite it. What a thread or a timer
 * prints while the prompt is there takes the line of the prompt, which is drawn again below it.
 */
import type { Interface } from 'node:readline';
import { NodeHost } from '../host.ts';
import { writeOut } from './screen.ts';

export class PromptHost extends NodeHost {
  /** The prompt on the last line of a terminal; null when none does. */
  prompt: Interface | null = null;
  /** The last line of what was printed, as far as it has come. Byte text. */
  #line = '';
  #pending = false;

  override write(text: string): void {
    if (text === '') return;
    const end = text.lastIndexOf('\n');
    this.#line = end < 0 ? this.#line + text : text.slice(end + 1);
    super.write(text);
    this.#pending = true; // after that, which may have flushed what came before
  }

  override flush(): void {
    if (!this.#pending) return;
    this.#pending = false;
    this.beside(() => super.flush());
  }

  /** Writes something to the screen, above the prompt if there is one. */
  beside(write: () => void): void {
    const { prompt } = this;
    if (prompt === null) {
      write();
      return;
    }
    const { rows } = prompt.getCursorPos();
    writeOut(`\r${rows > 0 ? `\x1b[${rows}A` : ''}\x1b[J`);
    this.prompt = null; // what follows may be written in several pieces
    write();
    this.startLine();
    this.prompt = prompt;
    prompt.prompt(true);
  }

  /** The line that a program has begun to print and not ended. Byte text. */
  get begun(): string {
    return this.#line;
  }

  /** Somebody has typed a line, which ended the one that stood there. */
  lineTyped(): void {
    this.prompt = null;
    this.#line = '';
  }

  startLine(): void {
    if (this.#line !== '') this.write('\n');
    this.flush();
  }
}
