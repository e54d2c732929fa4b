/** In place of compile.ts, in bundles that run only what was compiled before: they contain no compiler. */
import { mistake } from './errors.ts';

/** Throws: a text cannot be run here. */
export function compile(): never {
  throw mistake('code-generation', {});
}
