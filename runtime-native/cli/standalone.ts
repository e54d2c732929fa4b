/** What `magnolia build --target node` puts in front of a program: `node OUT ARG...` is `magnolia FILE ARG...`. */
import { type BuiltProgram, builtLibrary } from '../../embedding/built.ts';
import { defaultsForProcessOne } from '../signals.ts';
import { bug } from './bug.ts';
import { NO_SETTINGS } from './no-settings.ts';
import { commandWorld } from './world.ts';

/** Runs a program with the arguments of this process, and ends the process with its status. */
export function start(program: BuiltProgram): void {
  process.on('uncaughtException', bug);
  if (process.pid === 1) defaultsForProcessOne((status) => process.exit(status));
  const { world } = commandWorld(NO_SETTINGS, process.argv.slice(1), { library: builtLibrary(program) });
  const { compiled, directory } = world.addBuilt(program);
  world.interpreter.run(compiled, directory, ({ status }) => world.finish(() => process.exit(status)));
}
