import { complain, writeError } from './screen.ts';

/** An error that is not a program's: a bug of ours. One line for users, everything for those who look for it. */
export function bug(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  complain(`internal error: ${message}`);
  if (process.env.MAGNOLIA_DEBUG === '1') writeError(`${error instanceof Error ? error.stack : ''}\n`);
  else writeError('This is a bug in magnolia. MAGNOLIA_DEBUG=1 shows where it happened.\n');
  process.exit(1);
}
