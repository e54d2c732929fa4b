/** The HTTP builtins of a runtime that has no network: every call answers with an error value. */
import type { Builtin } from '../registry.ts';
import { refusing } from '../sockets/unavailable.ts';
import { SIGNATURES } from './signatures.ts';

/** The same builtins by name and help; none of them does anything. */
export function unavailableHttp(): Builtin[] {
  return refusing(
    Object.entries(SIGNATURES).map(([name, signature]) => ({ name, group: 'http', run: () => null, ...signature })),
  );
}
