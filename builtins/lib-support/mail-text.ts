/**
 * The line ends and encodings of mail over byte text, each in one pass, since messages are long: 25 MB is an ordinary attachment.
 */
import { utf8Encode } from '../../language/values/bytes.ts';
import { codec } from '../../language/values/values.ts';

const UNSAFE = /[\r\n\0]/;
const BARE = /(?:^|[^\r])\n|\r(?!\n)/;

/** Can this stand in a line of a protocol: no CR, LF or NUL? */
export function lineSafe(text: string): boolean {
  return !UNSAFE.test(text);
}

/** Are there bytes beyond ASCII? */
export function hasEightBit(text: string): boolean {
  return /[\x80-\xff]/.test(text);
}

/** Can this travel in 7 bits as it is: ASCII without NUL, and no line longer than the 998 bytes of RFC 5322? */
export function isPlainLines(text: string): boolean {
  if (/[\0\x80-\xff]/.test(text)) return false;
  for (let from = 0, to: number; from < text.length; from = to + 1) {
    to = text.indexOf('\n', from);
    if (to < 0) to = text.length;
    if (to - from > 999) return false;
  }
  return true;
}

/** Is there a CR or LF that is not part of a CRLF? */
export function hasBareLineEnd(text: string): boolean {
  return BARE.test(text);
}

/** Every line end as CRLF: LF, CR, and CRLF with any number of CRs count as one each. */
export function withCrlf(text: string): string {
  if (!hasBareLineEnd(text)) return text;
  // The pattern takes a run of CRs whole, whatever follows: one that could fail behind it would try again from each of them.
  return text.replace(/\r+\n?|\n/g, (end) => (end.endsWith('\n') ? '\r\n' : '\r\n'.repeat(end.length)));
}

/** A dot more in front of each line that begins with one; lines end in CRLF. */
export function dotStuff(text: string): string {
  const start = text.startsWith('.') ? `.${text}` : text;
  return start.includes('\r\n.') ? start.replaceAll('\r\n.', '\r\n..') : start;
}

/** Takes one dot away from each line that begins with one; lines end in CRLF. */
export function dotUnstuff(text: string): string {
  const start = text.startsWith('.') ? text.slice(1) : text;
  return start.includes('\r\n.') ? start.replaceAll('\r\n.', '\r\n') : start;
}

const LINE = 76;
const BASE64 = Uint8Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', (c) => c.charCodeAt(0));
const BASE64_VALUE = new Int8Array(256).fill(-1);
for (const [value, code] of BASE64.entries()) BASE64_VALUE[code] = value;
const PAD = 61;

/** Byte text as an array of its bytes. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  codec.encode(text, bytes, 0);
  return bytes;
}

/** Base64 in lines of 76 characters that end in CRLF, the last one, too. */
export function base64Lines(text: string): string {
  const bytes = bytesOf(text);
  const groups = Math.ceil(bytes.length / 3);
  const lines = Math.ceil((groups * 4) / LINE);
  const out = new Uint8Array(groups * 4 + lines * 2);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    // Bytes past the end count as 0.
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out[at++] = BASE64[group >> 18] ?? 0;
    out[at++] = BASE64[(group >> 12) & 63] ?? 0;
    out[at++] = i + 1 < bytes.length ? (BASE64[(group >> 6) & 63] ?? 0) : PAD;
    out[at++] = i + 2 < bytes.length ? (BASE64[group & 63] ?? 0) : PAD;
    if ((at + 2) % (LINE + 2) === 0 || i + 3 >= bytes.length) {
      out[at++] = 13;
      out[at++] = 10;
    }
  }
  return codec.decode(out, 0, at);
}

/** What base64 stands for when everything that is no digit of it is skipped, up to the padding. */
export function base64Read(text: string): string {
  const bytes = bytesOf(text);
  const out = new Uint8Array(Math.ceil((bytes.length * 3) / 4));
  let at = 0;
  let group = 0;
  let digits = 0;
  for (const code of bytes) {
    if (code === PAD && digits > 1) {
      // The end of one encoded text; software that joins several goes on behind it.
      at = endGroup(out, at, group, digits);
      digits = group = 0;
    }
    const value = BASE64_VALUE[code] ?? -1;
    if (value < 0) continue;
    group = (group << 6) | value;
    digits++;
    if (digits < 4) continue;
    out[at++] = group >> 16;
    out[at++] = group >> 8;
    out[at++] = group;
    digits = group = 0;
  }
  return codec.decode(out, 0, endGroup(out, at, group, digits));
}

/** The bytes of 2 or 3 digits that no fourth one follows. */
function endGroup(out: Uint8Array, at: number, group: number, digits: number): number {
  if (digits === 2) out[at++] = group >> 4;
  if (digits === 3) {
    out[at++] = group >> 10;
    out[at++] = group >> 2;
  }
  return at;
}

const HEX = Uint8Array.from('0123456789ABCDEF', (c) => c.charCodeAt(0));

/** Quoted-printable with CRLF as its line ends, no line longer than 76 characters; bare CRs and LFs are encoded. */
export function qpEncode(text: string): string {
  const bytes = bytesOf(text);
  const out = new Uint8Array(bytes.length * 3 + Math.ceil(bytes.length / 12) * 3 + 16);
  let at = 0;
  let column = 0;
  for (let i = 0; i < bytes.length; i++) {
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
  return codec.decode(out, 0, at);
}

/** What quoted-printable stands for. Blanks at the ends of lines are dropped, and what is malformed stays as it is. */
export function qpDecode(text: string): string {
  // A run of blanks is taken whole, as in withCrlf.
  const whole = /[ \t]\r?\n/.test(text) ? text.replace(/[ \t]+(\r?\n)?/g, (run, end?: string) => end ?? run) : text;
  return whole.replace(/=(?:([0-9A-Fa-f]{2})|\r?\n|$)/g, (_all, hex?: string) =>
    hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Which are left as they are: mail that says ASCII and is not is mostly UTF-8. */
const ASCII = /^(?:us-)?ascii$/i;

/**
 * The UTF-8 of text in a character set of the WHATWG's Encoding Standard, to which ISO 8859-1 is windows-1252; other text, and
 * UTF-8, as it is.
 */
export function toUtf8(text: string, charset: string): string {
  if (ASCII.test(charset)) return text;
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(charset);
  } catch {
    return text; // not known
  }
  if (decoder.encoding === 'utf-8') return text;
  if (decoder.encoding === 'windows-1252') return fromWindows1252(text); // Node 20 takes it for ISO 8859-1
  const bytes = new Uint8Array(text.length);
  codec.encode(text, bytes, 0);
  return utf8Encode(decoder.decode(bytes));
}

/** Where windows-1252 differs from ISO 8859-1: the characters of the bytes 0x80 to 0x9F; what is not assigned stays a control. */
const WINDOWS = [
  0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90,
  0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
] as const;

/** The UTF-8 of text in windows-1252. */
function fromWindows1252(text: string): string {
  return text.replace(/[\x80-\xff]/g, (char) => {
    const byte = char.charCodeAt(0);
    const code = WINDOWS[byte - 0x80] ?? byte;
    if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63));
    return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  });
}
