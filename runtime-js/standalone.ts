/** What `magnolia build` puts in front of a program for browsers. */
import { type BuiltProgram, builtLibrary } from '../embedding/built.ts';
import type { RuntimeOptions } from '../embedding/options.ts';
import { type Ended, Runtime } from '../embedding/runtime.ts';
import { browserPlatform } from './platform.ts';

/** Returns the function `run` of a built module: a new runtime each time, with the options of `createRuntime`. */
export function runner(program: BuiltProgram): (options?: RuntimeOptions) => Promise<Ended> {
  const platform = { ...browserPlatform, library: builtLibrary(program) };
  return (options = {}) => new Runtime(options, platform).run(program);
}

/** Runs the program of a page: output and errors are text in it. */
export function page(program: BuiltProgram): void {
  const show = (text: string, name: string): void => {
    const piece = document.createElement('span');
    piece.className = name;
    piece.textContent = text;
    document.querySelector('main')?.append(piece);
  };
  const output = (text: string): void => show(text, 'output');
  const failed = (error: unknown): void =>
    show(error instanceof Error && 'report' in error ? String(error.report) : String(error), 'error');
  void runner(program)({ output, onProblem: failed }).catch(failed);
}
