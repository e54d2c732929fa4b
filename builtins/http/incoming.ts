/** What is wrong with a request that the platform's parser let through, before anything of it is used. */
import type { RequestHead, ServerExchange } from './backend.ts';
import { canonicalName, trimmed } from './headers.ts';
import { REASONS } from './reasons.ts';
import { targetOf } from './url.ts';

/** An answer to a request that no handler sees. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

const MOST_LINES = 200;
const MOST_TARGET_BYTES = 16 * 1024;

/** The body of an answer that refuses: `400 Bad Request: reason`. */
function refusalText({ status, reason }: Refusal): string {
  const title = `${status} ${REASONS[status] ?? 'Error'}`;
  return `${reason === '' ? title : `${title}: ${reason}`}\n`;
}

/** The target of a request and the length that its head announces (-1: none), or why it is refused. */
export function readHead({ method, url, version, headers }: RequestHead): { url: string; length: number } | Refusal {
  if (version !== '1.1' && version !== '1.0') return refuse(505, `HTTP/${version}`);
  if (headers.length > MOST_LINES * 2) return refuse(431, `more than ${MOST_LINES} header lines`);
  if (url.length > MOST_TARGET_BYTES) return refuse(414, `more than ${MOST_TARGET_BYTES} bytes`);
  if (method === 'CONNECT') return refuse(405, 'CONNECT');
  let hosts = 0;
  let length = -1;
  for (let i = 0; i < headers.length; i += 2) {
    const name = canonicalName(headers[i] as string); // the list is flat
    if (name === 'Host') {
      hosts++;
      if (/[^A-Za-z0-9\-._~!$&'()*+,;=:[\]%]/.test(trimmed(headers[i + 1] as string)))
        return refuse(400, 'malformed Host header');
    } else if (name === 'Content-Length') {
      length = Number(headers[i + 1]); // the parser has looked
    } else if (name === 'Transfer-Encoding') {
      // Whoever takes another encoding, or any in 1.0, for something else than the next server does lets requests be smuggled.
      if (version === '1.0') return refuse(400, 'Transfer-Encoding in HTTP/1.0');
      if (trimmed(headers[i + 1] as string).toLowerCase() !== 'chunked') return refuse(501, 'unsupported Transfer-Encoding');
    }
  }
  if (hosts > 1) return refuse(400, 'too many Host headers');
  if (url === '*' && method === 'OPTIONS') return { url, length };
  const target = targetOf(url);
  return target === null ? refuse(400, 'malformed request target') : { url: target, length };
}

function refuse(status: number, reason: string): Refusal {
  return { status, reason };
}

/** Answers a request that no handler sees, and closes its connection. */
export function refuseRequest(io: ServerExchange, refusal: Refusal, headers: readonly string[] = []): void {
  const text = refusalText(refusal);
  const all = [...headers, 'Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(text.length)];
  io.answer(refusal.status, all, text, { bodiless: io.head.method === 'HEAD', close: true });
}
