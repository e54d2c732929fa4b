/** What is wrong with a source text, as data: the display adds file, line and caret. */

/** Another place that explains the error, such as the bracket that is never closed. */
export interface RelatedPlace {
  readonly at: number;
  readonly note: string;
}

/** Where and how a source text is wrong. */
export interface ParseErrorDetails {
  /** The code point that the error names, or null where the reference names none (it shows `[0:0]`): the end of input. */
  readonly at: number | null;
  /** The end (exclusive) of the text that is wrong; null like `at`. */
  readonly end: number | null;
  /** What to write instead, when we know it. */
  readonly hint?: string | null;
  readonly related?: RelatedPlace | null;
}

/** A source text that is not a program. `reason` is byte text, worded as in the reference; `hint` and `related` are help for people. */
export class ParseError extends Error {
  override name = 'ParseError';
  readonly at: number | null;
  readonly end: number | null;
  readonly hint: string | null;
  readonly related: RelatedPlace | null;

  readonly reason: string;

  constructor(reason: string, details: ParseErrorDetails) {
    const short = shortened(reason);
    super(short);
    this.reason = short;
    this.at = details.at;
    this.end = details.end;
    this.hint = details.hint ?? null;
    this.related = details.related ?? null;
  }
}

/** The most bytes of a reason; it may quote a token or an expression of any length. */
const MOST = 1000;
const MOST_AT_END = 200;

function shortened(reason: string): string {
  if (reason.length <= MOST) return reason;
  let start = MOST - MOST_AT_END;
  while ((reason.charCodeAt(start) & 0xc0) === 0x80) start--; // no character is cut in two
  let end = reason.length - MOST_AT_END;
  while ((reason.charCodeAt(end) & 0xc0) === 0x80) end++;
  return `${reason.slice(0, start)}... ${end - start} more ...${reason.slice(end)}`;
}

/** The reference accepts a string without an end, which is never what was meant. */
export function unclosed({ at, end }: { readonly at: number; readonly end: number }): ParseError {
  const hint = "a string ends at the next single quote; inside of it one is written \\'";
  return new ParseError("Unexpected end of input in a string, expected '", { at, end, hint });
}
