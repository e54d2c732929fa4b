/**
 * For tests: threads written in TypeScript, on a machine with its own clock.
 *
 * A script is a generator that yields calls; each is made on the script's thread, which is suspended and resumed as the call
 * wants it, and the generator goes on with its result.
 */

import type { BuiltinFunctions } from '../../language/modules.ts';
import type { Host } from '../../language/runtime/host.ts';
import { Machine, type Resume, type Thread } from '../../language/runtime/machine.ts';
import { toText } from '../../language/runtime/render.ts';
import { type Fn, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import type { Registry } from '../registry.ts';

export type Call = () => Value | Suspended;
export type Script = Generator<Call, void, Value>;

/** A host without a world: output is collected, and time passes when nothing else happens. */
export class VirtualHost implements Host {
  output = '';
  #now = 1000;
  #timers: { due: number; run: () => void }[] = [];
  #firing = false;

  write(text: string): void {
    this.output += text;
  }

  /** Called when no thread can run: the next timer is due. */
  flush(): void {
    if (this.#firing || this.#timers.length === 0) return;
    this.#firing = true;
    queueMicrotask(() => {
      this.#firing = false;
      this.#timers.sort((a, b) => a.due - b.due);
      const next = this.#timers.shift();
      if (next === undefined) return;
      this.#now = Math.max(this.#now, next.due);
      next.run();
    });
  }

  now(): number {
    return this.#now;
  }

  defer(run: () => void): void {
    queueMicrotask(run);
  }

  timer(milliseconds: number, run: () => void): () => void {
    const timer = { due: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
}

const goOn: Resume = (_pc, slots, value) => step(slots[0] as Machine, slots[1] as Script, value);

function step(machine: Machine, script: Script, value: Value): Value | Suspended {
  let given = value;
  for (;;) {
    const next = script.next(given);
    if (next.done === true) return null;
    const result = next.value();
    if (result === SUSPENDED) return machine.save(goOn, 1, [machine, script]);
    given = result as Value; // it is not the sentinel
  }
}

export class TestProgram {
  readonly machine: Machine;
  /** What ended threads before their time. */
  readonly failures: unknown[] = [];
  /** Settles with the threads that are stuck, when nothing can go on any more. */
  readonly end: Promise<Thread[]>;
  readonly #functions: BuiltinFunctions;

  constructor(registry: Registry, host: Host = new VirtualHost()) {
    let idle: (stuck: Thread[]) => void = () => {};
    this.end = new Promise((resolve) => {
      idle = resolve;
    });
    this.machine = new Machine(host, { failed: (_thread, error) => this.failures.push(error), idle });
    this.#functions = registry.functions(this.machine);
  }

  /** A call of a builtin, to be yielded by a script. */
  call(name: string, ...args: unknown[]): Call {
    return () => this.fn(name)(...args);
  }

  /** A builtin as the function that programs call. */
  fn(name: string): Fn {
    const found = this.#functions.get(name);
    if (found === undefined) throw new Error(`no builtin ${name}`);
    return found;
  }

  /** Starts a thread. */
  start(script: () => Script): void {
    this.machine.spawn(this.threadFunction(script), []);
  }

  /** A function for `go` and callbacks: its body is a script, which gets the arguments. */
  threadFunction(script: (...args: Value[]) => Script): Fn {
    return (...args: Value[]) => step(this.machine, script(...args), null);
  }
}

/** The result or error of a call, as text: the value as `string` shows it, or `error: ` and the reason. */
export function outcome(call: Call): string {
  try {
    const result = call();
    return result === SUSPENDED ? 'suspended' : toText(result as Value);
  } catch (error) {
    const { reason } = error as { reason?: unknown };
    if (typeof reason === 'string') return `error: ${reason}`;
    throw error;
  }
}
