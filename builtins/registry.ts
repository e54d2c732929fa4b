/**
 * The registry: what a Magnolia program can call without importing anything.
 *
 * A builtin is data: its name, its parameters with their checks, what it does, whether it may suspend the calling thread,
 * which backend it needs, and a line of help. From that table come the functions that programs call, the errors for
 * missing and mistyped arguments, the trailing-callback form, `magnolia help NAME` and the conformance report.
 *
 *     const repeat = builtin({
 *       name: 'repeat', group: 'text', help: 'the text n times',
 *       params: [text('s'), int('n')],
 *       run: (_machine, s, n) => str(s.text.repeat(Number(n))),
 *     });
 *     registry.add([repeat]);
 */
import type { BuiltinFunctions } from '../language/modules.ts';
import { mistake, type ProgramError } from '../language/runtime/errors.ts';
import type { Machine } from '../language/runtime/machine.ts';
import { type Fn, Spread, type Suspended, type Value } from '../language/values/values.ts';

/** One parameter: how an argument is checked and what the builtin's function gets for it. */
export interface Param<T = unknown> {
  readonly name: string;
  /** What is expected, in words for `help`: `string`, `non-negative int`. */
  readonly expected: string;
  /** Returns the argument in the form that `run` takes; undefined for an argument of the wrong type or range. */
  read(value: Value): T | undefined;
  /** The error for a wrong argument; without it that is `Mismatched types in call NAME(V, V)` with all arguments. */
  readonly mistake?: (builtin: string, value: Value) => ProgramError;
  /** The names of the options, if it takes an object of them. */
  readonly options?: readonly string[];
  /** Makes the parameter optional: the value of a missing argument. */
  readonly defaultValue?: Value;
}

export type Group =
  | 'core'
  | 'math'
  | 'text'
  | 'time'
  | 'random'
  | 'channels'
  | 'processes'
  | 'signals'
  | 'files'
  | 'sockets'
  | 'http'
  | 'memory'
  | 'runtime';

/** Whatever the parameters' checks let through, in order; typed by `builtin`. */
// biome-ignore lint/suspicious/noExplicitAny: each run has the types of its own parameters, which builtin() checks
type Run = (machine: Machine, ...args: any[]) => Value | Suspended;

export interface Builtin {
  readonly name: string;
  readonly group: Group;
  /** One line: what it does and returns. */
  readonly help: string;
  readonly params: readonly Param[];
  readonly run: Run;
  /** Collects all further arguments (unchecked) in a list, which is the last thing `run` gets. */
  readonly rest?: boolean;
  /** May suspend the calling thread. */
  readonly suspends?: boolean;
  /** Has the form with a function as the last argument: runs in the background and passes its result to the function. */
  readonly callback?: boolean;
  /** The contract that a runtime has to supply a backend for. */
  readonly backend?: 'files' | 'processes' | 'signals' | 'sockets' | 'http';
  /** The name and the count that the reference's error text has for missing arguments, where they differ from the builtin's own. */
  readonly missing?: string;
  /** Takes any arguments, unchecked and uncounted (`read` of the params is not called); with `rest` as one list. */
  readonly unchecked?: boolean;
  /** For the hottest builtins: the function itself, which does the common calls and hands every other one, as it is, to `general`. */
  readonly direct?: (machine: Machine, general: Fn) => Fn;
}

/** The argument types of `run` for a list of parameters. */
type Checked<P extends readonly Param[]> = { [K in keyof P]: P[K] extends Param<infer T> ? T : never };

/** Describes a builtin; only ties the types of its parameters to those of its function. */
export function builtin<const P extends readonly Param[]>(
  description: Omit<Builtin, 'params' | 'run'> & {
    readonly params: P;
    readonly run: (machine: Machine, ...args: [...Checked<P>, ...Value[][]]) => Value | Suspended;
  },
): Builtin {
  return description as unknown as Builtin; // run is only ever called with what the params' checks gave
}

/** Builtins that are made when the first of them is asked for: most programs name none of them. */
export interface LaterBuiltins {
  readonly names: readonly string[];
  make(): readonly Builtin[];
}

/** The builtins of one program, by name. The option `registry` of a runtime is given it before the program starts. */
export class Registry {
  readonly #builtins = new Map<string, Builtin | LaterBuiltins>();

  /** Adds builtins; a later one takes the place of an earlier one of the same name. */
  add(builtins: Iterable<Builtin>): this {
    for (const one of builtins) this.#builtins.set(one.name, one);
    return this;
  }

  /** The same for builtins that are not made yet. */
  addLater(later: LaterBuiltins): this {
    for (const name of later.names) this.#builtins.set(name, later);
    return this;
  }

