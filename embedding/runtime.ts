/**
 * A Magnolia program inside a JavaScript one. The same class serves Node and browsers; what the two differ in is a `Platform`.
 *
 *     const runtime = new Runtime({ output: (text) => page.append(text), limits: { timeMs: 1000 } }, platform);
 *     const { status, value } = await runtime.run('print(\'hello\')');
 *
 * One runtime is one program: its machine, its threads, its builtins, and all that it has opened. All of that ends together, when
 * the program has ended by itself or is stopped, and then nothing refers to it any more but the embedder.
 */

import { isCallable } from '../builtins/params.ts';
import type { Registry } from '../builtins/registry.ts';
import { compileProblem } from '../language/diagnostics/describe.ts';
import type { Problem } from '../language/diagnostics/problem.ts';
import type { Evaluated, Interpreter, Session } from '../language/interpreter.ts';
import { type Compiled, compile } from '../language/runtime/compile.ts';
import { Exit, type Machine } from '../language/runtime/machine.ts';
import type { Unit } from '../language/runtime/units.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { type Fn, getKey, type Obj, type Suspended, str, type Value } from '../language/values/values.ts';
import { type BuiltProgram, isBuilt } from './built.ts';
import { callBack } from './callbacks.ts';
import { checkNumbers } from './check-numbers.ts';
import { Functions } from './functions.ts';
import { type Output, ProgramHost } from './host.ts';
import { InputLines } from './input.ts';
import { directoryOf } from './modules.ts';
import type { Platform, RuntimeOptions } from './options.ts';
import { MagnoliaError, StoppedError, type StopReason } from './problems.ts';
import { threadLimit } from './thread-limit.ts';
import { Boxed, fromJs, type JsInput, type JsValue, ownKeys } from './values.ts';
import { World } from './world.ts';

/** A program: its text, the path of its file among the files that the runtime was given, or what `magnolia build` has made of it. */
export type ProgramSource = string | { readonly text: string; readonly file?: string } | { readonly file: string } | BuiltProgram;

/** How a program ended. */
export interface Ended {
  /** 0, 1 after an error in a thread, or what `exit` was given. */
  readonly status: number;
  /** The value of its last expression; null if `exit` ended it. */
  readonly value: JsValue;
  /** The errors that ended threads other than the main one. */
  readonly problems: readonly MagnoliaError[];
}

/** A program that was loaded: what it defines at its top level can be read and called. */
export interface LoadedProgram {
  /** The names that it defines. */
  names(): string[];
  /** The value of one of its variables, as it is now; null if there is none. */
  get(name: string): JsValue;
  /** Calls one of its functions. Fails with a `MagnoliaError` if the function makes an error. */
  call(name: string, ...args: JsInput[]): Promise<JsValue>;
}

/** A promise of the embedder that waits for something in the program. */
interface Waiting {
  /** When the program has taken longer than it may. */
  readonly due: number;
  fail(error: unknown): void;
}

/** How often the memory in use is looked at. */
const MEMORY_CHECK_MS = 25;
/** Bytes of memory through which V8 looks for garbage in a millisecond. */
const COLLECTED_PER_MS = 1e6;

const STOPPED: { readonly [reason in Exclude<StopReason, 'exit'>]: string } = {
  timeMs: 'The program was stopped: it took longer than it may',
  memoryBytes: 'The program was stopped: it needs more memory than it may',
  threads: 'The program was stopped: it started more threads than it may',
  outputBytes: 'The program was stopped: it printed more than it may',
  stop: 'The program was stopped',
  ended: 'The program has ended',
};

