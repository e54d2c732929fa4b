/** PEM (RFC 7468). */
import { base64Decode } from '../lib-support/base64.ts';
import { whole } from '../time-slices.ts';

/** No key is longer; more is not a key. */
const LONGEST = 65_536;

/** What the first block of a PEM text holds whose label ends so (`RSA PRIVATE KEY`); undefined if there is none. */
export function derOf(pem: string, label: string): string | undefined {
  if (pem.length > LONGEST) return undefined;
  const start = new RegExp(`-----BEGIN (?:RSA )?${label}-----`).exec(pem);
  if (start === null) return undefined;
  const from = start.index + start[0].length;
  const to = pem.indexOf('-----END', from);
  return to < 0 ? undefined : whole(base64Decode(pem.slice(from, to).replace(/[ \t\r\n]/g, '')));
}
