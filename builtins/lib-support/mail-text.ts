/**
 * The line ends and encodings of mail over byte text, each in one pass, since messages are long: 25 MB is an ordinary attachment.
 */
import { isAscii, utf8Decode, utf8Encode } from '../../language/values/bytes.ts';
import { codec } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';
import { base64, bytesOf, isWhole, scratch, scratchBytes } from './base64.ts';
import { crlfEnds, hasPattern, inPieces, PIECE } from './pieces.ts';
import { indexOf } from './search.ts';

/** Whether a text may be part of a protocol line: without CR, LF and NUL. */
export function* isLineSafe(text: string): Work<boolean> {
  return !(yield* hasPattern(text, /[\r\n\0]/, 1));
}

/** Are there control characters other than tabs? */
export function hasControl(text: string): Work<boolean> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this looks for control characters
  return hasPattern(text, /[\x00-\x08\x0a-\x1f\x7f]/, 1);
}

/** Are there bytes beyond ASCII? */
export function hasEightBit(text: string): Work<boolean> {
  return hasPattern(text, /[\x80-\xff]/, 1);
}

/** Is there nothing but digits and padding of base64, and blanks? */
export function* isBase64Like(text: string): Work<boolean> {
  return !(yield* hasPattern(text, /[^A-Za-z0-9+/= \t\r\n]/, 1));
}

/** Can this travel in 7 bits as it is: ASCII without NUL, and no line longer than the 998 bytes of RFC 5322? */
export function* isPlainLines(text: string): Work<boolean> {
  return !(yield* hasEightBit(text)) && (yield* isShortLines(text));
}

/** Can this travel in 8 bits as it is: no NUL, and no line longer than 998 bytes? */
export function* isShortLines(text: string): Work<boolean> {
  let column = 0; // of a line that goes on
  for (let at = 0; at < text.length; at += PIECE) {
    if (at > 0) yield;
    const piece = text.slice(at, at + PIECE);
    if (piece.includes('\0')) return false;
    for (let from = 0, to = 0; to < piece.length; from = to + 1) {
      to = piece.indexOf('\n', from);
      if (to < 0) to = piece.length;
      if (column + to - from > 999) return false;
      column = to < piece.length ? 0 : column + to - from;
    }
  }
  return true;
}

/** Is there a CR or LF that is not part of a CRLF? */
export function* hasBareLineEnd(text: string): Work<boolean> {
  for (let at = 0; at < text.length; ) {
    if (at > 0) yield;
    // No piece ends in a CR, unless the text does.
    let end = Math.min(at + PIECE, text.length);
    if (end < text.length && text[end - 1] === '\r') end++;
    const piece = text.slice(at, end);
    for (let from = 0; ; ) {
      const lf = piece.indexOf('\n', from);
      const cr = piece.indexOf('\r', from);
      if (lf < 0 && cr < 0) break;
      if (lf !== cr + 1 || cr < 0) return true;
      from = lf + 1;
    }
    at = end;
  }
  return false;
}

/** A name or password as it is compared (RFC 4013, section 2.1 and 2.2), if it is UTF-8; anything else as it is. */
export function saslPrep(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  const text = utf8Decode(bytes);
  if (utf8Encode(text) !== bytes) return bytes;
  const mapped = text.replace(/\p{Default_Ignorable_Code_Point}/gu, '').replace(/\p{Zs}/gu, ' '); // to nothing, and to a blank
  return utf8Encode(mapped.normalize('NFKC'));
}

/** Every line end as CRLF. */
export function* withCrlf(text: string): Work<string> {
  return (yield* hasBareLineEnd(text)) ? yield* inPieces(text, crlfEnds()) : text;
}

/** A dot more in front of each line that begins with one; lines end in CRLF. */
export function dotStuff(text: string): Work<string> {
  return withDots(text, '..');
}

/** Takes one dot away from each line that begins with one; lines end in CRLF. */
export function dotUnstuff(text: string): Work<string> {
  return withDots(text, '');
}

