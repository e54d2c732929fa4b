/**
 * Everything that the command can do besides running a program in this process. The build puts this file and all that it imports into a
 * bundle of its own, which is loaded when it is needed. That bundle has its own copy of the language, so only plain data and functions
 * cross the border.
 */
import type { Command, Settings } from './arguments.ts';
import type { OwnName } from './commands.ts';
import { complain, writeError } from './screen.ts';
import type { WorkerOptions } from './workers/options.ts';

/** Runs a command with the words behind its name; returns the exit status. */
type RunCommand = (words: readonly string[], settings: Settings) => Promise<number>;

/** How the commands that read their own arguments are loaded. */
const OWN: { readonly [name in OwnName]: () => Promise<RunCommand> } = {
  build: async () => (await import('./build.ts')).buildProgram,
  check: async () => (await import('./check.ts')).checkFiles,
  completions: async () => (await import('./completions.ts')).printCompletions,
  emit: async () => (await import('./emit.ts')).emitFile,
  fmt: async () => (await import('./fmt.ts')).formatFiles,
  gateway: async () => (await import('./gateway.ts')).serveGateway,
  lsp: async () => (await import('./lsp.ts')).serveEditor,
  test: async () => (await import('./test.ts')).runTests,
};

/** Runs the program of this command line in workers; resolves with the exit status. */
export async function runInWorkers(options: WorkerOptions, metrics: string | null): Promise<number> {
  return await (await import('./workers/primary.ts')).runWorkers(options, metrics);
}

/** Does what was asked for; returns the exit status. */
export async function obeyOther(command: Exclude<Command, { kind: 'run' }>, settings: Settings): Promise<number> {
  switch (command.kind) {
    case 'watch':
      return await (await import('./run-watched.ts')).runWatched(command.file, command.words, settings);
    case 'eval':
      return await (await import('./eval.ts')).evaluate(command.program, settings);
    case 'cert':
      return await (await import('./cert.ts')).makeCertificateFiles(command.args);
    case 'repl':
      return await (await import('./repl.ts')).startRepl(settings);
    case 'help':
      return await (await import('./help.ts')).help(command.topic, settings);
    case 'version':
      return (await import('./help.ts')).version();
    case 'own':
      return await (await OWN[command.name]())(command.words, settings);
    case 'wrong':
      complain(command.message);
      writeError('Try `magnolia help`.\n');
      return 2;
  }
}
