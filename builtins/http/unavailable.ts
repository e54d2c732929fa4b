/** The HTTP builtins of a runtime that has no network: every call answers with an error value. */
import type { Builtin } from '../registry.ts';
import { NOWHERE, refusing } from '../sockets/unavailable.ts';
import { httpBuiltins } from './builtins.ts';

/** The same builtins by name and help; none of them does anything. */
export function unavailableHttp(): Builtin[] {
  return refusing(httpBuiltins({ backend: NOWHERE, policy: {}, watch: null }, () => Promise.reject(new Error('no network'))));
}
