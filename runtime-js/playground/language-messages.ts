/** What the page asks the worker that knows the language, about the text in the editor, and what it answers. */
import type { Position, Range } from '../../tools/check/range.ts';
import type { Completion } from '../../tools/editor/complete.ts';
import type { BuiltPage } from './builder.ts';

export type Question =
  | { readonly kind: 'diagnostics' }
  | { readonly kind: 'hover'; readonly at: Position }
  | { readonly kind: 'complete'; readonly at: Position }
  | { readonly kind: 'format' }
  | { readonly kind: 'page'; readonly network: 'none' | 'memory' };

/** A mistake, or something that is probably not meant. */
export interface Found {
  readonly range: Range;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string | null;
}

export interface Answers {
  readonly diagnostics: readonly Found[];
  /** Markdown about a word, and where the word is. */
  readonly hover: { readonly text: string; readonly range: Range } | null;
  readonly complete: readonly Completion[];
  /** The text in the one style; null if it has a syntax error. */
  readonly format: string | null;
  readonly page: BuiltPage;
}

export interface ToLanguage {
  readonly number: number;
  readonly text: string;
  readonly question: Question;
}

export interface FromLanguage {
  readonly number: number;
  readonly answer: Answers[keyof Answers];
}
