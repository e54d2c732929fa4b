/** `magnolia FILE`: runs a program to its end. */
import { dirname, resolve } from 'node:path';
import { fileModules } from '../modules.ts';
import type { Settings } from './arguments.ts';
import type { KeptPrograms } from './kept-programs.ts';
import { ProgramMetrics } from './program-metrics.ts';
import { complain } from './screen.ts';
import { readSource } from './sources.ts';
import { commandWorld } from './world.ts';

/** Runs the program in a file, or from standard input when that is `-`; returns its exit status. */
export async function runProgram(
  file: string,
  args: readonly string[],
  settings: Settings,
  kept: KeptPrograms | null,
): Promise<number> {
  const reading = await readSource(file);
  if (reading.kind === 'failed') {
    complain(reading.message);
    return 1;
  }
  const metrics = settings.metrics === null ? null : new ProgramMetrics(settings.metrics);
  const { world } = commandWorld(settings, file === '-' && args.length === 0 ? [] : [file, ...args], {
    ...(metrics === null ? {} : { watch: metrics.watch }),
    ...(kept === null ? {} : { modules: kept.modules(fileModules) }),
  });
  if (metrics !== null && !(await metrics.start(world.interpreter.machine))) return 1;
  const directory = file === '-' ? process.cwd() : dirname(resolve(file));
  const program = file === '-' || kept === null ? reading.source : kept.program(reading.source);
  return await new Promise((done) => {
    world.interpreter.run(program, directory, ({ status }) => world.finish(() => done(status)));
  });
}
