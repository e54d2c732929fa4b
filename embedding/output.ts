/** The host of an embedded program: gathers its output, counts it, and keeps the timers that have to end with it. */

import type { Host } from '../language/runtime/host.ts';
import { isAscii } from '../language/values/bytes.ts';
import { bytesOf } from './values.ts';

/** A clock and an event loop, of a process with so much memory. */
export type Clock = Pick<Host, 'now' | 'defer' | 'timer' | 'memoryIsShort'>;

/** Who gets the output: as ordinary text, or exactly. */
export type Sink = { readonly text: (text: string) => void } | { readonly bytes: (bytes: Uint8Array) => void };

/** So much output is gathered before it is handed on. */
const GATHERED_BYTES = 16 * 1024;

export interface OutputRules {
  readonly limitBytes: number;
  /** Called when the limit is reached, in the thread that prints; must throw what ends it. */
  exceeded(): never;
  /** Called when output was handed on: must throw if the program was stopped by that. */
  alive(): void;
  /** Called before each turn of the event loop in which the program goes on. */
  turn(): void;
}

export class EmbeddedHost implements Host {
  readonly memoryIsShort?: () => boolean;
  readonly #clock: Clock;
  readonly #sink: Sink;
  readonly #rules: OutputRules;
  readonly #timers = new Set<() => void>();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #gathered = '';
  #bytes = 0;
  /** What was decoded last may end in the middle of a character. */
  #partial = false;

  constructor(clock: Clock, sink: Sink, rules: OutputRules) {
    this.#clock = clock;
    if (clock.memoryIsShort !== undefined) this.memoryIsShort = () => clock.memoryIsShort?.() === true;
    this.#sink = sink;
    this.#rules = rules;
  }

  write(text: string): void {
    this.#rules.alive();
    const room = this.#rules.limitBytes - this.#bytes;
    if (text.length > room) {
      this.#gathered += text.slice(0, room);
      this.#bytes += room;
      this.flush();
      this.#rules.exceeded();
    }
    this.#bytes += text.length;
    this.#gathered += text;
    if (this.#gathered.length < GATHERED_BYTES) return;
    this.flush();
    this.#rules.alive();
  }

  /** Programs have no standard error of their own. */
  writeError(text: string): void {
    this.write(text);
  }

  flush(): void {
    const text = this.#gathered;
    if (text === '') return;
    this.#gathered = '';
    if ('bytes' in this.#sink) this.#sink.bytes(bytesOf(text));
    else this.#give(this.#sink.text, text);
  }

  #give(sink: (text: string) => void, bytes: string): void {
    if (!this.#partial && isAscii(bytes)) {
      sink(bytes);
      return;
    }
    this.#partial = bytes.charCodeAt(bytes.length - 1) >= 0x80;
    const text = this.#decoder.decode(bytesOf(bytes), { stream: true });
    if (text !== '') sink(text);
  }

  now(): number {
    return this.#clock.now();
  }

  defer(run: () => void): void {
    this.flush();
    this.#clock.defer(() => {
      this.#rules.turn();
      run();
    });
  }

  timer(milliseconds: number, run: () => void): () => void {
    const cancel = this.#clock.timer(milliseconds, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  /** For the end of the program: hands on what is left, and no timer goes off any more. */
  close(): void {
    this.flush();
    if (this.#partial && 'text' in this.#sink) {
      this.#partial = false;
      const rest = this.#decoder.decode();
      if (rest !== '') this.#sink.text(rest);
    }
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
