/** Loads HTTP when a program first uses it: most programs start faster without it. */
import type { LoadHttp } from '../../builtins/http/backend.ts';

/** The build puts `engine.ts` and all that it imports into a file of its own, dist/http.cjs. */
export const loadHttp: LoadHttp = async () => (await import('./engine.ts')).createEngine();
