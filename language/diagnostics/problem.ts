/** What went wrong in a program, as data: everything a person needs to be shown, independent of how. */
import type { MistakeCode } from '../runtime/mistakes.ts';
import type { Source } from '../syntax/source.ts';

/**
 * A function that was running, innermost first; `name` is '' for an anonymous one, null for the top level of a program or module.
 * The place is that of its `fn` or `cs` keyword, or of the call that the top level was making.
 */
export interface TraceEntry {
  readonly name: string | null;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The bracket of the call that it runs for; null where that is not known. */
  readonly calledAt: Place | null;
  /** It did not run for that call itself: functions in between have ended in tail calls. */
  readonly tailCalls: boolean;
}

/** A place as people read it. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What kind of problem it is, for programs: the text is not a program, or one of the mistakes of a running program. */
export type ProblemCode = 'syntax' | MistakeCode;

export interface Problem {
  readonly kind: 'parse' | 'runtime';
  readonly code: ProblemCode;
  /** Byte text. */
  readonly reason: string;
  /** Where; null when it is not known. Offsets in code points into `source`; `at` lies within `start` to `end`. */
  readonly place: { readonly source: Source; readonly at: number; readonly start: number; readonly end: number } | null;
  /** A sentence that may help, or null. */
  readonly hint: string | null;
  /** A second place that explains the first: where an unclosed bracket was opened. */
  readonly related: { readonly at: number; readonly note: string } | null;
  /** For a module that is not a program: the call that imports it. */
  readonly importedAt: Place | null;
  readonly trace: readonly TraceEntry[];
  /** How many entries in the middle of a very deep trace are left out of it. */
  readonly omitted: number;
  /** A heading before the reason, for an error in a thread or a callback; null in the main program. */
  readonly thread: string | null;
  /** What a function of the embedder has thrown. */
  readonly cause?: unknown;
}
