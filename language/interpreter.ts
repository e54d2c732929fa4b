/**
 * Runs Magnolia programs: the surface that a host embeds.
 *
 *     const interpreter = new Interpreter({ host, builtins: (machine) => registry.functions(machine), finder, onProblem });
 *     interpreter.run(new Source('hello.oak', text), directory, ({ status }) => ...);
 */

import { resolve } from './compiler/resolver.ts';
import { hintFor } from './diagnostics/hints.ts';
import type { Problem } from './diagnostics/problem.ts';
import { callAtSite, type Trace, traceOf } from './diagnostics/trace.ts';
import { type ModuleFinder, Modules } from './modules.ts';
import { type Compiled, compile, quoteFrom } from './runtime/compile.ts';
import { limitReason, ProgramError, type Quote } from './runtime/errors.ts';
import { programOf } from './runtime/function-text.ts';
import type { Host } from './runtime/host.ts';
import { Exit, type Frame, Machine, type Thread } from './runtime/machine.ts';
import { isLibrary, type Unit, unitAt } from './runtime/units.ts';
import { nodeAt } from './syntax/ast-walk.ts';
import { ParseError } from './syntax/parse-error.ts';
import { parseProgram } from './syntax/parser.ts';
import type { Source } from './syntax/source.ts';
import { type Fn, keysOf, Obj, type Value } from './values/values.ts';

