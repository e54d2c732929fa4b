/**
 * The `magnolia` command. Running a program is what start-up time counts for, so everything else is loaded when asked for.
 *
 * Exit status: the program's own, 1 for errors, 2 when the command was called in a wrong way.
 */
import { existsSync } from 'node:fs';
import { defaultsForProcessOne } from '../signals.ts';
import { type Asked, readArguments, type Settings } from './arguments.ts';
import { bug } from './bug.ts';
import { OWN_COMMANDS } from './commands.ts';
import { runProgram } from './run.ts';
import { complain, writeError } from './screen.ts';

/** Does what was asked for; returns the exit status. */
async function obey({ command, settings }: Asked): Promise<number> {
  switch (command.kind) {
    case 'run':
      return await runProgram(command.file, command.args, settings);
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
      return await runOwn(command.name, command.words, settings);
    case 'wrong':
      complain(command.message);
      writeError('Try `magnolia help`.\n');
      return 2;
  }
}

async function runOwn(name: string, words: readonly string[], settings: Settings): Promise<number> {
  const run = await OWN_COMMANDS[name]?.load();
  return run === undefined ? 2 : await run(words, settings);
}

process.on('uncaughtException', bug);
if (process.pid === 1) defaultsForProcessOne((status) => process.exit(status));
const asked = readArguments(process.argv.slice(2), {
  env: process.env,
  inputIsTerminal: () => process.stdin.isTTY === true, // opens it, so only when it matters
  exists: existsSync,
  isFolder: (path) => existsSync(`${path}/`),
});
obey(asked).then((status) => process.exit(status), bug);
