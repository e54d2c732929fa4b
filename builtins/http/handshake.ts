/** Requests that want a WebSocket: which are granted. */
import type { RequestHead } from './backend.ts';
import { allValues, firstValue } from './headers.ts';
import type { Refusal } from './incoming.ts';

/** What is wrong with the opening handshake (RFC 6455, section 4.2.1); null if nothing is. */
export function refusalOfUpgrade({ method, headers }: RequestHead, origins: readonly string[] | null): Refusal | null {
  if (method !== 'GET') return { status: 405, reason: 'request method is not GET' };
  if (!hasToken(headers, 'Connection', 'upgrade') || !hasToken(headers, 'Upgrade', 'websocket')) {
    return { status: 400, reason: "the client is not using the websocket protocol: 'upgrade' and 'websocket' tokens not found" };
  }
  if (firstValue(headers, 'Sec-Websocket-Version') !== '13')
    return { status: 400, reason: "unsupported version: 13 not found in 'Sec-Websocket-Version' header" };
  const key = firstValue(headers, 'Sec-Websocket-Key') ?? '';
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key))
    return { status: 400, reason: "not a websocket handshake: 'Sec-WebSocket-Key' header is missing or malformed" };
  const origin = firstValue(headers, 'Origin');
  if (origins !== null && (origin === undefined || !origins.includes(origin))) {
    return { status: 403, reason: 'request origin is not allowed' };
  }
  return null;
}

/** Whether a list of words has this one, in any letter case. */
export function hasToken(headers: readonly string[], name: string, token: string): boolean {
  return allValues(headers, name)
    .flatMap((value) => value.split(','))
    .some((word) => word.trim().toLowerCase() === token);
}
