/** Loads HTTP when a program first uses it: most programs start faster without it. */
import type { LoadHttp } from '../../builtins/http/backend.ts';

/** The build puts `node-http.ts` and all that it imports into its own file. */
export const loadHttp: LoadHttp = async () => (await import('./node-http.ts')).createEngine();
