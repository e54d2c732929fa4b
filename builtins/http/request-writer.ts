/** The function `write` of a request whose body is a function. */
import { mistake } from '../../language/runtime/errors.ts';
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import { type Fn, Str, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import type { ClientCall } from './backend.ts';
import { errorValue, sentValue } from './results.ts';

export class RequestWriter {
  readonly #machine: Machine;
  readonly #call: ClientCall;
  /** The program's Content-Length, which is kept to; null if there is none. */
  readonly #length: number | null;
  #waiting: { readonly thread: Thread; readonly bytes: number }[] = [];
  #bytes = 0;
  #over = false;

  constructor(machine: Machine, call: ClientCall, length: number | null) {
    this.#machine = machine;
    this.#call = call;
    this.#length = length;
  }

  /** Runs the program's function; `failed` is called when it makes an error or does not keep to its length. */
  start(body: Fn, failed: () => void): void {
    const { write } = { write: (text?: Value): Value | Suspended => this.#write(text ?? null) };
    this.#machine.spawn(body, [write as Fn]).onEnd = (_result, error) => {
      if (this.#over) return;
      if (error !== null || (this.#length !== null && this.#bytes !== this.#length)) failed();
      else this.#call.end();
    };
  }

  #write(text: Value): Value | Suspended {
    if (!(text instanceof Str)) throw mistake('argument', { says: 'write requires a string, got', value: text });
    if (this.#over) return this.#overError();
    const bytes = text.length;
    if (this.#length !== null && this.#bytes + bytes > this.#length) {
      return errorValue(`Could not write request body: more than the Content-Length of ${this.#length} bytes`, 'limit');
    }
    this.#bytes += bytes;
    if (bytes === 0 || this.#call.write(text.text)) return sentValue(bytes);
    const thread = this.#machine.block('external');
    this.#waiting.push({ thread, bytes });
    return SUSPENDED;
  }

  drained(): void {
    for (const { thread, bytes } of this.#waiting.splice(0)) this.#machine.wake(thread, sentValue(bytes));
  }

  /** The request has ended: later writes are dropped. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    for (const { thread } of this.#waiting.splice(0)) this.#machine.wake(thread, this.#overError());
  }

  #overError(): Value {
    return errorValue('Could not write request body: the request is over', 'closed');
  }
}
