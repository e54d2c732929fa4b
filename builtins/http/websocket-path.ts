/** The servers of `ws_listen`: WebSockets under one path, and nothing else. */
import type { Obj } from '../../language/values/values.ts';
import { refusalOfUpgrade } from './handshake.ts';
import { type Refusal, refuseRequest } from './incoming.ts';
import { connectEvent } from './results.ts';
import { type ServingKind, UPGRADE_PREFIX } from './serving.ts';

const VERSION = ['Sec-WebSocket-Version', '13'];

/** A server that is for WebSockets only, under one path: exact, or with all below it when it ends in `/`. */
export function webSocketsAt(path: string): ServingKind {
  return {
    startPrefix: 'Error starting websocket server in ws_listen(): ',
    upgrades: true,
    route(serving, exchange) {
      const answer = (refusal: Refusal, headers: readonly string[] = []): true => {
        refuseRequest(exchange.io, refusal, headers);
        exchange.upgraded(refusal.status);
        return true;
      };
      const mark = exchange.url.indexOf('?');
      const asked = mark < 0 ? exchange.url : exchange.url.slice(0, mark);
      const query = mark < 0 ? '' : exchange.url.slice(mark);
      const clean = cleanPath(asked);
      const isUnder = path.endsWith('/') && (clean.startsWith(path) || `${clean}/` === path);
      if (clean !== asked || (isUnder && !clean.startsWith(path))) {
        const target = isUnder && !clean.startsWith(path) ? path : clean;
        if (clean === path || isUnder) return answer({ status: 301, reason: '' }, ['Location', target + query]);
      }
      if (clean !== path && !isUnder) return answer({ status: 404, reason: '' });
      const refusal = refusalOfUpgrade(exchange.io.head, serving.options.origins);
      if (refusal !== null) {
        serving.failed(`${UPGRADE_PREFIX}websocket: ${refusal.reason}`, 'protocol');
        return answer(refusal, refusal.status === 400 ? VERSION : []);
      }
      serving.grant(exchange, null, (result) => {
        const { socket } = result;
        const event = socket === undefined ? result : connectEvent(socket as Obj, exchange.describe());
        if (result.protocol !== undefined) event.protocol = result.protocol;
        serving.machine.spawn(serving.handler, [event]);
      });
      return true;
    },
  };
}

/** A path without empty parts, `.` and `..`; a slash at the end stays. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const clean = `/${parts.join('/')}`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}
