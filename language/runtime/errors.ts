import type { Expr } from '../syntax/ast.ts';

/**
 * A mistake in the program. Ends the running thread and is shown with its source line; the language cannot catch it.
 *
 * `reason` is byte text. `at` is the global position (`Units` in units.ts) of what the reference points at, or null when the
 * call site on the stack tells it: a builtin does not know where it was called. A reason that quotes the program's own text
 * (the target of an assignment, say) is a function, because finding that text means parsing the source once more.
 */
export class ProgramError extends Error {
  override name = 'ProgramError';
  at: number | null;
  readonly reasonOf: string | ((quote: Quote) => string);

  constructor(reason: string | ((quote: Quote) => string), at: number | null = null) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = Number.POSITIVE_INFINITY; // the Magnolia stack is read off the native one
    super('a mistake in the program');
    Error.stackTraceLimit = limit;
    this.reasonOf = reason;
    this.at = at;
  }
}

/** What JavaScript's own error means for a program that has run into a limit of its; null for any other error. */
export function limitReason(error: unknown): string | null {
  if (!(error instanceof RangeError)) return null;
  if (/string length/i.test(error.message)) return 'String too long: JavaScript strings hold at most half a gigabyte';
  return /call stack/i.test(error.message) ? 'A value is nested too deeply' : 'Too large for the memory of this process';
}

/**
 * The error of an operator or builtin that has run into such a limit, as a mistake at a place (null: the call on the stack); any other
 * error as it is.
 */
export function limitAt(error: unknown, at: number | null): unknown {
  const reason = limitReason(error);
  return reason === null ? error : new ProgramError(reason, at);
}

/** Gives parts of the expression that stands at a position as the text of its syntax tree. */
export interface Quote {
  /** The target of the assignment at this position. */
  target(at: number): string;
  /** The right side of the assignment at this position. */
  value(at: number): string;
  /** The expression at this position; of this kind, if one is given. */
  node(at: number, kind?: Expr['kind']): string;
  /** What is wrong with the element of this number in the pattern of the destructuring at this position. */
  badElement(at: number, index: number): string;
  /** The name of the class whose `cs` stands at this position. */
  className(at: number): string;
}
