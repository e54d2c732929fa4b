/** Standard input of an embedded program: its lines, from pieces of any size. */

import type { InputLine } from '../builtins/processes.ts';
import type { Host } from '../language/runtime/host.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { codec, MAX_TEXT } from '../language/values/values.ts';
import { type Fault, isPromise, settledOnce, shown } from './callbacks.ts';
import type { LineSource } from './grants.ts';

/** A piece of input, of any length. */
export type Chunk = string | Uint8Array;
/** All of it at once, or pieces, each of which is asked for when the program needs it. */
export type Input = Chunk | Iterable<Chunk> | AsyncIterable<Chunk>;

/** How long pieces are read before the event loop gets its turn: an input may have no end. */
const SLICE_MS = 4;
const MANY_PIECES = 4096;

function bytesOfChunk(chunk: unknown): string {
  if (typeof chunk === 'string') return utf8Encode(chunk);
  if (chunk instanceof Uint8Array) return codec.decode(chunk, 0, chunk.length);
  throw new TypeError(`input must yield strings or Uint8Arrays, not ${shown(chunk)}`);
}

/** Lines of an `Input`. Whatever it throws ends the program through `fault`. */
export class InputLines implements LineSource {
  readonly #pieces: Iterator<Chunk> | AsyncIterator<Chunk>;
  readonly #host: Pick<Host, 'now' | 'defer'>;
  readonly #fault: Fault;
  /** The last piece, whose lines are looked for from `#at` on. */
  #text = '';
  #at = 0;
  /** The pieces of a line that had no end in the text before, joined whenever there are many: they may be short. */
  #begun: string[] = [];
  #latest: string[] = [];
  #begunBytes = 0;
  /** Why the input ended. */
  #ended: string | null = null;
  #filling = false;
  #closed = false;
  readonly #waiting: ((line: InputLine) => void)[] = [];

  constructor(input: Input, host: Pick<Host, 'now' | 'defer'>, fault: Fault) {
    this.#host = host;
    this.#fault = fault;
    if (typeof input === 'string' || input instanceof Uint8Array) this.#pieces = [input][Symbol.iterator]();
    else if (Symbol.asyncIterator in input) this.#pieces = input[Symbol.asyncIterator]();
    else if (Symbol.iterator in input) this.#pieces = input[Symbol.iterator]();
    else throw new TypeError(`The option input has to be a string, bytes or an iterable of them, not ${shown(input)}`);
  }

  takeLine(): InputLine | null {
    return this.#waiting.length === 0 ? this.#line() : null;
  }

  readLine(done: (line: InputLine) => void): void {
    this.#waiting.push(done);
    if (this.#filling) return;
    this.#filling = true;
    this.#fill();
  }

  /** The program is over: nothing more is asked for. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  #fill(): void {
    const began = this.#host.now();
    try {
      while (this.#waiting.length > 0 && !this.#closed) {
        const line = this.#line();
        if (line !== null) {
          this.#waiting.shift()?.(line);
          continue;
        }
        if (this.#host.now() - began > SLICE_MS) {
          this.#host.defer(() => this.#fill());
          return;
        }
        const next: unknown = this.#pieces.next();
        if (isPromise(next)) {
          settledOnce(next).then((result) => this.#later(result), this.#fault);
          return;
        }
        this.#take(next);
      }
    } catch (error) {
      this.#fault(error);
    }
    this.#filling = false;
  }

  #later(result: unknown): void {
    try {
      this.#take(result);
    } catch (error) {
      this.#fault(error);
      return;
    }
    this.#fill();
  }

  #take(result: unknown): void {
    const { done, value } = result as IteratorResult<Chunk>;
    if (done === true) {
      this.#ended = 'EOF';
      return;
    }
    this.#text = bytesOfChunk(value);
    this.#at = 0;
  }

  #line(): InputLine | null {
    const end = this.#text.indexOf('\n', this.#at);
    if (end >= 0) {
      const bytes = this.#whole(this.#text.slice(this.#at, end));
      this.#at = end + 1;
      return { kind: 'line', bytes };
    }
    if (this.#at < this.#text.length) {
      this.#latest.push(this.#text.slice(this.#at));
      this.#begunBytes += this.#text.length - this.#at;
      if (this.#latest.length === MANY_PIECES) this.#begun.push(this.#latest.splice(0).join(''));
    }
    this.#text = '';
    this.#at = 0;
    if (this.#begunBytes > MAX_TEXT) {
      this.#whole('');
      this.#ended = `a line of more than ${MAX_TEXT} bytes`;
    }
    return this.#ended === null ? null : { kind: 'end', bytes: this.#whole(''), cause: this.#ended };
  }

  /** A line that may have begun in earlier pieces. */
  #whole(last: string): string {
    if (this.#begunBytes === 0) return last;
    const bytes = this.#begunBytes > MAX_TEXT ? '' : [...this.#begun, ...this.#latest, last].join('');
    this.#begun = [];
    this.#latest = [];
    this.#begunBytes = 0;
    return bytes;
  }
}
