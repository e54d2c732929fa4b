/** Byte text and the arrays of the browser. */
import { codec } from '../../language/values/values.ts';

export function toText(bytes: Uint8Array): string {
  return codec.decode(bytes, 0, bytes.length);
}

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  codec.encode(text, bytes, 0);
  return bytes;
}
