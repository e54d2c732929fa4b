import { atom, failure, Obj, str, type Value } from '../language/values/values.ts';
import type { Builtin } from './registry.ts';

const DATA = atom('data');
const END = atom('end');

/** `{type: :data, data: value}` */
export function dataResult(value: Value): Obj {
  const made = new Obj();
  made.type = DATA;
  made.data = value;
  return made;
}

/** `{type: :data, data: 'bytes'}` */
export function textResult(bytes: string): Obj {
  return dataResult(str(bytes));
}

/** `{type: :end}` */
export function endResult(): Obj {
  const made = new Obj();
  made.type = END;
  return made;
}

/** `{type: :error, error: text, code}` */
export function codedFailure(text: string, code: string): Obj {
  const made = failure(text);
  made.code = atom(code);
  return made;
}

/**
 * The same builtins for a runtime that cannot do what they are for: each exists, checks nothing, and answers a structured
 * error that names it. `why` goes on from there.
 */
export function unavailable(builtins: readonly Builtin[], why = ''): Builtin[] {
  return builtins.map((one) => ({
    ...one,
    unchecked: true,
    run: () => failure(`${one.name}() unavailable in this runtime${why}`),
  }));
}
