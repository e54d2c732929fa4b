/** What SEARCH of IMAP needs: whether some text is in a message, whatever the case of letters. */
import { isAscii } from '../../language/values/bytes.ts';
import type { Work } from '../time-slices.ts';
import { scratchBytes } from './base64.ts';
import { isUtf8 } from './charsets.ts';
import { indexOf } from './search.ts';

/** Bytes that are searched in one slice. */
const SEARCHED = 2 ** 17;
const fromUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 in a form in which letters of both cases are the same, and letters that look the same, too. */
function folded(bytes: string): string {
  return isAscii(bytes) ? bytes.toUpperCase() : fromUtf8.decode(scratchBytes(bytes)).normalize('NFKC').toUpperCase();
}

/** Whether there is some text in another one, both in UTF-8, ignoring the case of letters. */
export function* hasText(bytes: string, sought: string): Work<boolean> {
  const needle = folded(sought);
  let kept = ''; // what may be the beginning of it
  for (let at = 0, end = 0; at < bytes.length; at = end) {
    if (at > 0) yield;
    const line = bytes.length - at <= SEARCHED ? bytes.length : bytes.indexOf('\n', at + SEARCHED);
    end = line < 0 || line > at + 2 * SEARCHED ? Math.min(at + 2 * SEARCHED, bytes.length) : line + 1;
    const text = kept + folded(bytes.slice(at, end));
    if ((yield* indexOf(text, needle, 0)) >= 0) return true;
    kept = needle.length > 1 ? text.slice(1 - needle.length) : '';
  }
  return needle === '';
}

/** What may make the text of a message other than its bytes: transfer encodings, encoded words, character sets. */
const ENCODED = /=\?|base64|quoted-printable|utf-?7|utf-?16|iso-2022|hz-gb/i;
/** The same for one that is not ASCII. */
const OTHER_CHARSET = /charset(?!="?(?:utf-8|us-ascii))/i;

/** Is the text of a message what its bytes are? False if that is not certain. */
function* isAsIs(message: string): Work<boolean> {
  return !ENCODED.test(message) && (isAscii(message) || (!OTHER_CHARSET.test(message) && (yield* isUtf8(message))));
}

let pattern = { sought: '', words: /(?:)/u };

/**
 * What a message has where it has the text sought: its words, with blanks, line ends and colons between, whichever. Of a long text only the
 * beginning counts, because the time of a search is the product of the lengths.
 */
function wordsOf(sought: string): RegExp {
  if (pattern.sought !== sought) {
    const [start = ''] = /^.{0,64}/su.exec(folded(sought)) ?? [];
    const words = start.split(/[\s:\0]+/);
    const escaped = words.map((word) => word.replace(/[^\p{L}\p{N}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`));
    pattern = { sought, words: new RegExp(escaped.filter((word) => word !== '').join('[\\s:\\0]+'), 'u') };
  }
  return pattern.words;
}

/**
 * Whether a message, as most are, certainly lacks some text from an index on: nothing in it is encoded, and the text is not among its
 * bytes. False where only its parts can tell.
 */
export function* lacksText(message: string, from: number, sought: string): Work<boolean> {
  if (message.length > SEARCHED || !(yield* isAsIs(message))) return false;
  return !wordsOf(sought).test(folded(message.slice(from)));
}
