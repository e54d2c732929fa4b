/** Unix sockets: connections and listeners whose address is a path. */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { Failure, type Listener, type ListenerEvents, type ListenerOptions } from '../../builtins/sockets/backend.ts';
import { codeOf, errnoText } from '../errno.ts';
import { toBuffer } from '../latin1.ts';
import { type Door, doorOf, Entrance } from './accepting.ts';
import { kindOf } from './errors.ts';

/** Paths are bytes to us and text to Node, as which they are written in UTF-8. */
function pathText(path: string): string {
  return toBuffer(path).toString('utf8');
}

/** Connects to a path; the result gives up. */
export function dialUnix(path: string, done: (outcome: Socket | Failure) => void): () => void {
  const stream = connect({ path: pathText(path), allowHalfOpen: true });
  let waiting = true;
  const settle = (outcome: Socket | Failure): void => {
    if (!waiting) return;
    waiting = false;
    done(outcome);
  };
  stream.once('connect', () => settle(stream));
  stream.on('error', (error) => settle(new Failure(kindOf(error), `dial unix ${path}: connect: ${errnoText(error)}`)));
  return () => {
    waiting = false;
    stream.destroy();
  };
}

/** Listens on a path. A socket file on which nobody answers is left over from a program that died, and is replaced. */
export function listenUnix(
  path: string,
  { backlog }: ListenerOptions,
  listeners: Set<Door>,
  accept: (stream: Socket) => void,
  events: ListenerEvents,
  done: (outcome: Listener | Failure) => void,
): void {
  const entrance = new Entrance(backlog, events, () => `unix ${path}`, accept);
  const server = createServer({ allowHalfOpen: true }, entrance.enter);
  const door = doorOf(server, entrance);
  const fail = (error: Error): void => {
    listeners.delete(door);
    done(new Failure(kindOf(error), `listen unix ${path}: bind: ${errnoText(error)}`));
  };
  const start = (onError: (error: Error) => void): void => {
    server.once('error', onError);
    server.listen({ path: pathText(path), backlog }, () => {
      server.off('error', onError);
      server.on('error', (error) => {
        events.failed(new Failure(kindOf(error), `accept unix ${path}: accept4: ${errnoText(error)}`), true);
      });
      done({
        local: `unix:${path}`,
        close: () => {
          listeners.delete(door);
          door.close(); // removes the file, too
        },
        hold: (isHeld) => entrance.hold(isHeld),
        waiting: () => entrance.waiting(),
      });
    });
  };
  listeners.add(door);
  start((error) => {
    if (codeOf(error) !== 'EADDRINUSE' || !isSocket(path)) {
      fail(error);
      return;
    }
    dialUnix(path, (answer) => {
      if (!(answer instanceof Failure)) {
        answer.destroy();
        fail(error);
      } else if (answer.code !== 'refused') {
        fail(error);
      } else {
        unlinkSync(toBuffer(path));
        start(fail);
      }
    });
  });
}

function isSocket(path: string): boolean {
  return lstatSync(toBuffer(path), { throwIfNoEntry: false })?.isSocket() ?? false;
}
