/** Which pages may use a gateway: the right origin, the right token, the right protocol. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { CLOSED, PROTOCOL, TOKEN_PREFIX } from '../../builtins/sockets/tunnel/frames.ts';

/** Why a page is turned away: the code and the reason that close its WebSocket. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
}

/** 192 bits by chance. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Whether pages of an origin may come: those of this machine, and those that were named. Programs that are not pages have none. */
export function isWelcome(origin: string | undefined, named: readonly string[]): boolean {
  if (origin === undefined || named.includes(origin)) return true;
  return /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(origin);
}

/** Normalises an origin to the form that browsers send; null if it is not one. */
export function readOrigin(text: string): string | null {
  try {
    const { origin, pathname, search, hash } = new URL(text);
    return /^https?:/.test(origin) && pathname === '/' && search === '' && hash === '' ? origin : null;
  } catch {
    return null;
  }
}

/** The subprotocols that a page offers: the tunnel's, and its token. */
export function refusalOf(
  { origin, offered }: { readonly origin: string | undefined; readonly offered: readonly string[] },
  rules: { readonly origins: readonly string[]; readonly token: string },
): Refusal | null {
  if (!isWelcome(origin, rules.origins)) return { code: CLOSED.origin, reason: 'pages of this origin are not allowed' };
  if (!offered.includes(PROTOCOL)) return { code: CLOSED.version, reason: `this gateway speaks ${PROTOCOL}` };
  const given = offered.find((one) => one.startsWith(TOKEN_PREFIX))?.slice(TOKEN_PREFIX.length) ?? '';
  return isSame(given, rules.token) ? null : { code: CLOSED.token, reason: 'wrong token' };
}

/** In a time that does not depend on where two texts differ. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer]; // two texts
  return timingSafeEqual(one, other);
}
