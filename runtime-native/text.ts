/** Text from outside the program. */
import { isUtf8 } from 'node:buffer';
import { utf8Decode } from '../language/values/bytes.ts';

/** UTF-8 to text; each byte that is part of no character becomes U+FFFD. */
export function decode(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : utf8Decode(bytes.toString('latin1'));
}
