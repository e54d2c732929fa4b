/**
 * Byte text: how this runtime holds the strings of Magnolia.
 *
 * A Magnolia string is a sequence of bytes. Inside the runtime it is a JavaScript string in which each character (0 to 255)
 * stands for one byte. These two functions are the border to ordinary text. They need no `Buffer` and no `TextEncoder`, so that
 * the language runs on any host.
 */

declare const BYTES: unique symbol;

/**
 * Byte text. It is made from ordinary text by `utf8Encode` and from bytes by the codec (values.ts); a slice of it is byte text. The
 * type keeps ordinary text, which may have characters above 255, out of Magnolia strings.
 */
export type ByteText = {
  readonly [BYTES]: true;
  slice(start?: number, end?: number): ByteText;
  repeat(count: number): ByteText;
} & string;

/** The empty string. */
export const NO_BYTES: ByteText = asBytes('');

/** Replaces bytes and code units that are not text. */
const REPLACEMENT = 0xfffd;

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/;

/** Whether each character is below 128, so that byte text and ordinary text are the same. */
export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

/** The UTF-8 encoding of a text, one character for each byte. A lone surrogate becomes U+FFFD. */
export function utf8Encode(text: string): ByteText {
  if (isAscii(text)) return asBytes(text);

  let out = '';
  let copied = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) < 0x80) continue;
    out += text.slice(copied, i);
    const point = text.codePointAt(i) ?? REPLACEMENT;
    out += encode(point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point);
    if (point > 0xffff) i++;
    copied = i + 1;
  }
  return asBytes(out + text.slice(copied));
}

/** States that each character of this string is a byte: an ASCII literal, or byte text joined, replaced or mapped byte by byte. */
export function asBytes(text: string): ByteText {
  return text as ByteText;
}

/**
 * The text that some bytes are the UTF-8 encoding of. Each byte that belongs to no valid sequence becomes one U+FFFD, as in the
 * reference implementation; overlong forms, surrogates and values above U+10FFFF are not valid.
 */
export function utf8Decode(bytes: string): string {
  if (isAscii(bytes)) return bytes;

  let out = '';
  let copied = 0;
  for (let i = 0; i < bytes.length; ) {
    if (bytes.charCodeAt(i) < 0x80) {
      i++;
      continue;
    }
    out += bytes.slice(copied, i);
    const size = sequenceLength(bytes, i);
    out += size === 0 ? '\ufffd' : String.fromCodePoint(codePoint(bytes, i, size));
    i += size || 1;
    copied = i;
  }
  return out + bytes.slice(copied);
}

/** How many bytes the valid UTF-8 sequence at `at` has: 1 to 4, or 0 if there is none. */
export function sequenceLength(bytes: string, at: number): number {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;

  const second = bytes.charCodeAt(at + 1); // NaN past the end, which is in no range
  if (first < 0xe0) return isContinuation(second) ? 2 : 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (!(second >= low && second <= high) || !isContinuation(bytes.charCodeAt(at + 2))) return 0;
  if (first < 0xf0) return 3;
  return isContinuation(bytes.charCodeAt(at + 3)) ? 4 : 0;
}

/** The code point of the valid sequence of `size` bytes at `at`. */
export function codePoint(bytes: string, at: number, size: number): number {
  const first = bytes.charCodeAt(at);
  if (size === 1) return first;

  let point = first & (0x7f >> size);
  for (let i = 1; i < size; i++) point = (point << 6) | (bytes.charCodeAt(at + i) & 0x3f);
  return point;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf;
}

function encode(point: number): string {
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
  if (point < 0x10000) {
    return String.fromCharCode(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
  }
  return String.fromCharCode(
    0xf0 | (point >> 18),
    0x80 | ((point >> 12) & 0x3f),
    0x80 | ((point >> 6) & 0x3f),
    0x80 | (point & 0x3f),
  );
}
