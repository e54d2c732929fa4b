/** The programs that a runtime was given as code rather than as files. */

import type { FoundModule, ModuleFinder } from '../language/modules.ts';
import type { Compiled } from '../language/runtime/compile.ts';
import { type BuiltProgram, builtFinder, builtMain } from './built.ts';

/** Programs that an embedder loads: each is imported once, by a path that no file has. */
export class LoadedPrograms implements ModuleFinder {
  readonly #others: ModuleFinder;
  readonly #programs = new Map<string, FoundModule>();
  readonly #built = new Map<string, ModuleFinder>();
  #count = 0;

  constructor(others: ModuleFinder) {
    this.#others = others;
  }

  /** Takes a program in; returns the path to import it by. */
  add(compiled: Compiled, directory: string): string {
    const path = `\0program ${this.#count++}`;
    this.#programs.set(path, { key: path, directory, library: false, load: () => compiled });
    return path;
  }

  /** Takes in a program that was compiled before, with all that it imports. */
  addBuilt(built: BuiltProgram): { readonly compiled: Compiled; readonly directory: string } {
    const root = `\0built ${this.#count++}`;
    const main = builtMain(built, root);
    this.#built.set(root, builtFinder(built, root));
    return main;
  }

  find(path: string, directory: string, fromLibrary?: boolean): FoundModule | null {
    const built = this.#built.get(directory.slice(0, Math.max(0, directory.indexOf('/'))));
    if (built !== undefined && !this.#programs.has(path)) return built.find(path, directory, fromLibrary);
    const program = this.#programs.get(path);
    if (program === undefined) return this.#others.find(path, directory, fromLibrary);
    this.#programs.delete(path);
    return program;
  }
}