/** One program, made by `createRuntime`: `run` it once, or `load` or `evaluate` it and `stop` it in the end. */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #platform: Platform;
  readonly #world: World;
  readonly #host: ProgramHost;
  readonly #interpreter: Interpreter;
  readonly #machine: Machine;
  readonly #functions: Functions;
  readonly #input: InputLines;
  readonly #waiting = new Set<Waiting>();
  readonly #problems: MagnoliaError[] = [];
  /** The error that ended the main thread of `run`. */
  #mistake: MagnoliaError | null = null;
  #session: Session | null = null;
  #state: 'new' | 'running' | 'open' | 'finishing' | 'ended' = 'new';
  /** Why the program was stopped from outside; null if it was not. */
  #stopped: unknown = null;
  #memoryAtStart = 0;
  #memoryChecked = 0;
  /** On the platform's clock: when the time of what was asked last is over. */
  #deadline = Number.POSITIVE_INFINITY;

  constructor(options: RuntimeOptions, platform: Platform) {
    const { limits = {} } = options;
    checkNumbers(options);
    this.#options = options;
    this.#platform = platform;
    this.#host = new ProgramHost(platform.clock, outputOf(options, platform), {
      limitBytes: limits.outputBytes ?? Number.POSITIVE_INFINITY,
      exceeded: () => this.#stopFromInside('outputBytes'),
      alive: () => this.#checkAlive(),
      fault: this.#fault,
      turn: () => this.#checkLimits(),
      compiling: () => this.#checkCompiling(),
    });
    this.#functions = new Functions(
      () => this.#machine,
      options.values ?? {},
      (fn, args) => this.#call(fn, args),
      () => this.#state !== 'ended',
      () => this.#checkCompiling(),
    );
    this.#input = new InputLines(options.input ?? '', this.#host, this.#fault);
    const { threads } = limits;
    const { onTest } = options;
    this.#world = new World({
      platform,
      options: {
        ...options,
        registry: (registry) => this.#register(registry),
        ...(onTest === undefined ? {} : { onTest: (test) => void callBack(() => onTest(test), this.#fault) }),
      },
      args: ['magnolia', '(program)', ...(options.args ?? [])],
      input: this.#input,
      host: this.#host,
      onProblem: (problem) => this.#problem(problem),
      onFault: this.#fault,
      ...(threads === undefined ? {} : { onThread: threadLimit(threads, () => this.#tooManyThreads()) }),
    });
    this.#interpreter = this.#world.interpreter;
    this.#machine = this.#interpreter.machine;
    if (limits.memoryBytes !== undefined) this.#limitMemory(limits.memoryBytes);
    if (options.signal?.aborted === true) this.#onAbort();
    else options.signal?.addEventListener('abort', this.#onAbort);
  }

  /**
   * Runs a program to its end, with all its threads and background work. Once only, and first of all: a program to be called
   * again and again is `load`ed.
   *
   * Fails with a `MagnoliaError` if the text is not a program or its main thread made an error, with a `StoppedError` when a limit
   * was reached, and with the reason of the signal when that stopped it.
   */
  async run(program: ProgramSource): Promise<Ended> {
    const { code, directory } = await this.#read(program);
    return await this.#await<Ended>((done, fail) => {
      if (this.#state !== 'new') throw new Error('A runtime runs one program, once');
      this.#state = 'running';
      this.#interpreter.run(code, directory, ({ status, value }) => {
        this.#state = 'finishing';
        if (this.#stopped !== null) this.#end(this.#stopped);
        else this.#host.settled(() => this.#ended(done, fail, status, value));
      });
    });
  }

  /** The program has ended by itself, and its output has been received. */
  #ended(done: (ended: Ended) => void, fail: (error: unknown) => void, status: number, value: Value): void {
    if (this.#state === 'ended') return;
    try {
      if (this.#mistake !== null) fail(this.#mistake);
      else done({ status, value: this.#functions.value(value), problems: this.#problems });
    } catch (error) {
      fail(error); // a value that means nothing outside
    }
    this.#world.finish(() => this.#end(null));
  }

  /**
   * Runs the top level of a program and keeps it, so that its functions can be called until `stop`.
   *
   *     const geometry = await runtime.load('fn area(w, h) w * h');
   *     await geometry.call('area', 3, 4); // 12
   */
  async load(program: ProgramSource): Promise<LoadedProgram> {
    const { code, directory } = await this.#read(program);
    const compiled = 'factory' in code ? code : this.#compile(code);
    const path = this.#world.add(compiled, directory);
    const found = await this.#evaluated(importing(path));
    const module = found.value as Obj; // what import returns
    return {
      names: () => ownKeys(module),
      get: (name) =>
        this.#functions.value(ownKeys(module).includes(utf8Encode(name)) ? (getKey(module, utf8Encode(name)) ?? null) : null),
      call: async (name, ...args) => {
        const fn = getKey(module, utf8Encode(name)) ?? null;
        if (!isCallable(fn)) throw new TypeError(`${name} is not a function of the program`);
        return await this.#call(
          fn,
          args.map((arg) => fromJs(arg, this.#functions)),
        );
      },
    };
  }

  /**
   * Runs a piece of a program and returns the value of its last expression. Variables are kept for the next piece.
   *
   *     await runtime.evaluate('x := 20');
   *     await runtime.evaluate('x + 1'); // 21
   */
  async evaluate(text: string): Promise<JsValue> {
    const loading = this.#prepare(text);
    if (loading !== null) await loading; // without it, what was asked first runs first
    const { value } = await this.#evaluated(new Source('(evaluate)', text));
    return resultOf(this.#functions.value(value));
  }

  /** Stops the program where it is and closes what it has opened. What waits for it fails with a `StoppedError`. */
  stop(): void {
    this.#stop(stopped('stop'));
  }

  // ---- starting and waiting ----

  #register(registry: Registry): void {
    for (const [name, js] of Object.entries(this.#options.builtins ?? {})) registry.add([this.#functions.builtin(name, js)]);
    this.#options.registry?.(registry);
  }

  /** A program's text, or its code if that was compiled before, and where its imports are looked for. */
  async #read(program: ProgramSource): Promise<{ code: Source | Compiled; directory: string }> {
    if (typeof program === 'object' && isBuilt(program)) {
      const { compiled, directory } = this.#world.addBuilt(program);
      return { code: compiled, directory };
    }
    const { source, directory } = await this.#source(program);
    await this.#prepare(source.text);
    return { code: source, directory };
  }

  async #source(program: Exclude<ProgramSource, BuiltProgram>): Promise<{ source: Source; directory: string }> {
    if (typeof program === 'string') return { source: new Source('(program)', program), directory: this.#world.files.directory };
    if ('text' in program) {
      const { text, file = '(program)' } = program;
      return { source: new Source(file, text), directory: file.includes('/') ? directoryOf(file) : this.#world.files.directory };
    }
    const { path, text } = await this.#world.files.readText(program.file);
    return { source: new Source(path, text), directory: directoryOf(path) };
  }

  /** Loads what the program may import from parts of the library that are not there yet; null when that is nothing. */
  #prepare(text: string): Promise<void> | null {
    return this.#platform.library.prepare?.([text, ...this.#world.files.programs()]) ?? null;
  }

  #compile(source: Source): Compiled {
    this.#startTime();
    try {
      return compile(source, false, { checkpoint: () => this.#host.compiling() });
    } catch (error) {
      if (error instanceof Exit) throw this.#stopped;
      const problem = compileProblem(source, error);
      throw problem === null ? error : new MagnoliaError(problem);
    }
  }

  /** A promise that is also settled when the program ends before, or takes too long. */
  #await<T>(start: (done: (value: T) => void, fail: (error: unknown) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#state === 'ended') throw this.#stopped ?? stopped('ended');
      const { timeMs } = this.#options.limits ?? {};
      this.#startTime();
      const waiting: Waiting = { due: this.#deadline, fail: (error) => settle(() => reject(error)) };
      const cancel = timeMs === undefined ? null : this.#platform.clock.timer(timeMs, () => this.#stop(stopped('timeMs')));
      const settle = (tell: () => void): void => {
        cancel?.();
        this.#waiting.delete(waiting);
        tell();
      };
      this.#waiting.add(waiting);
      try {
        start((value) => settle(() => resolve(value)), waiting.fail);
      } catch (error) {
        waiting.fail(error);
      }
    });
  }

  /** Keeps the program alive until `stop` is called, also when it has nothing left to do. */
  #open(): void {
    if (this.#state !== 'new') return;
    this.#state = 'open';
    this.#machine.ref();
    this.#interpreter.run(NOTHING, this.#world.files.directory, ({ status }) => this.#end(this.#stopped ?? exited(status)));
  }

  /** The value is boxed: a promise would take an object with a function `then` for another promise. */
  #evaluated(program: Source | Compiled): Promise<{ readonly value: Value }> {
    return this.#await((done, fail) => {
      this.#open();
      this.#session ??= this.#interpreter.session(this.#world.files.directory);
      this.#session.evaluate(program, (result: Evaluated) => {
        if ('value' in result) done(result);
        else if ('problem' in result) fail(this.#error(result.problem));
        else this.#exit(result.exit);
      });
    });
  }

  async #call(fn: Fn, args: Value[]): Promise<JsValue> {
    const { value: result } = await this.#await<{ readonly value: Value }>((done, fail) => {
      this.#open();
      const thread = this.#machine.spawn(fn, args);
      thread.attended = true;
      thread.onEnd = (value, error) => {
        if (error === null) done({ value });
        else if (error instanceof Exit) this.#exit(error.status);
        else this.#failed(this.#interpreter.problemOf(error, thread.frames, null), fail);
      };
      this.#machine.run();
    });
    return resultOf(this.#functions.value(result));
  }

  /** A call has failed; with a fault, it fails as everything does then. */
  #failed(problem: Problem | null, fail: (error: unknown) => void): void {
    if (problem !== null) fail(this.#error(problem));
  }

  // ---- errors and ends ----

  #error(problem: Problem): MagnoliaError {
    return new MagnoliaError(problem);
  }

  #problem(problem: Problem): void {
    const error = this.#error(problem);
    if (problem.thread === null && this.#state === 'running') {
      this.#mistake = error;
      return;
    }
    this.#problems.push(error);
    const { onProblem } = this.#options;
    if (onProblem === undefined) this.#platform.complain(error.report);
    else void callBack(() => onProblem(error), this.#fault);
  }

  readonly #onAbort = (): void => this.#stop(this.#options.signal?.reason ?? stopped('stop'));

  /** `exit` was called in a call from outside. */
  #exit(status: number): void {
    if (this.#state === 'running') this.#stopped ??= exited(status);
    this.#interpreter.stop(status);
  }

  #stop(reason: unknown): void {
    if (this.#state === 'ended') return;
    this.#stopped ??= reason;
    if (this.#state === 'new' || this.#state === 'finishing') this.#end(reason);
    else this.#interpreter.stop();
  }

  /** Ends the program from within one of its threads. */
  #stopFromInside(reason: StopReason & keyof typeof STOPPED): never {
    this.#stop(stopped(reason));
    throw new Exit(1);
  }

  /** Something that is not the program's has failed: a callback of the embedder, or a builtin. */
  readonly #fault = (error: unknown): void => {
    this.#stop(error ?? new Error(`A callback has thrown ${error}`));
    if (this.#machine.current !== null) throw new Exit(1);
  };

  #tooManyThreads(): void {
    if (this.#machine.current === null) this.#stop(stopped('threads'));
    else this.#stopFromInside('threads');
  }

  #checkAlive(): void {
    if (this.#state === 'ended') throw new Exit(1);
  }

  #startTime(): void {
    this.#deadline = this.#platform.clock.now() + (this.#options.limits?.timeMs ?? Number.POSITIVE_INFINITY);
  }

  /** While source text is compiled, or a value converted, no timer runs. */
  #checkCompiling(): void {
    if (this.#platform.clock.now() > this.#deadline) this.#stop(stopped('timeMs'));
    this.#checkMemory();
    if (this.#stopped !== null) throw new Exit(1);
  }

  /** A single string above the limit is refused before it is made: copying it would take as long as the whole program may. */
  #limitMemory(memoryBytes: number): void {
    this.#memoryAtStart = this.#platform.memoryInUse(false) ?? 0;
    this.#machine.onAllocation = (bytes) => {
      if (bytes > memoryBytes && this.#machine.current !== null) this.#stopFromInside('memoryBytes');
    };
  }

  /** In each turn of the event loop: timers have to wait while many turns are due at once. */
  #checkLimits(): void {
    this.#checkMemory();
    if (this.#options.limits?.timeMs === undefined) return;
    const now = this.#platform.clock.now();
    for (const { due } of this.#waiting) if (now > due) this.#stop(stopped('timeMs'));
  }

  #checkMemory(): void {
    const { memoryBytes } = this.#options.limits ?? {};
    if (memoryBytes === undefined || this.#state === 'ended') return;
    const now = this.#platform.clock.now();
    if (now - this.#memoryChecked < MEMORY_CHECK_MS) return;
    this.#memoryChecked = now;
    const most = this.#memoryAtStart + memoryBytes;
    const withGarbage = this.#platform.memoryInUse(false) ?? 0;
    if (withGarbage <= most || now + withGarbage / COLLECTED_PER_MS > this.#deadline) return; // the time ends first
    if ((this.#platform.memoryInUse(true) ?? 0) <= most) return;
    this.#stop(stopped('memoryBytes'));
  }

  /** The program is over: closes everything that it opened, and rejects the promises that still wait. */
  #end(reason: unknown): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    void callBack(() => this.#options.signal?.removeEventListener('abort', this.#onAbort), this.#fault);
    for (const waiting of [...this.#waiting]) waiting.fail(reason ?? stopped('ended'));
    this.#input.close();
    this.#host.close();
    this.#world.close();
  }
}

/** A program of the runtime itself, which needs no compiling: it may be forbidden. `main` gets `import`. */
function ownProgram(main: (importer: Fn) => Value | Suspended): Compiled {
  const unit: Unit = { base: -1, length: 0, script: '(runtime)', source: () => new Source('(runtime)', ''), calls: () => [] };
  return { factory: (_support, _machine, builtin) => ({ main: () => main(builtin('import') as Fn), variables: {} }), unit };
}

/** Keeps a runtime open for calls. */
const NOTHING = ownProgram(() => null);

function importing(path: string): Compiled {
  return ownProgram((importer) => importer(str(path)));
}

/** A result that a promise can be fulfilled with as it is. */
function resultOf(value: JsValue): JsValue {
  const isThenable = typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
  return isThenable ? new Boxed(value) : value;
}

function outputOf({ output, outputBytes }: RuntimeOptions, platform: Platform): Output {
  if (output !== undefined && outputBytes !== undefined) throw new TypeError('Give either output or outputBytes');
  if (output !== undefined) return { text: output };
  return outputBytes === undefined ? platform.output : { bytes: outputBytes };
}

function stopped(reason: Exclude<StopReason, 'exit'>): StoppedError {
  return new StoppedError(reason, STOPPED[reason]);
}

function exited(status: number): StoppedError {
  return new StoppedError('exit', `The program has ended itself with status ${status}`, status);
}
