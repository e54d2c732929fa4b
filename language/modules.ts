/** `import`: finds modules, runs each once, and returns its variables as an object. */

import { type Compiled, compile, type Instance } from './runtime/compile.ts';
import { mistake } from './runtime/errors.ts';
import { helpers } from './runtime/helpers.ts';
import type { Machine, Resume, Thread } from './runtime/machine.ts';
import { ParseError } from './syntax/parse-error.ts';
import type { Source } from './syntax/source.ts';
import { type Fn, HIDDEN, type HiddenKeys, Obj, Str, SUSPENDED, type Suspended, type Value } from './values/values.ts';

/** A module that `import` found. */
export interface FoundModule {
  /** The same for every spelling of the same module; modules are cached by it. */
  readonly key: string;
  /** Where its own imports are looked for. */
  readonly directory: string;
  /** Whether it belongs to the standard library. */
  readonly library: boolean;
  /** Its text, or its code if that was compiled before. */
  load(): Source | Compiled;
}

/** Where a runtime looks for modules. */
export interface ModuleFinder {
  /**
   * The module that `import(path)` in a file of `directory` means; null when there is none. `path` is byte text. Modules of the
   * standard library (`fromLibrary`) also find its inner modules.
   */
  find(path: string, directory: string, fromLibrary?: boolean): FoundModule | null;
}

/** The builtins of a program: a function is made when it is asked for. */
export interface BuiltinFunctions {
  /** The names of all of them. */
  keys(): Iterable<string>;
  get(name: string): Fn | undefined;
}

/** Where code comes from: it decides what `import` finds and which builtins there are. */
type Origin = Pick<FoundModule, 'directory' | 'library'>;

/** Whether a builtin is for the standard library only: two underscores begin its name (three those of the reference's `___runtime_mem`). */
export function isPrivate(name: string): boolean {
  return /^__(?!_)/.test(name);
}

interface Module {
  readonly object: Obj;
  loading: boolean;
  /** The thread that ran it ended with an error. */
  failed: boolean;
  /** The thread that runs it first. */
  readonly loader: Thread | null;
  readonly waiting: Thread[];
}

/** The modules of one program. */
export class Modules {
  readonly #machine: Machine;
  readonly #finder: ModuleFinder;
  readonly #builtins: BuiltinFunctions;
  /** What programs see of the builtins. */
  readonly #names: readonly string[];
  /** What module objects inherit: the builtins. Made for the first of them. */
  #prototype: Obj | null = null;
  readonly #modules = new Map<string, Module>();
  /** Everything that was compiled lives as long as its program: units.ts holds it weakly. */
  readonly #held: Compiled[] = [];

  constructor(machine: Machine, finder: ModuleFinder, builtins: BuiltinFunctions) {
    this.#machine = machine;
    this.#finder = finder;
    this.#builtins = builtins;
    this.#names = [...builtins.keys(), 'import'].filter((name) => !isPrivate(name));
  }

  /** The names of all builtins that programs see, `import` included. */
  builtinNames(): readonly string[] {
    return this.#names;
  }

  /** A builtin that programs see, other than `import`. */
  builtin(name: string): Fn | undefined {
    return isPrivate(name) ? undefined : this.#builtins.get(name);
  }

  /** Sets up compiled code of a program whose imports are looked for in `directory`. */
  instantiate(compiled: Compiled, directory: string, session: Obj | null = null): Instance {
    return this.#instantiate(compiled, this.#lookup({ directory, library: false }), session);
  }

  #instantiate(compiled: Compiled, builtin: (name: string) => Fn | undefined, session: Obj | null): Instance {
    this.#held.push(compiled);
    return compiled.factory(helpers, this.#machine, builtin, session);
  }

