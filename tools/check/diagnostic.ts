/** What `magnolia check`, editors and the playground show: a mistake of syntax, or something that is probably not meant. */

export type WarningCode =
  | 'undefined-name'
  | 'unknown-member'
  | 'unknown-import'
  | 'argument-count'
  | 'unknown-option'
  | 'unused-value'
  | 'unused-result'
  | 'condition'
  | 'unused-name'
  | 'unreachable-arm'
  | 'shadowed-builtin';

export interface Diagnostic {
  readonly code: 'syntax' | WarningCode;
  readonly severity: 'error' | 'warning';
  /** A sentence, as ordinary text. */
  readonly message: string;
  /** What to write instead, or null. */
  readonly hint: string | null;
  /** The part of the text, in code points; `at` lies in it. */
  readonly start: number;
  readonly end: number;
  readonly at: number;
  /** Another place that explains it, or null. */
  readonly related: { readonly at: number; readonly note: string } | null;
}
