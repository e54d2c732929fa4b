/** `magnolia eval PROGRAM`: runs a program from the command line and prints its value. */
import { display, toText } from '../../language/runtime/render.ts';
import { Source } from '../../language/syntax/source.ts';
import { isObject } from '../../language/values/values.ts';
import type { Settings } from './arguments.ts';
import { commandWorld } from './world.ts';

/** Runs the program and prints what its last expression gave, as `string` shows it, but a module as the prompt does; returns the exit status. */
export async function evaluate(program: string, settings: Settings): Promise<number> {
  const { world, host } = commandWorld(settings, []);
  return await new Promise((done) => {
    world.interpreter.run(new Source('(eval)', program), process.cwd(), ({ status, value }) => {
      if (status === 0) host.write(`${isObject(value) ? display(value) : toText(value)}\n`);
      host.flush();
      world.finish(() => done(status));
    });
  });
}
