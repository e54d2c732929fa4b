/** Writes messages of HTTP/1.1 (RFC 9112). Names and values were checked where the program gave them. */
import { REASONS } from '../../../builtins/http/reasons.ts';

export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status] ?? 'Status'}\r\n`;
}

/** Header lines of a flat list, without the empty line at the end. */
export function headerLines(headers: readonly string[]): string {
  let text = '';
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}

/** A piece of a chunked body; an empty one would end it. */
export function chunk(text: string): string {
  return text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`;
}

export const LAST_CHUNK = '0\r\n\r\n';
