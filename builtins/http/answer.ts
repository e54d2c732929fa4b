/** What a program answers a request with: checked, and as header lines. */
import { brief } from '../../language/runtime/brief.ts';
import { mistake, type ProgramError } from '../../language/runtime/errors.ts';
import { type Fn, getKey, isInt, isObject, keysOf, Str, type Value } from '../../language/values/values.ts';
import { isCallable } from '../params.ts';
import { guessContentType } from './content-type.ts';
import { canonicalName, isFieldValue, isToken } from './headers.ts';

export interface Answer {
  readonly status: number;
  /** Without Content-Length. */
  readonly headers: string[];
  /** A function writes it piece by piece. */
  readonly body: string | Fn;
  /** The program's own Content-Length; null if it gave none, or no number. */
  readonly length: number | null;
  /** The program wants the connection closed. */
  readonly close: boolean;
  /** The headers have a Date or a Content-Encoding. */
  readonly hasDate: boolean;
  readonly isEncoded: boolean;
}

/** Framing and hop-by-hop headers, which are the server's business (RFC 9110, section 7.6.1). */
const OURS = new Set([
  'Connection',
  'Content-Length',
  'Keep-Alive',
  'Proxy-Connection',
  'Te',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
]);

/** Whether an answer with this status has no body (RFC 9110, section 6.4.1). */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/** Reads the program's answer; returns the reason if it is not valid. */
export function readAnswer(value: Value): Answer | ProgramError {
  if (!isObject(value)) return mistake('argument', { says: 'listen/end should return a response, got', value });
  const status = getKey(value, 'status');
  const given = getKey(value, 'headers') ?? null;
  const body = getKey(value, 'body');
  const isBody = body instanceof Str || isCallable(body);
  if (!isInt(status) || (given !== null && !isObject(given)) || !isBody) {
    return mistake('argument', { says: 'listen/end returned malformed response,', value });
  }
  if (status < 100 || status > 599)
    return mistake('domain', { says: `Could not set response status code, code ${status} is not valid` });
  if (status < 200) return mistake('argument', { says: 'listen/end returned malformed response,', value });

  const headers: string[] = [];
  let length: number | null = null;
  let close = false;
  let hasType = false;
  let hasDate = false;
  let isEncoded = false;
  for (const key of given === null ? [] : keysOf(given)) {
    const line = getKey(given as NonNullable<typeof given>, key) as Value; // one of its keys
    const name = canonicalName(key);
    for (const one of name === 'Set-Cookie' && Array.isArray(line) ? line : [line]) {
      if (!(one instanceof Str)) return badHeader(one, 'was not a string');
      const { text } = one;
      if (!isToken(name) || !isFieldValue(text)) return badHeader(one, 'is not allowed');
      if (name === 'Content-Length') length = /^\d{1,15}$/.test(text) ? Number(text) : null;
      else if (name === 'Connection') close ||= text.toLowerCase() === 'close';
      if (OURS.has(name)) continue;
      hasType ||= name === 'Content-Type';
      hasDate ||= name === 'Date';
      isEncoded ||= name === 'Content-Encoding';
      headers.push(name, text);
    }
  }
  if (!hasType && body instanceof Str && body.length > 0 && !isBodiless(Number(status))) {
    headers.push('Content-Type', guessContentType(body.text));
  }
  return { status: Number(status), headers, body: body instanceof Str ? body.text : body, length, close, hasDate, isEncoded };
}

function badHeader(value: Value, why: string): ProgramError {
  return mistake('domain', { says: `Could not set response header, value ${brief(value)} ${why}` });
}