  get(name: string): Builtin | undefined {
    const found = this.#builtins.get(name);
    if (found === undefined || !('make' in found)) return found;
    const made = new Map(found.make().map((one) => [one.name, one])); // as in `add`, the last one of a name
    for (const [own, one] of made) if (this.#builtins.get(own) === found) this.#builtins.set(own, one);
    return this.#builtins.get(name) as Builtin; // it makes each of its names
  }

  all(): Builtin[] {
    return [...this.#builtins.keys()].flatMap((name) => this.get(name) ?? []);
  }

  /** The functions that programs of this machine call. */
  functions(machine: Machine): BuiltinFunctions {
    const made = new Map<string, Fn>();
    return {
      keys: () => this.#builtins.keys(),
      get: (name) => {
        const known = made.get(name);
        if (known !== undefined) return known;
        const one = this.get(name);
        if (one === undefined) return undefined;
        const fn = toFunction(one, machine);
        made.set(name, fn);
        return fn;
      },
    };
  }
}

const builtinOf = new WeakMap<Fn, Builtin>();

/** The description behind a function value; undefined when it is not a builtin. */
export function describe(fn: Value): Builtin | undefined {
  return typeof fn === 'function' ? builtinOf.get(fn as Fn) : undefined;
}

function missing(one: Builtin, required: number, got: number): ProgramError {
  return mistake('argument-count', { builtin: one.missing ?? one.name, says: `requires ${required} arguments`, got });
}

function mismatch(one: Builtin, index: number, value: Value, args: ArrayLike<Value>): ProgramError {
  const param = one.params[index] as Param; // the index of one of its parameters
  if (param.mistake !== undefined) return param.mistake(one.name, value);
  const values = one.params.map(({ defaultValue }, i) => args[i] ?? (i < args.length ? null : (defaultValue ?? null)));
  return mistake('argument-types', { builtin: one.name, values });
}

/** The function that programs call: counts, checks, and the trailing-callback form, then `run`. */
function toFunction(one: Builtin, machine: Machine): Fn {
  const { run, params } = one;
  const required = params.filter(({ defaultValue }) => defaultValue === undefined).length;

  const general = (...given: Value[]): Value | Suspended => {
    let args = given;
    const last = args.at(-1) as unknown;
    if (last instanceof Spread) args = [...args.slice(0, -1), ...last.items];
    if (one.unchecked === true) return one.rest === true ? run(machine, args) : run(machine, ...args);
    if (args.length < required) throw missing(one, required, args.length);
    const checked: unknown[] = [];
    for (const [i, param] of params.entries()) {
      const value = i < args.length ? (args[i] ?? null) : (param.defaultValue as Value); // beyond the required ones all have it
      const read = param.read(value);
      if (read === undefined) throw mismatch(one, i, value, args);
      checked.push(read);
    }
    if (one.rest === true) checked.push(args.slice(params.length).map((value) => value ?? null));
    return run(machine, ...checked);
  };

  let fn: Fn = general;
  const [first, second, third] = params as readonly [Param, Param, Param];
  if (one.rest !== true && one.unchecked !== true && required === params.length) {
    // The common shapes, without a list of arguments made for each call.
    if (params.length === 1) {
      fn = function call(a: Value) {
        if (a === undefined || (a as unknown) instanceof Spread) return general(...(arguments as unknown as Value[]));
        const x = first.read(a);
        if (x === undefined) throw mismatch(one, 0, a, [a]);
        return run(machine, x);
      };
    } else if (params.length === 2) {
      fn = function call(a: Value, b: Value) {
        if (a === undefined || b === undefined || (b as unknown) instanceof Spread)
          return general(...(arguments as unknown as Value[]));
        const x = first.read(a);
        if (x === undefined) throw mismatch(one, 0, a, [a, b]);
        const y = second.read(b);
        if (y === undefined) throw mismatch(one, 1, b, [a, b]);
        return run(machine, x, y);
      };
    } else if (params.length === 3) {
      fn = function call(a: Value, b: Value, c: Value) {
        if (a === undefined || b === undefined || c === undefined || (c as unknown) instanceof Spread) {
          return general(...(arguments as unknown as Value[]));
        }
        const x = first.read(a);
        if (x === undefined) throw mismatch(one, 0, a, [a, b, c]);
        const y = second.read(b);
        if (y === undefined) throw mismatch(one, 1, b, [a, b, c]);
        const z = third.read(c);
        if (z === undefined) throw mismatch(one, 2, c, [a, b, c]);
        return run(machine, x, y, z);
      };
    }
  }

  if (one.callback === true) {
    const plain = fn;
    fn = function call() {
      const args = arguments as unknown as Value[]; // passed on as they are: a new list for each call would cost
      const last = args[args.length - 1] as Value | Spread | undefined;
      const final = last instanceof Spread ? last.items.at(-1) : last;
      if (typeof final !== 'function') return plain.apply(null, args);
      const all = last instanceof Spread ? [...Array.from(args).slice(0, -1), ...last.items] : Array.from(args);
      machine.background(plain, all.slice(0, -1), final as Fn);
      return null;
    };
  }
  fn = one.direct?.(machine, fn) ?? fn;
  Object.defineProperty(fn, 'name', { value: one.name });
  builtinOf.set(fn, one);
  return fn;
}

/** A function made for a program, which it sees as `fn NAME { <native fn> }`. */
export function namedFunction(name: string, run: (argument?: Value) => Value | Suspended): Fn {
  const fn = (argument?: Value): Value | Suspended => run(argument);
  Object.defineProperty(fn, 'name', { value: name });
  return fn as Fn;
}
