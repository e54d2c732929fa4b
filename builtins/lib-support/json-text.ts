/** The strings of JSON: writing one, and reading one inside a longer text. All over byte text. */
import { isAscii, sequenceLength, utf8Encode } from '../../language/values/bytes.ts';
import { inParts } from './split-replace.ts';

/** No character that needs an escape, and no byte that could be wrong. */
const PLAIN = /^[ !#-[\]-\x7f]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be escaped
const ESCAPED = /["\\\x00-\x1f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, and all that is not ASCII
const ESCAPED_OR_NOT_ASCII = /["\\\x00-\x1f\x80-\xff]/g;

const ESCAPES: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f', '"': '\\"', '\\': '\\\\' };
const UNESCAPES: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function escaped(byte: string): string {
  return ESCAPES[byte] ?? `\\u${byte.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Whether all of the bytes are valid UTF-8. */
function isUtf8(bytes: string): boolean {
  if (isAscii(bytes)) return true;
  for (let i = 0; i < bytes.length; ) {
    const size = sequenceLength(bytes, i);
    if (size === 0) return false;
    i += size;
  }
  return true;
}

/** A string as JSON writes it, without its quotes. Bytes that are not UTF-8 are written as the code points of their number. */
export function jsonEscape(bytes: string): string {
  if (PLAIN.test(bytes)) return bytes;
  const wrong = isUtf8(bytes) ? ESCAPED : ESCAPED_OR_NOT_ASCII;
  return inParts(bytes, (part) => part.replace(wrong, escaped));
}

/** The same for each ASCII character, by its code. */
export const ASCII_AS_JSON: readonly string[] = Array.from({ length: 0x80 }, (_, code) => jsonEscape(String.fromCharCode(code)));

/** A string read from JSON text, and where its closing quote is. */
export interface JsonString {
  readonly bytes: string;
  readonly end: number;
}

/** Reads the string whose opening quote is just before `start`; undefined if it is not closed or has a broken `\u`. */
export function readJsonString(json: string, start: number): JsonString | undefined {
  let bytes = '';
  let copied = start;
  let quote = json.indexOf('"', start);
  while (quote >= 0) {
    const piece = json.slice(copied, quote); // no search goes further than the next quote, for the text may be long
    const slash = piece.indexOf('\\');
    if (slash < 0) return { bytes: bytes + piece, end: quote };

    const read = readEscape(json, copied + slash + 1);
    if (read === undefined) return undefined;
    bytes += piece.slice(0, slash) + read.bytes;
    copied = read.end;
    if (quote < copied) quote = json.indexOf('"', copied);
  }
  return undefined;
}

/** What the escape means whose backslash is just before `at`, and where the text goes on. */
function readEscape(json: string, at: number): JsonString | undefined {
  const letter = json.charAt(at);
  if (letter !== 'u') return letter === '' ? undefined : { bytes: UNESCAPES[letter] ?? letter, end: at + 1 };

  const unit = readUnit(json, at + 1);
  if (unit === undefined) return undefined;
  if (unit >= 0xd800 && unit <= 0xdbff && json.startsWith('\\u', at + 5)) {
    const low = readUnit(json, at + 7);
    if (low !== undefined && low >= 0xdc00 && low <= 0xdfff) {
      return { bytes: utf8Encode(String.fromCharCode(unit, low)), end: at + 11 };
    }
  }
  return { bytes: utf8Encode(String.fromCharCode(unit)), end: at + 5 };
}

/** The four hexadecimal digits at `at`. */
function readUnit(json: string, at: number): number | undefined {
  const digits = json.slice(at, at + 4);
  return /^[\da-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}
