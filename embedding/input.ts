/** Standard input of an embedded program: the lines in whatever pieces the embedder has. */

import type { InputLine } from '../builtins/processes.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { codec } from '../language/values/values.ts';
import type { LineSource } from './grants.ts';

/** A piece of input, of any length. */
export type Chunk = string | Uint8Array;
/** All of it at once, or pieces, each of which is asked for when the program needs it. */
export type Input = Chunk | Iterable<Chunk> | AsyncIterable<Chunk>;

function bytesOfChunk(chunk: Chunk): string {
  return typeof chunk === 'string' ? utf8Encode(chunk) : codec.decode(chunk, 0, chunk.length);
}

export class InputLines implements LineSource {
  readonly #pieces: Iterator<Chunk> | AsyncIterator<Chunk>;
  /** What has come and was not taken; lines are looked for from `#at` on. */
  #text = '';
  #at = 0;
  /** Why there is no more to come. */
  #ended: string | null = null;
  readonly #waiting: ((line: InputLine) => void)[] = [];

  constructor(input: Input) {
    if (typeof input === 'string' || input instanceof Uint8Array) this.#pieces = [input][Symbol.iterator]();
    else this.#pieces = Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]();
  }

  /** The next line if it has come already and nobody waits for it, else null. */
  takeLine(): InputLine | null {
    return this.#waiting.length === 0 ? this.#line() : null;
  }

  /** Gives the next line when it comes. */
  readLine(done: (line: InputLine) => void): void {
    this.#waiting.push(done);
    if (this.#waiting.length === 1) void this.#fill();
  }

  async #fill(): Promise<void> {
    while (this.#waiting.length > 0) {
      const line = this.#line();
      if (line !== null) {
        this.#waiting.shift()?.(line);
        continue;
      }
      try {
        const next = await this.#pieces.next();
        if (next.done === true) {
          this.#ended = 'EOF';
        } else {
          this.#text = this.#text.slice(this.#at) + bytesOfChunk(next.value);
          this.#at = 0;
        }
      } catch (error) {
        this.#ended = utf8Encode(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #line(): InputLine | null {
    const end = this.#text.indexOf('\n', this.#at);
    if (end >= 0) {
      const bytes = this.#text.slice(this.#at, end);
      this.#at = end + 1;
      return { kind: 'line', bytes };
    }
    if (this.#ended === null) return null;
    const bytes = this.#text.slice(this.#at);
    this.#text = '';
    this.#at = 0;
    return { kind: 'end', bytes, cause: this.#ended };
  }
}
