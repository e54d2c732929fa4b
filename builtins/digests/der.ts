/** Reading keys: PEM (RFC 7468) and as much of DER (X.690) as they need. */

/** An element: its tag and its content. */
export interface Element {
  readonly tag: number;
  readonly content: string;
}

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const SEQUENCE = 0x30;

/** The elements that a content consists of; undefined if it is cut or not DER. */
export function elements(bytes: string): Element[] | undefined {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.charCodeAt(at);
    let size = bytes.charCodeAt(at + 1);
    let start = at + 2;
    if (size >= 0x80) {
      const count = size & 0x7f;
      if (count === 0 || count > 4) return undefined;
      size = 0;
      for (let i = 0; i < count; i++) size = size * 256 + bytes.charCodeAt(start++);
    }
    if (!(start + size <= bytes.length)) return undefined; // NaN past the end, too
    found.push({ tag, content: bytes.slice(start, start + size) });
    at = start + size;
  }
  return found;
}

/** The elements in a sequence that is all there is. */
export function sequence(bytes: string): Element[] | undefined {
  const outer = elements(bytes);
  return outer?.length === 1 && outer[0]?.tag === SEQUENCE ? elements(outer[0].content) : undefined;
}

/** An unsigned integer. */
export function integerOf(bytes: string): bigint {
  let digits = '0x0';
  for (let i = 0; i < bytes.length; i++) digits += bytes.charCodeAt(i).toString(16).padStart(2, '0');
  return BigInt(digits);
}

/** An integer as that many bytes, the highest first. */
export function bytesOfInteger(value: bigint, size: number): string {
  const digits = value.toString(16).padStart(size * 2, '0');
  let bytes = '';
  for (let i = 0; i < digits.length; i += 2) bytes += String.fromCharCode(Number.parseInt(digits.slice(i, i + 2), 16));
  return bytes;
}
