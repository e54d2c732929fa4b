/** Changes of long texts, one piece after the other: a piece may end anywhere, so what its end leaves open is kept for the next one. */
import type { Work } from '../time-slices.ts';

/** Changes a text that comes in pieces; an empty piece is the end, and only the end. */
export type Change = (piece: string) => string;

/** Bytes of a piece. */
export const PIECE = 2 ** 17;

/** What a change makes of a text, in slices. */
export function* inPieces(text: string, change: Change): Work<string> {
  let made = '';
  for (let at = 0; at < text.length; at += PIECE) {
    if (at > 0) yield;
    made += change(text.slice(at, at + PIECE));
  }
  return made + change('');
}

/** Whether a pattern is in a text, in slices; what it matches is at most `most` bytes long. */
export function* hasPattern(text: string, pattern: RegExp, most: number): Work<boolean> {
  for (let at = 0; at < text.length || at === 0; at += PIECE) {
    if (at > 0) yield;
    // From a little before the piece: a match may begin there.
    if (pattern.test(text.slice(Math.max(0, at - most), at + PIECE))) return true;
  }
  return false;
}

/** LF in place of each CRLF. */
export function lfEnds(): Change {
  let kept = '';
  return (piece) => {
    const text = kept + piece;
    kept = piece !== '' && text.endsWith('\r') ? '\r' : '';
    return text.slice(0, text.length - kept.length).replaceAll('\r\n', '\n');
  };
}

/** Every line end as CRLF: LF, CR, and CRLF with any number of CRs count as one each. */
export function crlfEnds(): Change {
  let open = 0; // CRs at the end of what came
  return (piece) => {
    let start = 0;
    while (open > 0 && piece[start] === '\r') start++;
    open += start;
    if (start === piece.length && piece !== '') return '';
    const before = piece[start] === '\n' && open > 0 ? '\r\n' : '\r\n'.repeat(open);
    if (piece[start] === '\n' && open > 0) start++;
    let end = piece.length;
    while (end > start && piece[end - 1] === '\r') end--;
    open = piece.length - end;
    // The pattern takes a run of CRs whole, whatever follows: one that could fail behind it would try again from each of them.
    const ends = (run: string): string => (run.endsWith('\n') ? '\r\n' : '\r\n'.repeat(run.length));
    return before + piece.slice(start, end).replace(/\r+\n?|\n/g, ends);
  };
}

/** One blank in place of each run of blanks and tabs. */
export function oneBlank(): Change {
  let open = false;
  return (piece) => {
    const text = piece.replace(/[ \t]+/g, ' ');
    const made = open && text.startsWith(' ') ? text.slice(1) : text;
    if (piece !== '') open = text.endsWith(' ');
    return made;
  };
}
