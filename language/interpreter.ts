/**
 * Runs Magnolia programs: the surface that a host embeds.
 *
 *     const interpreter = new Interpreter({ host, builtins: (machine) => registry.functions(machine), finder, onProblem });
 *     interpreter.run(new Source('hello.oak', text), directory, ({ status }) => ...);
 */

import { compileProblem, deadlockProblem, runtimeProblem } from './diagnostics/describe.ts';
import { type LibraryNames, NO_LIBRARY } from './diagnostics/library.ts';
import type { Problem } from './diagnostics/problem.ts';
import { type BuiltinFunctions, type ModuleFinder, Modules } from './modules.ts';
import { type Compiled, compile } from './runtime/compile.ts';
import { mistake } from './runtime/errors.ts';
import type { Host } from './runtime/host.ts';
import { Exit, type Frame, Machine, type Thread } from './runtime/machine.ts';
import type { Source } from './syntax/source.ts';
import { keysOf, Obj, type Value } from './values/values.ts';

export interface InterpreterOptions {
  readonly host: Host;
  /** The builtins of a program, for its machine. */
  readonly builtins: (machine: Machine) => BuiltinFunctions;
  readonly finder: ModuleFinder;
  /** What hints say about the standard library. */
  readonly library?: (() => LibraryNames) | undefined;
  /** Told every error that ended a thread, and a deadlock. */
  readonly onProblem: (problem: Problem) => void;
  /**
   * Receives an error that is not the program's: of the host, or of builtins. The thread has ended with it. Without this function it is
   * thrown on.
   */
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** Called with each thread when it is started. */
  readonly onThread?: ((thread: Thread) => void) | undefined;
  /** For tests: how many calls run between two captures of the stack. */
  readonly fuel?: number | undefined;
}

/** How a program ended. */
export interface Outcome {
  /** 0, 1 after an error anywhere, or what `exit` was given (0 to 255). */
  readonly status: number;
  /** The value of its last expression; null when it did not get there. */
  readonly value: Value;
}

/** One program and its threads. */
export class Interpreter {
  readonly machine: Machine;
  readonly #options: InterpreterOptions;
  readonly #modules: Modules;
  #main: Thread | null = null;
  #status = 0;
  #value: Value = null;
  #done: ((outcome: Outcome) => void) | null = null;

  constructor(options: InterpreterOptions) {
    this.#options = options;
    const events = {
      failed: (thread: Thread, error: unknown) => this.#failed(thread, error),
      idle: (stuck: Thread[]) => this.#idle(stuck),
      ...(options.onThread === undefined ? {} : { started: options.onThread }),
    };
    this.machine = new Machine(options.host, events, options.fuel);
    this.#modules = new Modules(this.machine, options.finder, options.builtins(this.machine));
  }

