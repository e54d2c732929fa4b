/** The functions of a server that programs get: they close, drain, describe and reload it. */
import { mistake } from '../../language/runtime/errors.ts';
import { type Fn, type Obj, type Suspended, str, type Value } from '../../language/values/values.ts';
import { milliseconds } from '../params.ts';
import { namedFunction } from '../registry.ts';
import { okResult } from './results.ts';

/** A server that runs. */
export interface RunningServer {
  /** Takes no more connections. */
  stop(): void;
  /** Takes no more connections, and waits for those that are open; `limitMs` 0 is for ever. */
  drain(limitMs: number): Value | Suspended;
  stats(): Obj;
  /** Reads the certificates again. */
  reload(): Value | Suspended;
}

/** The function that a program closes its server with. */
export function closeFunction(server: Pick<RunningServer, 'stop'>): Fn {
  return namedFunction('close', () => {
    server.stop();
    return null;
  });
}

/** `{type: :ok, local, close, drain, stats, reload}` */
export function serverResult(server: RunningServer, local: string): Obj {
  const result = okResult();
  result.local = str(local);
  result.close = closeFunction(server);
  result.drain = namedFunction('drain', (limit) => {
    const limitMs = milliseconds(limit ?? null);
    if (limitMs === undefined) throw mistake('argument', { says: 'drain requires a non-negative number, got', value: limit });
    return server.drain(limitMs);
  });
  result.stats = namedFunction('stats', () => server.stats());
  result.reload = namedFunction('reload', () => server.reload());
  return result;
}

/** What `drain` returns: `{type: :ok, remaining}`, with the number of connections that were closed in the end. */
export function drained(remaining: number): Obj {
  const result = okResult();
  result.remaining = remaining;
  return result;
}
