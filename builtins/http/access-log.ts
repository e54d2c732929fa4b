import { Float, type Obj, obj, str } from '../../language/values/values.ts';

export interface LogEntry {
  readonly remote: string;
  readonly method: string;
  readonly url: string;
  /** 0 when the client went away before the answer. */
  readonly status: number;
  /** Of the answer's body. */
  readonly bytes: number;
  readonly seconds: number;
}

/** `{time, remote, method, url, status, bytes, seconds}` */
export function logEntry({ remote, method, url, status, bytes, seconds }: LogEntry): Obj {
  return obj({
    time: new Float(Date.now() / 1000),
    remote: str(remote),
    method: str(method),
    url: str(url),
    status,
    bytes,
    seconds: new Float(seconds),
  });
}

/** `2026-11-30T15:00:00.000Z 127.0.0.1:5000 GET /path 200 12 0.001` */
export function logLine({ remote, method, url, status, bytes, seconds }: LogEntry): string {
  return `${[new Date().toISOString(), remote, method, escaped(url), status, bytes, seconds.toFixed(3)].join(' ')}\n`;
}

/** Nothing that a client sends can start a line or a control sequence of a terminal. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  return text.replace(/[\x00-\x20\x7f-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
