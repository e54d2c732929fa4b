/** Percent-encoding (RFC 3986, section 2.1) over byte text. */

/** All but letters, digits and `-_.!~*'()`. */
const NOT_PLAIN = /[^A-Za-z0-9\-_.!~*'()]/g;
/** The same without the characters that separate the parts of an address. */
const NOT_IN_URI = /[^A-Za-z0-9\-_.!~*'();,/?:@&=+$#]/g;

/** Encodes each byte that is not plain; with `uri` those that have a meaning in addresses stay. */
export function percentEncode(text: string, uri: boolean): string {
  return text.replace(uri ? NOT_IN_URI : NOT_PLAIN, (byte) => {
    return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

const HEX = /^[0-9A-Fa-f]{2}$/;

/** Decodes escapes; a malformed one, which is a percent sign and two bytes, stays as it is. With `plus`, a plus sign is a blank. */
export function percentDecode(text: string, plus: boolean): string {
  const plain = plus ? text.replaceAll('+', ' ') : text;
  if (!plain.includes('%')) return plain;
  return plain.replace(/%([\s\S]{0,2})/g, (all, digits: string) =>
    HEX.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) : all,
  );
}
