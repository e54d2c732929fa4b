/** The host of a program: gathers its output, counts it, and keeps the timers that have to end with it. */

import type { Host } from '../language/runtime/host.ts';
import { isAscii } from '../language/values/bytes.ts';
import { callBack } from './callbacks.ts';
import { bytesOf } from './values.ts';

/** A clock and an event loop, and whether the process is short of memory. */
export type Clock = Pick<Host, 'now' | 'wallTime' | 'defer' | 'timer' | 'memoryIsShort'>;

/** Who receives the output: as ordinary text, or exactly. */
export type Output = { readonly text: (text: string) => unknown } | { readonly bytes: (bytes: Uint8Array) => unknown };

/** How much output is gathered before it is handed on. */
const GATHERED_BYTES = 16 * 1024;

/** What an embedder wants to be asked. */
export interface HostRules {
  readonly limitBytes: number;
  /** Called when the limit is reached, in the thread that prints; must throw what ends it. */
  exceeded(): never;
  /** Called when output was handed on: must throw if the program was stopped by that. */
  alive(): void;
  /** Called with what the receiver of the output has thrown, at once or as a promise. */
  fault(error: unknown): void;
  /** Called before each turn of the event loop in which the program goes on. */
  turn(): void;
  /** Called now and then while the program is compiled; throws to end that. */
  compiling(): void;
}

const NO_RULES: HostRules = {
  limitBytes: Number.POSITIVE_INFINITY,
  exceeded: () => {
    throw new Error('no limit was set');
  },
  alive() {},
  fault: (error) => {
    throw error;
  },
  turn() {},
  compiling() {},
};

/** The host of programs on all platforms: the platform supplies the clock, and the embedder the output. */
export class ProgramHost implements Host {
  readonly memoryIsShort?: () => boolean;
  readonly wallTime?: () => number;
  readonly #clock: Clock;
  readonly #output: Output;
  readonly #rules: HostRules;
  readonly #timers = new Set<() => void>();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #gathered = '';
  #bytes = 0;
  /** Promises of the receiver that are not settled. */
  readonly #unsettled = new Set<Promise<void>>();
  /** What was decoded last may end in the middle of a character. */
  #partial = false;

  constructor(clock: Clock, output: Output, rules: HostRules = NO_RULES) {
    this.#clock = clock;
    if (clock.memoryIsShort !== undefined) this.memoryIsShort = () => clock.memoryIsShort?.() === true;
    if (clock.wallTime !== undefined) this.wallTime = () => clock.wallTime?.() ?? Date.now();
    this.#output = output;
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

  flush(): void {
    const text = this.#gathered;
    if (text === '') return;
    this.#gathered = '';
    if ('bytes' in this.#output) this.#handOn(this.#output.bytes, bytesOf(text));
    else this.#handOnText(this.#output.text, text);
  }

  #handOn<Piece>(output: (piece: Piece) => unknown, piece: Piece): void {
    const promise = callBack(
      () => output(piece),
      (error) => this.#rules.fault(error),
    );
    if (promise === null) return;
    this.#unsettled.add(promise);
    void promise.then(() => this.#unsettled.delete(promise));
  }

  #handOnText(output: (text: string) => unknown, bytes: string): void {
    if (!this.#partial && isAscii(bytes)) {
      this.#handOn(output, bytes);
      return;
    }
    this.#partial = bytes.charCodeAt(bytes.length - 1) >= 0x80;
    const text = this.#decoder.decode(bytesOf(bytes), { stream: true });
    if (text !== '') this.#handOn(output, text);
  }

  /** Calls `done` when the receiver of the output has settled all its promises. */
  settled(done: () => void): void {
    if (this.#unsettled.size === 0) done();
    else void Promise.all(this.#unsettled).then(() => this.settled(done));
  }

  now(): number {
    return this.#clock.now();
  }

  compiling(): void {
    this.#rules.compiling();
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
    if (this.#partial && 'text' in this.#output) {
      this.#partial = false;
      const rest = this.#decoder.decode();
      if (rest !== '') this.#handOn(this.#output.text, rest);
    }
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
