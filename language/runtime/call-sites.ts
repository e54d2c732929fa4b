/** Where the calls are in the JavaScript of a unit. */
import { CALL_FIELDS } from '../compiler/call-fields.ts';
import type { Unit } from './units.ts';

/** The call on a line of a unit's JavaScript: its global position, and whether it is a tail call. */
export function callOnLine(unit: Unit, line: number): { readonly at: number; readonly tail: boolean } | undefined {
  const calls = unit.calls();
  for (let i = 0; i < calls.length; i += CALL_FIELDS) {
    if (calls[i] === line) return { at: calls[i + 1] as number, tail: calls[i + 2] === 0 }; // CALL_FIELDS numbers for each
  }
  return undefined;
}

/** The global positions of the calls that are the `site`th of their functions. */
export function callsOfSite(unit: Unit, site: number): number[] {
  const calls = unit.calls();
  const found: number[] = [];
  for (let i = 0; i < calls.length; i += CALL_FIELDS) if (calls[i + 2] === site) found.push(calls[i + 1] as number); // as above
  return found;
}
