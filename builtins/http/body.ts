/** Bodies that come in: as a whole, or read piece by piece by the program. */
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import { type Fn, type Obj, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import type { ErrorCode } from '../sockets/backend.ts';
import type { BodyEvents } from './backend.ts';
import { closedValue, dataValue, errorValue } from './results.ts';
import { Silence } from './silence.ts';

/** Why a body is not complete. */
export class BodyFault {
  constructor(
    readonly detail: string,
    readonly code: ErrorCode,
  ) {}
}

export interface BodyLimits {
  readonly maxBytes: number;
  /** The longest silence; 0 means no limit. */
  readonly timeoutMs: number;
}

/** Where a body comes from. */
export interface BodySource {
  pause(): void;
  resume(): void;
}

/** Collects a body. `done` is called once. */
export class WholeBody implements BodyEvents {
  readonly #limits: BodyLimits;
  readonly #done: (body: string | BodyFault) => void;
  readonly #silence: Silence;
  #pieces: string[] = [];
  #length = 0;
  #over = false;

  constructor(machine: Machine, limits: BodyLimits, done: (body: string | BodyFault) => void) {
    this.#limits = limits;
    this.#done = done;
    this.#silence = new Silence(machine, limits.timeoutMs, () => this.failed('i/o timeout', 'timeout'));
    this.#silence.touch();
  }

  data(text: string): void {
    if (this.#over) return;
    this.#length += text.length;
    if (this.#length > this.#limits.maxBytes) {
      this.failed(`body longer than ${this.#limits.maxBytes} bytes`, 'limit');
      return;
    }
    this.#silence.touch();
    this.#pieces.push(text);
  }

  ended(): void {
    this.#settle(this.#pieces.length === 1 ? (this.#pieces[0] as string) : this.#pieces.join('')); // there is one
  }

  failed(detail: string, code: ErrorCode): void {
    this.#settle(new BodyFault(detail, code));
  }

  #settle(outcome: string | BodyFault): void {
    if (this.#over) return;
    this.#over = true;
    this.#silence.stop();
    this.#pieces = [];
    this.#done(outcome);
  }
}

/** So much is read ahead of the program. */
const READ_AHEAD = 64 * 1024;

/** A body that the program reads itself, as fast as it likes. */
export class StreamedBody implements BodyEvents {
  readonly #machine: Machine;
  readonly #source: BodySource;
  readonly #limits: BodyLimits;
  readonly #prefix: string;
  readonly #silence: Silence;
  readonly #waiting: { readonly thread: Thread; readonly most: number }[] = [];
  #pieces: string[] = [];
  #held = 0;
  #total = 0;
  #paused = false;
  #end: 'open' | 'ended' | BodyFault = 'open';
  /** Called when nothing more will be read. */
  onEnd: (() => void) | null = null;

  constructor(machine: Machine, source: BodySource, limits: BodyLimits, prefix: string) {
    this.#machine = machine;
    this.#source = source;
    this.#limits = limits;
    this.#prefix = prefix;
    this.#silence = new Silence(machine, limits.timeoutMs, () => this.failed('i/o timeout', 'timeout'));
  }

  data(text: string): void {
    if (this.#end !== 'open') return;
    this.#total += text.length;
    if (this.#total > this.#limits.maxBytes) {
      this.failed(`body longer than ${this.#limits.maxBytes} bytes`, 'limit');
      return;
    }
    this.#pieces.push(text);
    this.#held += text.length;
    this.#serve();
    if (this.#held >= READ_AHEAD && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  ended(): void {
    this.#finish('ended');
  }

  failed(detail: string, code: ErrorCode): void {
    this.#finish(new BodyFault(detail, code));
  }

  #finish(how: 'ended' | BodyFault): void {
    if (this.#end !== 'open') return;
    this.#end = how;
    this.#silence.stop();
    this.#serve();
    this.onEnd?.();
  }

  /** The function that programs call: `read(n?)`. */
  readFunction(): Fn {
    const { read } = {
      read: (most?: Value): Value | Suspended =>
        this.read(typeof most === 'number' && most > 0 ? most : Number.POSITIVE_INFINITY),
    };
    return read as Fn;
  }

  /** At most `most` bytes: `{type: :data, data}`, `{type: :closed}` at the end, or an error. */
  read(most: number): Value | Suspended {
    const now = this.#waiting.length === 0 ? this.#take(most) : null;
    if (now !== null) return now;
    const thread = this.#machine.block('external');
    this.#waiting.push({ thread, most });
    this.#silence.touch();
    return SUSPENDED;
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const result = this.#take(next.most);
      if (result === null) return;
      this.#waiting.shift();
      if (this.#waiting.length === 0) this.#silence.stop();
      this.#machine.wake(next.thread, result);
    }
  }

  #take(most: number): Obj | null {
    if (this.#held > 0) {
      const text = this.#pieces.length === 1 ? (this.#pieces[0] as string) : this.#pieces.join(''); // there is one
      const taken = text.length > most ? text.slice(0, most) : text;
      this.#pieces = taken.length < text.length ? [text.slice(taken.length)] : [];
      this.#held -= taken.length;
      if (this.#paused && this.#held < READ_AHEAD) {
        this.#paused = false;
        this.#source.resume();
      }
      return dataValue(taken);
    }
    if (this.#end === 'open') return null;
    return this.#end === 'ended' ? closedValue() : errorValue(this.#prefix + this.#end.detail, this.#end.code);
  }

  /** Nobody reads it any more. */
  drop(): void {
    this.#pieces = [];
    this.#held = 0;
    this.#finish(new BodyFault('the body was closed', 'closed'));
  }
}
