/** Which answers are compressed, and how. */
import type { Answer } from './answer.ts';
import { allValues } from './headers.ts';

export type Coding = 'br' | 'gzip';

/** Below that, compressing saves nothing. */
const FEWEST_BYTES = 1024;
const TEXT = /^(?:text\/|application\/(?:json|javascript|xml|[\w.+-]+\+(?:json|xml))|image\/svg\+xml)/i;

/** Whether a body is long, text, and not compressed yet. */
export function isWorthPacking({ headers, body, isEncoded }: Answer & { body: string }): boolean {
  if (isEncoded || body.length <= FEWEST_BYTES) return false;
  const [type = ''] = allValues(headers, 'Content-Type');
  return TEXT.test(type);
}

/** The coding that a client likes best (RFC 9110, section 12.5.3), of equal ones the first; null for none. */
export function codingFor(headers: readonly string[], codings: readonly Coding[]): Coding | null {
  const accepted = new Map<string, number>();
  for (const part of allValues(headers, 'Accept-Encoding').join(',').split(',')) {
    const [name = '', ...params] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const quality = params.find((param) => param.startsWith('q='))?.slice(2);
    accepted.set(name, quality === undefined ? 1 : Number(quality) || 0);
  }
  const weight = (name: string): number => accepted.get(name) ?? accepted.get('*') ?? 0;
  const best = Math.max(...codings.map(weight));
  return best > 0 ? (codings.find((coding) => weight(coding) === best) ?? null) : null;
}
