/** Functions across the border: Magnolia's called by JavaScript, JavaScript's called by Magnolia. */

import type { Builtin } from '../builtins/registry.ts';
import { traceOf } from '../language/diagnostics/trace.ts';
import { mistake, ProgramError } from '../language/runtime/errors.ts';
import { Exit, type Machine, type Resume } from '../language/runtime/machine.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { type Fn, Spread, SUSPENDED, type Suspended, type Value } from '../language/values/values.ts';
import { isPromise, settledOnce, shown } from './callbacks.ts';
import {
  type FunctionBorder,
  fromJs,
  type JsFunction,
  type JsValue,
  type MagnoliaFunction,
  type ToJsOptions,
  toJs,
} from './values.ts';

/** What a call that waited for a promise goes on with. */
type Settled = { readonly value: unknown } | { readonly error: unknown };

export class Functions implements FunctionBorder {
  readonly #machine: () => Machine;
  readonly #options: ToJsOptions;
  readonly #call: (fn: Fn, args: Value[]) => Promise<JsValue>;
  readonly #alive: () => boolean;
  readonly #check: () => void;
  readonly #given = new WeakMap<Fn, MagnoliaFunction>();
  readonly #taken = new WeakMap<JsFunction, Fn>();

  /**
   * `call` runs a function in its own thread; `alive` tells whether the program was not stopped meanwhile; `check` looks at its limits, and
   * throws what ends its thread.
   */
  constructor(
    machine: () => Machine,
    options: ToJsOptions,
    call: (fn: Fn, args: Value[]) => Promise<JsValue>,
    alive: () => boolean,
    check: () => void,
  ) {
    this.#machine = machine;
    this.#options = options;
    this.#call = call;
    this.#alive = alive;
    this.#check = check;
  }

  /** Outside of a thread, the embedder converts a value for itself. */
  checkpoint(): void {
    if (this.#machine().current !== null) this.#check();
  }

  value(value: Value): JsValue {
    return toJs(value, this.#options, this);
  }

  toJs(fn: Fn): MagnoliaFunction {
    let made = this.#given.get(fn);
    if (made === undefined) {
      made = async (...args) =>
        this.#call(
          fn,
          args.map((arg) => fromJs(arg, this)),
        );
      this.#given.set(fn, made);
      this.#taken.set(made, fn);
    }
    return made;
  }

  fromJs(js: JsFunction): Fn {
    let made = this.#taken.get(js);
    if (made === undefined) {
      const name = utf8Encode(js.name || 'a JavaScript function');
      made = (...given) => {
        const last: unknown = given.at(-1);
        return this.#run(name, js, last instanceof Spread ? [...given.slice(0, -1), ...last.items] : given);
      };
      Object.defineProperty(made, 'name', { value: utf8Encode(js.name) });
      this.#taken.set(js, made);
      this.#given.set(made, js as MagnoliaFunction); // so that it comes back as it was given
    }
    return made;
  }

  /** A JavaScript function as a builtin. */
  builtin(name: string, js: JsFunction): Builtin {
    return {
      name: utf8Encode(name),
      group: 'runtime',
      help: 'a function of the program that runs this one',
      params: [],
      unchecked: true,
      suspends: true,
      run: (_machine, ...args: Value[]) => this.#run(utf8Encode(name), js, args),
    };
  }

  #run(name: string, js: JsFunction, args: readonly Value[]): Value | Suspended {
    let result: Value | PromiseLike<unknown>;
    let isLate = false;
    try {
      const given: unknown = js(...args.map((arg) => this.value(arg ?? null)));
      isLate = isPromise(given);
      result = isPromise(given) ? given : fromJs(given, this);
    } catch (error) {
      throw this.#failure(name, error, null);
    }
    if (!this.#alive()) throw new Exit(1);
    return isLate ? this.#wait(name, result as PromiseLike<unknown>) : (result as Value); // as isLate says: a value may have a key `then`
  }

  #wait(name: string, promise: PromiseLike<unknown>): Suspended {
    const machine = this.#machine();
    const here = mistake('raised', { says: '' }); // notes the place of the call
    const thread = machine.block('external');
    let settled: Settled = { value: null };
    const settle = (outcome: Settled): void => {
      settled = outcome;
      machine.wake(thread, null);
    };
    settledOnce(promise).then(
      (value) => settle({ value }),
      (error: unknown) => settle({ error }),
    );
    const deliver: Resume = () => {
      try {
        if ('value' in settled) return fromJs(settled.value, this);
      } catch (error) {
        settled = { error };
      }
      throw this.#failure(name, (settled as { error: unknown }).error, traceOf(here, null).callAt); // it has no value
    };
    machine.save(deliver, 0, []);
    return SUSPENDED;
  }

  #failure(name: string, error: unknown, at: number | null): Error {
    if (isOwn(error)) return error;
    const says = utf8Encode(messageOf(error));
    return mistake('host-function', { name, says, cause: error }, at);
  }
}

/** Whether this is an error of the program itself. `instanceof` throws for a proxy that was revoked. */
function isOwn(error: unknown): error is Exit | ProgramError {
  try {
    return error instanceof Exit || error instanceof ProgramError;
  } catch {
    return false;
  }
}

/** The message of a thrown value. It may be an error of another realm, no error at all, or an object that throws when it is read. */
function messageOf(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null) return String(error);
    return 'message' in error && typeof error.message === 'string' ? error.message : shown(error);
  } catch {
    return 'an error that cannot be shown';
  }
}
