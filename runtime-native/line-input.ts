/**
 * Lines from a stream, each given when it is asked for.
 *
 * The stream flows only while a thread waits for a line, and is paused otherwise, so that it fills no memory. Because Node reads
 * a little ahead even then, it is also set not to keep the process alive. What came together with a line is kept for the next one.
 */
import type { Readable } from 'node:stream';
import type { InputLine } from '../builtins/processes.ts';
import type { LineSource } from '../embedding/grants.ts';
import { MAX_TEXT } from '../language/values/values.ts';
import { errnoText } from './errno.ts';
import { toText } from './latin1.ts';

/** A stream; sockets, pipes and terminals (but not files) can be set to keep the process alive or not. */
export type Source = Readable & { ref?(): void; unref?(): void };

export class LineInput implements LineSource {
  readonly #open: () => Source;
  #stream: Source | null = null;
  /** Lines and the begin of the next one; read up to `#at`. */
  #text = '';
  #at = 0;
  /** The pieces of a line that had no end in the text before. */
  #pieces: string[] = [];
  /** More than `#mostBytes` when a line was too long. */
  #heldBytes = 0;
  /** Why there is nothing more to come. */
  #ended: string | null = null;
  readonly #waiting: ((line: InputLine) => void)[] = [];

  readonly #mostBytes: number;

  /** The stream is opened when the first line is asked for. A line of more than `mostBytes` is the end of it. */
  constructor(open: () => Source, mostBytes = MAX_TEXT) {
    this.#open = open;
    this.#mostBytes = mostBytes;
  }

  /** The next line if it has already arrived and no thread waits for it, else null. */
  takeLine(): InputLine | null {
    return this.#waiting.length === 0 ? this.#take() : null;
  }

  /** Calls `done` with the next line when it arrives, after `takeLine` found none. Several waiting calls get their lines in order. */
  readLine(done: (line: InputLine) => void): void {
    this.#waiting.push(done);
    if (this.#waiting.length > 1) return;
    if (this.#stream === null) this.#stream = this.#start();
    this.#stream.ref?.();
    this.#stream.resume();
  }

  #start(): Source {
    const stream = this.#open();
    const end = (cause: string): void => {
      this.#ended ??= cause;
      this.#serve();
    };
    stream.on('data', (chunk: Buffer) => {
      this.#text = toText(chunk); // everything before was taken, otherwise no thread would wait
      this.#at = 0;
      this.#serve();
    });
    stream.on('end', () => end('EOF'));
    stream.on('error', (error) => end(`read /dev/stdin: ${errnoText(error)}`));
    stream.on('close', () => end('EOF'));
    return stream;
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const line = this.#take();
      if (line === null) return;
      this.#waiting.shift()?.(line);
    }
    this.#stream?.pause();
    this.#stream?.unref?.();
  }

  /** The next line if all of it is there, or the end if that was reached. */
  #take(): InputLine | null {
    const end = this.#heldBytes > this.#mostBytes ? -1 : this.#text.indexOf('\n', this.#at);
    if (end >= 0) {
      const bytes = this.#held(this.#text.slice(this.#at, end));
      this.#at = end + 1;
      return { kind: 'line', bytes };
    }
    if (this.#at < this.#text.length && this.#heldBytes <= this.#mostBytes) {
      this.#pieces.push(this.#text.slice(this.#at));
      this.#heldBytes += this.#text.length - this.#at;
      if (this.#heldBytes > this.#mostBytes) {
        this.#pieces = [];
        this.#ended = `a line of more than ${this.#mostBytes} bytes`;
      }
    }
    this.#text = '';
    this.#at = 0;
    return this.#ended === null ? null : { kind: 'end', bytes: this.#held(''), cause: this.#ended };
  }

  #held(last: string): string {
    if (this.#pieces.length === 0) return last;
    const bytes = this.#pieces.join('') + last;
    this.#pieces = [];
    if (this.#heldBytes <= this.#mostBytes) this.#heldBytes = 0;
    return bytes;
  }
}
