/**
 * The world of one program, put together: its host, its builtins, the modules that it may import, and the interpreter that runs it.
 *
 * Everything that runs programs begins here: the command, a page, an embedder. What a program may use is decided by grants.ts, and
 * which builtins there are by families.ts.
 */

import { Registry } from '../builtins/registry.ts';
import type { Problem } from '../language/diagnostics/problem.ts';
import { Interpreter } from '../language/interpreter.ts';
import type { Compiled } from '../language/runtime/compile.ts';
import type { Host } from '../language/runtime/host.ts';
import type { Thread } from '../language/runtime/machine.ts';
import { seededRandom } from '../language/runtime/seeded-random.ts';
import type { BuiltProgram } from './built.ts';
import { type Family, programFamilies } from './families.ts';
import { type GrantedFiles, type GrantedNetwork, type Grants, grantedFiles, grantedNetwork } from './grants.ts';
import { LoadedPrograms } from './loaded-programs.ts';
import { libraryFirst } from './modules.ts';
import type { RuntimeOptions } from './options.ts';

/** Picks a thread by chance; its numbers are others than those of `rand`, so that a call of it changes no order. */
function picker(seed: number): (count: number) => number {
  const random = seededRandom(seed ^ 0x5bd1e995);
  return (count) => Math.floor(random() * count);
}

/** What a world is made of. */
export interface WorldSetup extends Omit<Grants, 'files' | 'network' | 'options'> {
  readonly options: Grants['options'] & Pick<RuntimeOptions, 'fuel' | 'registry'>;
  readonly host: Host;
  /** Receives every error that ended a thread, and deadlocks. */
  readonly onProblem: (problem: Problem) => void;
  /** Receives what a callback of the embedder or a builtin has thrown; without it such errors are thrown on. */
  readonly onFault?: (error: unknown) => void;
  /** Called with each thread when it is started. */
  readonly onThread?: (thread: Thread) => void;
}

export class World {
  readonly interpreter: Interpreter;
  /** All builtins of the program. */
  readonly registry = new Registry();
  readonly files: GrantedFiles;
  readonly #network: GrantedNetwork;
  readonly #families: readonly Family[];
  readonly #programs: LoadedPrograms;

  constructor({ options, host, onProblem, onFault, onThread, ...rest }: WorldSetup) {
    const { platform } = rest;
    this.files = grantedFiles(options, platform);
    this.#network = grantedNetwork(options, platform, this.files, onFault);
    this.#families = programFamilies({ ...rest, options, files: this.files, network: this.#network });
    for (const { builtins } of this.#families) {
      if ('make' in builtins) this.registry.addLater(builtins);
      else this.registry.add(builtins);
    }
    options.registry?.(this.registry);
    this.#programs = new LoadedPrograms(libraryFirst(platform.library, options.modules ?? this.files.modules));
    this.interpreter = new Interpreter({
      host,
      builtins: (machine) => this.registry.functions(machine),
      finder: this.#programs,
      library: platform.library.known,
      onProblem,
      onFault,
      onThread,
      fuel: options.fuel ?? platform.fuel,
    });
    if (options.seed !== undefined) this.interpreter.machine.pick = picker(options.seed);
  }

  /** Takes a compiled program in; returns the path by which it can be imported, once. */
  add(compiled: Compiled, directory: string): string {
    return this.#programs.add(compiled, directory);
  }

  /** Takes in a program of `magnolia build`; returns its code, and the directory to run it in. */
  addBuilt(program: BuiltProgram): { readonly compiled: Compiled; readonly directory: string } {
    return this.#programs.addBuilt(program);
  }

  /** Calls `done` when what the program has sent is with the system; the process may end then. */
  finish(done: () => void): void {
    this.#network.finish(done);
  }

  /** Closes what the program has left open. */
  close(): void {
    for (const family of this.#families) family.close?.();
    this.#network.close();
    this.files.close();
  }
}
