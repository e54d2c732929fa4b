/**
 * The `magnolia` command. Running a program is what start-up time counts for, so everything else is loaded when asked for.
 *
 * Exit status: the program's own, 1 for errors, 2 when the command was called in a wrong way.
 */
import { existsSync } from 'node:fs';
import { defaultsForProcessOne } from '../signals.ts';
import { workerIdentity } from '../worker.ts';
import { type Asked, readArguments } from './arguments.ts';
import { bug } from './bug.ts';
import { type Keeper, KeptPrograms } from './kept-programs.ts';
import { runProgram } from './run.ts';

/** Does what was asked for; returns the exit status. */
async function obey({ command, settings }: Asked, keeper: Keeper | null): Promise<number> {
  if (command.kind !== 'run') return await (await import('./other-commands.ts')).obeyOther(command, settings);
  const { workers, metrics } = settings;
  if (workers === null || workerIdentity !== null) {
    return await runProgram(command.file, command.args, settings, keeper === null ? null : new KeptPrograms(keeper));
  }
  return await (await import('./other-commands.ts')).runInWorkers(workers, metrics);
}

/** Reads the command line and does what it says. The launcher calls this; without a keeper, programs are compiled each time. */
export function main(keeper: Keeper | null = null): void {
  process.on('uncaughtException', bug);
  if (process.pid === 1) defaultsForProcessOne((status) => process.exit(status));
  const asked = readArguments(process.argv.slice(2), {
    env: process.env,
    inputIsTerminal: () => process.stdin.isTTY === true, // opens it, so only when it matters
    exists: existsSync,
    isFolder: (path) => existsSync(`${path}/`),
  });
  obey(asked, keeper).then((status) => process.exit(status), bug);
}
