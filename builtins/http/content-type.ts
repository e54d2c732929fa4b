/** The type of an answer that does not name one, from its first bytes: a subset of https://mimesniff.spec.whatwg.org. */

const LOOKED_AT = 512;
const HTML =
  /^[\t\n\f\r ]*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)(?:[ >]|(?<=--))/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: bytes that no text has
const BINARY = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

const SIGNATURES: readonly (readonly [string, string])[] = [
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['%PDF-', 'application/pdf'],
];

/** `text/plain; charset=utf-8` and the like. The body is byte text and not empty. */
export function guessContentType(body: string): string {
  const start = body.slice(0, LOOKED_AT);
  const known = SIGNATURES.find(([signature]) => start.startsWith(signature));
  if (known !== undefined) return known[1];
  if (BINARY.test(start)) return 'application/octet-stream';
  return HTML.test(start) ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
}
