/** Text from the world. */
import { isUtf8 } from 'node:buffer';
import { fromBytes } from '../language/values/bytes.ts';

/** UTF-8 to text; each byte that is part of no character becomes U+FFFD. */
export function decode(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : fromBytes(bytes.toString('latin1'));
}
