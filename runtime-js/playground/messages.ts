/** What the page and the worker say to each other. A new worker is made for each run; nothing else is shared. */

/** The name that errors give to the program. */
export const PROGRAM = 'program.oak';

/** A program that prints more is stopped. */
export const OUTPUT_LIMIT_BYTES = 1024 * 1024;

/** A program that fills more memory is stopped, where the browser reports how much it is. */
export const MEMORY_LIMIT_BYTES = 1024 * 1024 * 1024;

/** Longer texts are not programs for this page. */
export const LONGEST_PROGRAM = 1_000_000;

/** A place in the program to be marked. Lines and columns (code points) count from 1; column 0 is the end of the line before. */
export interface Mark {
  readonly line: number;
  readonly column: number;
  /** What is underlined, in UTF-16 units; the word at the place where it is not known. */
  readonly span: { readonly from: number; readonly to: number } | null;
  readonly reason: string;
  readonly hint: string | null;
}

/** What a program's sockets are: nothing, its own, or those of a gateway, by its link. */
export type Network = 'none' | 'memory' | { readonly gateway: string };

export type ToWorker =
  | { readonly kind: 'run'; readonly text: string; readonly network: Network }
  /** Asks whether the worker still answers. */
  | { readonly kind: 'ping' }
  /** A line for `input()`, or null at the end of the input. */
  | { readonly kind: 'input'; readonly line: string | null };

export type FromWorker =
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'asks' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'problem'; readonly report: string; readonly mark: Mark | null }
  /** The program has ended; `cut` if a limit stopped it, `ms` is how long it ran. */
  | { readonly kind: 'ended'; readonly status: number; readonly ms: number; readonly cut: 'output' | 'memory' | null };
