/** What tools need to know of a builtin to check calls of it. */
import type { Builtin } from './registry.ts';

export interface BuiltinCallable {
  readonly name: string;
  /** The fewest arguments, and the most; null for any number. */
  readonly least: number;
  readonly most: number | null;
  /** The index of the parameter with options, and their names; null if it takes none. */
  readonly options: { readonly index: number; readonly names: readonly string[] } | null;
  /** A call of it is of no use unless something takes the result. */
  readonly resultNeeded: boolean;
}

/** Builtins that change something or may fail on purpose, in groups of those that only compute. */
const EFFECTS: ReadonlySet<string> = new Set(['print', 'println', 'srand']);

/** What a call of a builtin has to look like; null where the builtin itself decides that. */
export function callableOf({ name, group, params, rest, callback, unchecked }: Builtin): BuiltinCallable | null {
  if (unchecked === true) return null;
  const index = params.findIndex(({ options }) => options !== undefined);
  const names = params[index]?.options;
  return {
    name,
    least: params.filter(({ defaultValue }) => defaultValue === undefined).length,
    most: rest === true ? null : params.length + (callback === true ? 1 : 0),
    options: names === undefined ? null : { index, names },
    resultNeeded: (group === 'core' || group === 'math' || group === 'text') && !EFFECTS.has(name) && !name.startsWith('__'),
  };
}