  /** Runs a program with all its threads and background work to its end. Its imports are looked for in `directory`. */
  run(program: Source | Compiled, directory: string, done: (outcome: Outcome) => void): void {
    this.#done = done;
    const compiled = 'factory' in program ? program : this.#compile(program);
    if (compiled === null) {
      this.#end(1);
      return;
    }
    const { main } = this.#modules.instantiate(compiled, directory);
    this.#main = this.machine.spawn(main, []);
    this.#main.onEnd = (value) => {
      this.#value = value;
    };
    this.machine.run();
  }

  /** A sequence of inputs that share their variables; see `Session`. */
  session(directory: string): Session {
    return new Session(this, this.#modules, directory);
  }

  /** Ends the program where it is. */
  stop(status = 1): void {
    this.#end(status);
  }

  /** Asks the host, now and then, whether it may go on compiling. */
  readonly checkpoint = (): void => this.#options.host.compiling?.();

  /** Compiles, or reports why that cannot be done. */
  #compile(source: Source): Compiled | null {
    try {
      return compile(source, false, { checkpoint: this.checkpoint });
    } catch (error) {
      const problem = compileProblem(source, error);
      if (problem === null) throw error;
      this.#options.onProblem(problem);
      return null;
    }
  }

  #failed(thread: Thread, error: unknown): void {
    this.#modules.abandon(thread);
    if (thread.attended) return;
    if (error instanceof Exit) {
      this.#end(error.status);
      return;
    }
    const problem = this.problemOf(error, thread.frames, thread === this.#main ? null : 'in a thread');
    if (problem === null) return;
    this.#options.onProblem(problem);
    this.#status = 1;
    if (thread === this.#main) this.#end(1);
  }

  /** Describes an error that ended a thread. Anything but a mistake in the program is a fault: reported as such, or thrown on. */
  problemOf(error: unknown, frames: Frame | null, thread: string | null): Problem | null {
    try {
      const names = this.#modules.builtinNames();
      return runtimeProblem(error, frames, thread, { names, library: this.#options.library?.() ?? NO_LIBRARY });
    } catch (fault) {
      if (this.#options.onFault === undefined) throw fault;
      this.#options.onFault(fault);
      return null;
    }
  }

  #idle(stuck: Thread[]): void {
    const attended = stuck.find((thread) => thread.attended);
    if (attended !== undefined) {
      this.machine.fail(attended, mistake('deadlock', { waits: 'it waits', where: [] }));
      return;
    }
    if (stuck.length > 0) {
      this.#options.onProblem(deadlockProblem(stuck));
      this.#status = 1;
    }
    this.#end(this.#status);
  }

  #end(status: number): void {
    const done = this.#done;
    if (done === null) return;
    this.#done = null;
    this.machine.flushAll();
    this.machine.stop();
    this.#options.host.flush();
    done({ status, value: this.#value });
  }
}

/** What became of one input: its value, what is wrong with it, or the status that it asked the process to exit with. */
export type Evaluated = { readonly value: Value } | { readonly problem: Problem } | { readonly exit: number };

/** Inputs that are run one after the other and share their module-level variables, as in a REPL. */
export class Session {
  readonly #interpreter: Interpreter;
  readonly #modules: Modules;
  readonly #directory: string;
  readonly #variables = new Obj();
  #running: Thread | null = null;

  constructor(interpreter: Interpreter, modules: Modules, directory: string) {
    this.#interpreter = interpreter;
    this.#modules = modules;
    this.#directory = directory;
  }

  /** Runs one input; `done` is given its value, or what is wrong with it. */
  evaluate(input: Source | Compiled, done: (result: Evaluated) => void): void {
    let compiled: Compiled;
    try {
      compiled = 'factory' in input ? input : compile(input, true, { checkpoint: this.#interpreter.checkpoint });
    } catch (error) {
      const problem = compileProblem(input as Source, error); // compiled code is not compiled again
      if (problem === null) throw error;
      done({ problem });
      return;
    }
    const { main } = this.#modules.instantiate(compiled, this.#directory, this.#variables);
    const thread = this.#interpreter.machine.spawn(main, []);
    this.#running = thread;
    thread.attended = true;
    thread.onEnd = (value, error) => {
      this.#running = null;
      if (error === null) done({ value });
      else if (error instanceof Exit) done({ exit: error.status });
      else {
        const problem = this.#interpreter.problemOf(error, thread.frames, null);
        if (problem !== null) done({ problem });
      }
    };
    this.#interpreter.machine.run();
  }

  /** Ends the input that is running, with an error at the place where it is; false when none is running. */
  interrupt(): boolean {
    if (this.#running === null) return false;
    this.#interpreter.machine.fail(this.#running, mistake('interrupted', {}));
    return true;
  }

  /** All names that an input can use. */
  names(): string[] {
    return [...new Set([...keysOf(this.#variables), ...this.#modules.builtinNames()])];
  }

  lookup(name: string): Value {
    const own = this.#variables[name];
    return own !== undefined ? own : (this.#modules.builtin(name) ?? null); // it may be null
  }

  /** Sets a variable before the next input. */
  define(name: string, value: Value): void {
    this.#variables[name] = value;
  }
}
