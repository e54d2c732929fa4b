/** The builtins of digests as a page loads them when one is called: with the code of the project, because those of browsers are asynchronous. */
import { digestBuiltins } from '../builtins/digests/builtins.ts';
import { writtenDigests } from '../builtins/digests/written.ts';

export const builtins = digestBuiltins(writtenDigests);
