/** Base64 (RFC 4648) over byte text. */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The value of each character code, -1 for what is no digit; `-` and `_` of the URL alphabet count like `+` and `/`. */
const VALUES = new Int8Array(256).fill(-1);
for (let i = 0; i < 64; i++) VALUES[DIGITS.charCodeAt(i)] = i;
VALUES['-'.charCodeAt(0)] = 62;
VALUES['_'.charCodeAt(0)] = 63;

/** The standard alphabet, padded with `=` to groups of four. */
export function base64Encode(bytes: string): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    // Codes past the end are NaN, which counts as 0 here.
    const group = (bytes.charCodeAt(i) << 16) | (bytes.charCodeAt(i + 1) << 8) | bytes.charCodeAt(i + 2);
    text += DIGITS.charAt(group >> 18) + DIGITS.charAt((group >> 12) & 63);
    text += i + 1 < bytes.length ? DIGITS.charAt((group >> 6) & 63) : '=';
    text += i + 2 < bytes.length ? DIGITS.charAt(group & 63) : '=';
  }
  return text;
}

/** Both alphabets, with or without `=` at the end; undefined for anything else. */
export function base64Decode(text: string): string | undefined {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === '=') end--;
  if (end % 4 === 1) return undefined;

  let bytes = '';
  let group = 0;
  for (let i = 0; i < end; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? -1;
    if (value < 0) return undefined;
    group = (group << 6) | value;
    if (i % 4 !== 3) continue;
    bytes += String.fromCharCode((group >> 16) & 255, (group >> 8) & 255, group & 255);
    group = 0;
  }
  if (end % 4 === 2) bytes += String.fromCharCode((group >> 4) & 255);
  if (end % 4 === 3) bytes += String.fromCharCode((group >> 10) & 255, (group >> 2) & 255);
  return bytes;
}