/** Another text in place of a dot at the beginning of a line. */
function* withDots(text: string, dots: string): Work<string> {
  if (!text.startsWith('.') && (yield* indexOf(text, '\r\n.', 0)) < 0) return text;
  let before = '\r\n'; // what may be the end of a line
  return yield* inPieces(text, (piece) => {
    const both = before + piece;
    const kept = before.length;
    before = both.slice(-2);
    return both.replaceAll('\r\n.', `\r\n${dots}`).slice(kept);
  });
}

const LINE = 76;
const BASE64_VALUE = new Int8Array(256).fill(-1);
for (const [value, digit] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  BASE64_VALUE[digit.charCodeAt(0)] = value;
const PAD = 61;

/** Lines of base64 that are written in one slice. */
const WRITTEN_LINES = 2048;
const LINE_BYTES = (LINE / 4) * 3;

/** Base64 in lines of 76 characters that end in CRLF, the last one, too. */
export function* base64Lines(text: string): Work<string> {
  const size = WRITTEN_LINES * LINE_BYTES;
  let made = '';
  for (let at = 0; at < text.length; at += size) {
    if (at > 0) yield;
    made += inLines(base64.encode(text.slice(at, at + size)));
  }
  return made;
}

function inLines(digits: string): string {
  const lines: string[] = [];
  for (let at = 0; at < digits.length; at += LINE) lines.push(digits.slice(at, at + LINE), '\r\n');
  return lines.join('');
}

/** Lines of 76 digits with CRLF that are read in one slice. */
const READ_LINES = 4096;

/** Decodes base64 up to the padding; skips everything that is not a digit of it. */
export function* base64Read(text: string): Work<string> {
  const reader = new Base64Reader();
  let made = '';
  for (let at = 0; at < text.length; at += READ_LINES * (LINE + 2)) {
    if (at > 0) yield;
    made += reader.read(text.slice(at, at + READ_LINES * (LINE + 2)));
  }
  return made + reader.end();
}

class Base64Reader {
  #group = 0;
  #digits = 0;

  read(piece: string): string {
    if (this.#digits > 0) return this.#readSlowly(piece);
    const digits = piece.replaceAll('\r\n', '');
    if (isWhole(digits)) return base64.decode(digits);
    // Padded, as at the end of most texts.
    const last = digits.length - 4;
    const start = digits.slice(0, last);
    return digits.endsWith('=') && isWhole(start)
      ? base64.decode(start) + this.#readSlowly(digits.slice(last))
      : this.#readSlowly(piece);
  }

  #readSlowly(piece: string): string {
    const out = new Uint8Array(Math.ceil((piece.length * 3) / 4) + 3);
    let at = 0;
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      if (code === PAD && this.#digits > 1) {
        // The end of one encoded text; software that joins several goes on behind it.
        at = this.#endGroup(out, at);
      }
      const value = BASE64_VALUE[code] ?? -1;
      if (value < 0) continue;
      this.#group = (this.#group << 6) | value;
      this.#digits++;
      if (this.#digits < 4) continue;
      out[at++] = this.#group >> 16;
      out[at++] = this.#group >> 8;
      out[at++] = this.#group;
      this.#digits = this.#group = 0;
    }
    return codec.decode(out, 0, at);
  }

  /** The bytes of 2 or 3 digits that no fourth one follows. */
  #endGroup(out: Uint8Array, at: number): number {
    const group = this.#group;
    let end = at;
    if (this.#digits === 2) out[end++] = group >> 4;
    if (this.#digits === 3) {
      out[end++] = group >> 10;
      out[end++] = group >> 2;
    }
    this.#digits = this.#group = 0;
    return end;
  }

  end(): string {
    const out = new Uint8Array(2);
    return codec.decode(out, 0, this.#endGroup(out, 0));
  }
}

const HEX = Uint8Array.from('0123456789ABCDEF', (c) => c.charCodeAt(0));

/** Bytes that are written as quoted-printable in one slice. */
const QP_WRITTEN = 2 ** 16;

/** Quoted-printable with CRLF as its line ends, no line longer than 76 characters; bare CRs and LFs are encoded. */
export function* qpEncode(text: string): Work<string> {
  let made = '';
  let column = 0;
  const out = new Uint8Array(Math.min(text.length, QP_WRITTEN) * 3.25 + 16);
  for (let start = 0; start < text.length; ) {
    if (start > 0) yield;
    // Whether a line ends is seen two bytes ahead.
    const bytes = bytesOf(text.slice(start, start + QP_WRITTEN + 2));
    const last = Math.min(QP_WRITTEN, text.length - start);
    let at = 0;
    let i = 0;
    for (; i < last; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === 13 && bytes[i + 1] === 10) {
        out[at++] = 13;
        out[at++] = 10;
        i++;
        column = 0;
        continue;
      }
      const next = bytes[i + 1];
      const lineEnds = next === undefined || (next === 13 && bytes[i + 2] === 10);
      const blank = byte === 32 || byte === 9;
      const literal = blank ? !lineEnds : byte > 32 && byte < 127 && byte !== PAD;
      const width = literal ? 1 : 3;
      // One column stays free for the soft line break, unless the line ends here anyway.
      if (column + width > (lineEnds ? LINE : LINE - 1)) {
        out[at++] = PAD;
        out[at++] = 13;
        out[at++] = 10;
        column = 0;
      }
      column += width;
      if (literal) {
        out[at++] = byte;
      } else {
        out[at++] = PAD;
        out[at++] = HEX[byte >> 4] ?? 0;
        out[at++] = HEX[byte & 15] ?? 0;
      }
    }
    made += codec.decode(out, 0, at);
    start += i;
  }
  return made;
}

/** Bytes of quoted-printable that are read in one slice. */
const QP_SLICE = 2 ** 17;

/** Decodes quoted-printable. Blanks at the ends of lines are dropped; malformed escapes stay as they are. */
export function* qpDecode(text: string): Work<string> {
  if (!/=|[ \t]\r?\n/.test(text)) return text;
  let made = '';
  for (let at = 0; at < text.length; ) {
    if (at > 0) yield;
    const end = qpCut(text, at + QP_SLICE);
    made += qpPiece(text.slice(at, end), end === text.length);
    at = end;
  }
  return made;
}

/** The first place from `at` on where the text can be cut: after a line end, or between two characters that are not encoded. */
function qpCut(text: string, at: number): number {
  const line = text.slice(at, at + 1000).indexOf('\n');
  if (line >= 0) return at + line + 1;
  let end = Math.min(at, text.length);
  while (end < text.length && (/[=\r \t]/.test(text.charAt(end - 1)) || text.charAt(end - 2) === '=')) end++;
  return end;
}

/** The length of the line end at `at`: 0 if there is none. */
function lineEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 10) return 1;
  return bytes[at] === 13 && bytes[at + 1] === 10 ? 2 : 0;
}

