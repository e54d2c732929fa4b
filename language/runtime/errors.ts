import { MAX_ITEMS } from '../values/values.ts';
import { type Facts, type Mistake, type MistakeCode, wording } from './mistakes.ts';

/**
 * A mistake in the program. Ends the running thread and is shown with its source line; the language cannot catch it.
 *
 * `at` is the global position (`Units` in units.ts) of what the reference points at, or null when the call site on the stack
 * tells it: a builtin does not know where it was called.
 */
export class ProgramError extends Error {
  override name = 'ProgramError';
  at: number | null;
  readonly mistake: Mistake;

  constructor(mistake: Mistake, at: number | null) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = Number.POSITIVE_INFINITY; // the Magnolia stack is read off the native one
    super('a mistake in the program');
    Error.stackTraceLimit = limit;
    this.mistake = mistake;
    this.at = at;
  }

  /** The wording, as byte text, without what it quotes of the program's source. */
  get reason(): string {
    return wording(this.mistake);
  }
}

/** The error for a mistake of this kind with these facts; without `at` the place is that of the call. */
export function mistake<C extends MistakeCode>(code: C, facts: Facts[C], at: number | null = null): ProgramError {
  return new ProgramError({ code, facts } as Mistake, at); // code and facts are of the same kind
}

/** The error of a list to which an item was appended that it cannot have; that item is taken away again. */
export function tooManyItems(list: unknown[], at: number): never {
  list.pop();
  throw mistake('too-large', { says: `Too many items: a list holds at most ${MAX_ITEMS}` }, at);
}

/** What JavaScript's own error means for a program that has run into one of its limits; null for any other error. */
export function limitMistake(error: unknown): Mistake | null {
  if (!(error instanceof RangeError)) return null;
  if (/call stack/i.test(error.message)) return { code: 'too-deep', facts: {} };
  const says = /string length/i.test(error.message)
    ? 'String too long: JavaScript strings hold at most half a gigabyte'
    : 'Too large for the memory of this process';
  return { code: 'too-large', facts: { says } };
}

/**
 * The error of an operator or builtin that has run into such a limit, as a mistake at a place (null: the call on the stack); any other
 * error as it is.
 */
export function limitAt(error: unknown, at: number | null): unknown {
  const limit = limitMistake(error);
  return limit === null ? error : new ProgramError(limit, at);
}