  /** Finds the builtins of code from `origin`: each module has its own `import`. */
  #lookup(origin: Origin): (name: string) => Fn | undefined {
    const importHere = this.#importFrom(origin);
    return (name) => {
      if (name === 'import') return importHere;
      return origin.library ? this.#builtins.get(name) : this.builtin(name);
    };
  }

  /** Forgets the modules that a thread was still running when it ended with an error: another import runs them again. */
  abandon(thread: Thread): void {
    for (const [key, module] of this.#modules) {
      if (!module.loading || module.loader !== thread) continue;
      this.#modules.delete(key);
      module.failed = true;
      for (const one of module.waiting) this.#machine.wake(one, module.object);
    }
  }

  #importFrom(origin: Origin): Fn {
    const fn = (...args: (Value | undefined)[]): Value | Suspended => {
      if (args.length === 0) throw mistake('argument-count', { builtin: 'import', says: 'requires 1 arguments', got: 0 });
      const [path = null] = args;
      if (!(path instanceof Str)) throw mistake('argument', { says: 'path to import() must be a string, got', value: path });
      return this.#import(path.text, origin);
    };
    Object.defineProperty(fn, 'name', { value: 'import' });
    return fn;
  }

  #import(path: string, origin: Origin): Value | Suspended {
    const found = this.#finder.find(path, origin.directory, origin.library);
    if (found === null) throw mistake('unknown-import', { path });
    const known = this.#modules.get(found.key);
    if (known !== undefined) return this.#wait(known, path, origin);

    const compiled = this.#load(path, found);
    const instance = this.#instance(compiled, found);
    const module: Module = { object: instance.object, loading: true, failed: false, loader: this.#machine.current, waiting: [] };
    this.#modules.set(found.key, module);
    const result = instance.main();
    if (result === SUSPENDED) return this.#machine.save(finish, 0, [this.#machine, module]);
    return finish(0, [this.#machine, module], null);
  }

  #load(path: string, found: FoundModule): Compiled {
    const loaded = found.load();
    if ('factory' in loaded) return loaded;
    try {
      return compile(loaded, false, { checkpoint: () => this.#machine.host.compiling?.() });
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      throw mistake('import-syntax', { path, library: found.library, source: loaded, error });
    }
  }

  #instance(compiled: Compiled, origin: Origin): { main: Fn; object: Obj } {
    const builtin = this.#lookup(origin);
    const { main, variables } = this.#instantiate(compiled, builtin, null);
    this.#prototype ??= builtinsPrototype(this.#names, this.#builtins);
    return { main, object: moduleObject(variables, builtin, this.#prototype, this.#names, origin.library) };
  }

  /** A module that another thread is still running is waited for; one that imports itself in a circle is given as far as it is. */
  #wait(module: Module, path: string, origin: Origin): Value | Suspended {
    const { current } = this.#machine;
    if (!module.loading || module.loader === current || this.#waitsFor(module.loader, current)) return module.object;
    module.waiting.push(this.#machine.block('internal'));
    return this.#machine.save(this.#afterWait, 0, [module, path, origin]);
  }

  /** Goes on when another thread has run a module, or has failed to: then this one tries it. */
  readonly #afterWait: Resume = (_pc, slots) => {
    const [module, path, origin] = slots as [Module, string, Origin]; // saved so by #wait
    return module.failed ? this.#import(path, origin) : module.object;
  };

  #waitsFor(thread: Thread | null, other: Thread | null): boolean {
    for (const { loading, loader, waiting } of this.#modules.values()) {
      if (!loading || thread === null || !waiting.includes(thread)) continue;
      if (loader === other || this.#waitsFor(loader, other)) return true;
    }
    return false;
  }
}

/** Goes on when the body of a module has run. */
function finish(_pc: number, slots: readonly unknown[], _value: Value): Value {
  const [machine, module] = slots as [Machine, Module]; // saved so by #import
  module.loading = false;
  for (const thread of module.waiting.splice(0)) machine.wake(thread, module.object);
  return module.object;
}

/** Accessors for builtins, which are found through module objects as well. What is assigned to one is a key of that object. */
function builtinsPrototype(names: readonly string[], builtins: BuiltinFunctions): Obj {
  const prototype = Object.create(Obj.prototype) as Obj;
  for (const name of names) defineBuiltin(prototype, name, () => builtins.get(name));
  return prototype;
}

function defineBuiltin(prototype: Obj, name: string, get: () => Fn | undefined): void {
  Object.defineProperty(prototype, name, {
    get,
    set(this: Obj, value: Value) {
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    },
  });
}

/**
 * The object that `import` returns: an accessor on its own prototype for each variable of the module, so that reading one is
 * as fast as reading a key; what others add to it are plain keys.
 */
function moduleObject(
  variables: Instance['variables'],
  builtin: (name: string) => Fn | undefined,
  inherited: Obj,
  builtins: readonly string[],
  library: boolean,
): Obj {
  const names = Object.keys(variables).filter((name) => !(library && isPrivate(name)));
  const prototype = Object.create(inherited) as Obj;
  if (!Object.hasOwn(variables, 'import')) defineBuiltin(prototype, 'import', () => builtin('import')); // each module has its own
  for (const name of names) Object.defineProperty(prototype, name, Object.getOwnPropertyDescriptor(variables, name) ?? {});
  const hidden: HiddenKeys = {
    list: () => [...names.filter((name) => variables[name] !== undefined), ...builtins.filter((name) => !names.includes(name))],
    remove(name) {
      if (Object.hasOwn(variables, name)) variables[name] = undefined;
    },
  };
  Object.defineProperty(prototype, HIDDEN, { value: hidden });
  return Object.create(prototype) as Obj;
}