function qpPiece(text: string, last: boolean): string {
  const bytes = scratchBytes(text);
  const out = scratch(bytes.length);
  let end = 0;
  for (let i = 0; i < bytes.length; ) {
    const code = bytes[i] as number; // i is in range
    if (code !== PAD && code !== 32 && code !== 9) {
      out[end++] = code;
      i++;
      continue;
    }
    if (code === PAD) {
      const value = hexByte(bytes, i + 1);
      if (value >= 0) {
        out[end++] = value;
        i += 3;
        continue;
      }
    }
    let after = i + 1;
    while (bytes[after] === 32 || bytes[after] === 9) after++;
    const line = lineEnd(bytes, after);
    if (code === PAD) {
      const soft = line > 0 || (last && i + 1 === bytes.length);
      if (!soft) out[end++] = code;
      i = soft ? after + line : i + 1;
    } else {
      // Blanks, which stay unless the line ends behind them.
      if (line === 0) while (i < after) out[end++] = bytes[i++] as number;
      i = after;
    }
  }
  return codec.decode(out, 0, end);
}

/** The byte of the two hexadecimal digits at `at`; -1 if there are none. */
function hexByte(bytes: Uint8Array, at: number): number {
  const high = HEX_VALUE[bytes[at] ?? 0] as number;
  const low = HEX_VALUE[bytes[at + 1] ?? 0] as number;
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

const HEX_VALUE = Int8Array.from({ length: 256 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? -1 : value;
});
