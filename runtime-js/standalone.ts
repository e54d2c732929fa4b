/** What `magnolia build` puts in front of a program for browsers. */
import { memoryNetwork } from '../builtins/sockets/memory-network.ts';
import { type BuiltProgram, builtLibrary } from '../embedding/built.ts';
import type { RuntimeOptions } from '../embedding/options.ts';
import { type Ended, Runtime } from '../embedding/runtime.ts';
import { browserPlatform } from './platform.ts';

/** Returns the function `run` of a built module: a new runtime each time, with the options of `createRuntime`. */
export function runner(program: BuiltProgram): (options?: RuntimeOptions) => Promise<Ended> {
  const platform = { ...browserPlatform, library: builtLibrary(program) };
  return (options = {}) => new Runtime(options, platform).run(program);
}

/** What is typed into a dialog, line by line. */
async function* typed(): AsyncGenerator<string> {
  for (let line = prompt('Input'); line !== null; line = prompt('Input')) yield `${line}\n`;
}

/** Runs the program of a page: output and errors are text in it, and `input` asks for a line. */
export function page(program: BuiltProgram, network: 'none' | 'memory' = 'none'): void {
  const show = (text: string, name: string): void => {
    const piece = document.createElement('span');
    piece.className = name;
    piece.textContent = text;
    document.querySelector('main')?.append(piece);
  };
  const output = (text: string): void => show(text, 'output');
  const failed = (error: unknown): void =>
    show(error instanceof Error && 'report' in error ? String(error.report) : String(error), 'error');
  const options = { output, onProblem: failed, input: typed(), files: {} };
  void runner(program)(network === 'none' ? options : { ...options, network: memoryNetwork() }).catch(failed);
}