export interface InterpreterOptions {
  readonly host: Host;
  /** The builtins of a program, for its machine. */
  readonly builtins: (machine: Machine) => Map<string, Fn>;
  readonly finder: ModuleFinder;
  /** Told every error that ended a thread, and a deadlock. */
  readonly onProblem: (problem: Problem) => void;
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
    };
    this.machine = new Machine(options.host, events, options.fuel);
    this.#modules = new Modules(this.machine, options.finder, options.builtins(this.machine));
  }

  /** Runs a program with all its threads and background work to its end. Its imports are looked for in `directory`. */
  run(source: Source, directory: string, done: (outcome: Outcome) => void): void {
    this.#done = done;
    const compiled = this.#compile(source, false);
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

  /** Ends the program where it stands. */
  stop(status = 1): void {
    this.#end(status);
  }

  /** Compiles, or reports why that cannot be done. */
  #compile(source: Source, session: boolean): Compiled | null {
    try {
      return compile(source, session);
    } catch (error) {
      const problem = parseProblem(source, error);
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
    this.#options.onProblem(this.problemOf(error, thread.frames, thread === this.#main ? null : 'in a thread'));
    this.#status = 1;
    if (thread === this.#main) this.#end(1);
  }

  /** Describes an error that ended a thread. Anything but a mistake in the program is a bug of ours, and thrown on. */
  problemOf(error: unknown, frames: Frame | null, thread: string | null): Problem {
    const mistake = asMistake(error);
    const trace = traceOf(mistake, frames);
    return runtimeProblem(mistake, trace, thread, (unit, at, reason) =>
      hintFor({ reason, source: unit.source(), program: programOf(unit), at, names: this.#modules.builtinNames() }),
    );
  }

  #idle(stuck: Thread[]): void {
    const attended = stuck.find((thread) => thread.attended);
    if (attended !== undefined) {
      this.machine.fail(attended, new ProgramError('Deadlock: it waits for a channel that nobody can use any more'));
      return;
    }
    if (stuck.length > 0) {
      this.#options.onProblem(deadlock(stuck));
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
  evaluate(source: Source, done: (result: Evaluated) => void): void {
    let compiled: Compiled;
    try {
      compiled = compile(source, true);
    } catch (error) {
      const problem = parseProblem(source, error);
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
      else done({ problem: this.#interpreter.problemOf(error, thread.frames, null) });
    };
    this.#interpreter.machine.run();
  }

  /** Ends the input that is running, with an error at the place where it is; false when none is running. */
  interrupt(): boolean {
    if (this.#running === null) return false;
    this.#interpreter.machine.fail(this.#running, new ProgramError('Interrupted'));
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

  /** Gives a variable a value before the next input. */
  define(name: string, value: Value): void {
    this.#variables[name] = value;
  }
}

/** What is wrong with a source text, without running it. */
export function check(source: Source): Problem[] {
  try {
    resolve(parseProgram(source));
    return [];
  } catch (error) {
    const problem = parseProblem(source, error);
    if (problem === null) throw error;
    return [problem];
  }
}

function parseProblem(source: Source, error: unknown): Problem | null {
  if (error instanceof RangeError) {
    const place = { source, at: 0, start: 0, end: 1 }; // which part of it, the overflow of the native stack does not tell
    return { kind: 'parse', reason: 'Nested too deeply', place, hint: null, related: null, trace: [], omitted: 0, thread: null };
  }
  if (!(error instanceof ParseError)) return null;
  const { at, end, reason, hint, related } = error;
  const place = { source, at: at ?? endOf(source), start: at ?? endOf(source), end: end ?? endOf(source) + 1 };
  return { kind: 'parse', reason, place, hint, related, trace: [], omitted: 0, thread: null };
}

/** The end of a text, where what is missing should have been: in code points, and not behind its last line end. */
function endOf(source: Source): number {
  return [...source.text.trimEnd()].length;
}

/** An error as a mistake in the program; throws it on when it is a bug of ours. */
function asMistake(error: unknown): Error & { reasonOf: ProgramError['reasonOf']; at: number | null } {
  if (error instanceof ProgramError) return error;
  const reason = limitReason(error);
  if (reason !== null) return Object.assign(error as RangeError, { reasonOf: reason, at: null });
  throw error;
}

function runtimeProblem(
  error: Error & { reasonOf: ProgramError['reasonOf']; at: number | null },
  trace: Trace,
  thread: string | null,
  hint: (unit: Unit, at: number, reason: string) => string | null,
): Problem {
  const at = error.at ?? trace.callAt;
  const unit = at === null || at < 0 ? undefined : unitAt(at);
  const quote = unit === undefined ? NO_QUOTE : quoteFrom(unit);
  const reason = typeof error.reasonOf === 'string' ? error.reasonOf : error.reasonOf(quote);
  const { entries, omitted } = trace;
  if (unit === undefined || at === null) {
    return { kind: 'runtime', reason, place: null, hint: null, related: null, trace: entries, omitted, thread };
  }
  const callerAt = isLibrary(unit) ? trace.callerAt() : null; // a mistake that the library meets was made by who called it
  const place = placeAt(callerAt ?? at);
  const tip = callerAt === null ? hint(unit, at - unit.base, reason) : null;
  return { kind: 'runtime', reason, place, hint: tip, related: null, trace: entries, omitted, thread };
}

function placeAt(position: number): Problem['place'] {
  const unit = unitAt(position);
  if (unit === undefined) return null;
  const at = position - unit.base;
  const node = nodeAt(programOf(unit), at);
  return { source: unit.source(), at, start: node?.start ?? at, end: node?.end ?? at + 1 };
}

const nothing = (): string => '';
const NO_QUOTE: Quote = { target: nothing, value: nothing, node: nothing, badElement: nothing, className: nothing };

/** The report that every thread left waits for another. */
function deadlock(stuck: readonly Thread[]): Problem {
  const places = stuck.flatMap((thread) => {
    for (let frame = thread.frames; frame !== null; frame = frame.next) {
      const at = callAtSite(frame.resume.name, frame.pc);
      const unit = at === undefined ? undefined : unitAt(at);
      if (unit !== undefined && at !== undefined) return [{ unit, at: at - unit.base }];
    }
    return [];
  });
  const count = stuck.length === 1 ? 'The only thread left waits' : `All ${stuck.length} threads left wait`;
  const shown = places.slice(0, 10).map(({ unit, at }) => {
    const { line, column } = unit.source().lineAndColumn(at);
    return `  waiting at [${line}:${column}]`;
  });
  const left = stuck.length - shown.length; // some because a call in tail position left no trace
  const more = left > 0 && shown.length > 0 ? [`  and ${left} more`] : [];
  const [first] = places;
  return {
    kind: 'runtime',
    reason: [`Deadlock: ${count.toLowerCase()} for a channel that nobody can use any more`, ...shown, ...more].join('\n'),
    place: first === undefined ? null : { source: first.unit.source(), at: first.at, start: first.at, end: first.at + 1 },
    hint: null,
    related: null,
    trace: [],
    omitted: 0,
    thread: null,
  };
}
