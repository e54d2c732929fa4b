/** `MAGNOLIA_TRACE=net`: a line on standard error for each thing that happens to a socket. Never data, never keys. */
import { writeSync } from 'node:fs';
import type { SocketEvent, SocketWatch } from '../../builtins/sockets/watch.ts';

/** The watch that the variable asks for: a list of words, of which `net` is the one for sockets. */
export function traceFrom(variable: string | undefined, write: (line: string) => void = toStandardError): SocketWatch | null {
  if (variable === undefined || !variable.split(/[ ,]+/).includes('net')) return null;
  return {
    tell: (event) => write(`net ${lineOf(event)}\n`),
    bytes: (id, direction, count) => write(`net #${id} ${direction} ${count} bytes\n`),
  };
}

function lineOf(event: SocketEvent): string {
  switch (event.kind) {
    case 'connect':
      return `#${event.id} connect to ${event.remote} from ${event.local}${event.tls ? ' (TLS)' : ''}`;
    case 'accept':
      return `#${event.id} accept from ${event.remote} on ${event.local}${event.tls ? ' (TLS)' : ''}`;
    case 'tls':
      return `#${event.id} tls ${event.protocol} ${event.cipher}${event.verified ? ', verified' : ', not verified'}${event.resumed ? ', resumed' : ''}`;
    case 'tls-failed':
      return `#${event.id} tls failed (${event.code}): ${event.reason}`;
    case 'broken':
      return `#${event.id} broken (${event.code}): ${event.reason}`;
    case 'close':
      return `#${event.id} close, ${event.bytesIn} bytes in, ${event.bytesOut} bytes out`;
    case 'listen':
      return `- listen on ${event.local}`;
    case 'listen-closed':
      return `- stop listening on ${event.local}`;
    case 'listen-failed':
      return `- listen on ${clean(event.address)} failed (${event.code}): ${clean(event.reason)}`;
    case 'connect-failed':
      return `- connect to ${clean(event.address)} failed (${event.code}): ${clean(event.reason)}`;
    case 'accept-failed':
      return `- accept on ${event.local} failed (${event.code}): ${event.reason}`;
  }
}

/** An address that a program made up may hold anything; a line stays one line. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  return text.replace(/[\x00-\x1f\x7f]/g, '?');
}

function toStandardError(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // the reader is gone, or does not keep up
  }
}
