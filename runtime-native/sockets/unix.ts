/** Unix sockets: connections and listeners whose address is a path. */
import { isUtf8 } from 'node:buffer';
import { lstatSync, statSync, unlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { Failure } from '../../builtins/sockets/backend.ts';
import { codeOf, errnoText } from '../errno.ts';
import { toBuffer } from '../latin1.ts';
import { AcceptGate, serverHandle } from './accepting.ts';
import { kindOf } from './errors.ts';
import type { Listening } from './listener.ts';
import { newServer } from './shared-server.ts';

/** What the address of a Unix socket has room for, in bytes; of a longer path the system would silently take the beginning. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;

/** Paths are bytes to us and text to Node, as which they are written in UTF-8. */
function pathText(path: string): string {
  return toBuffer(path).toString('utf8');
}

/** Why the system would take another path for this one; null if it would not. */
function unfit(path: string): string | null {
  if (path.length > LONGEST_PATH) return 'file name too long';
  return isUtf8(toBuffer(path)) ? null : 'file name is not UTF-8';
}

/** Connects to a path; call the result to give up. */
export function dialUnix(path: string, done: (outcome: Socket | Failure) => void): () => void {
  const wrong = unfit(path);
  if (wrong !== null) {
    done(new Failure('address', `dial unix ${path}: connect: ${wrong}`));
    return () => {};
  }
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

/** Listens on a path. A socket file without a listener is left over from a program that died, and is replaced. */
export function listenUnix(path: string, { options: { backlog }, listeners, accept, events, done }: Listening): void {
  const entrance = new AcceptGate(backlog, events, () => `unix ${path}`, accept);
  const server = newServer({}, entrance.enter);
  const door = serverHandle(server, entrance);
  const fail = (error: unknown): void => {
    listeners.delete(door);
    done(new Failure(kindOf(error), `listen unix ${path}: bind: ${errnoText(error)}`));
  };
  const start = (onError: (error: Error) => void): void => {
    const onFailure = (error: Error): void => {
      server.off('listening', onListening); // another attempt may follow
      onError(error);
    };
    const onListening = (): void => {
      server.off('error', onFailure);
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
    };
    server.once('error', onFailure).once('listening', onListening);
    server.listen({ path: pathText(path), backlog });
  };
  const wrong = unfit(path);
  if (wrong !== null) {
    done(new Failure('address', `listen unix ${path}: bind: ${wrong}`));
    return;
  }
  listeners.add(door);
  start((error) => {
    if (codeOf(error) !== 'EADDRINUSE' || !isSocket(path)) {
      fail(codeOf(error) === 'EACCES' && isMissing(dirname(path)) ? NO_FOLDER : error); // libuv says EACCES then
      return;
    }
    dialUnix(path, (answer) => {
      if (!(answer instanceof Failure)) {
        answer.destroy();
        fail(error);
      } else if (answer.code !== 'refused') {
        fail(error);
      } else {
        try {
          unlinkSync(toBuffer(path));
        } catch (mayNot) {
          fail(mayNot);
          return;
        }
        start(fail);
      }
    });
  });
}

const NO_FOLDER = { code: 'ENOENT' };

/** Whether a folder is missing, as far as permissions allow to see. */
function isMissing(folder: string): boolean {
  try {
    return statSync(toBuffer(folder), { throwIfNoEntry: false })?.isDirectory() !== true;
  } catch {
    return false;
  }
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(toBuffer(path), { throwIfNoEntry: false })?.isSocket() === true;
  } catch {
    return false;
  }
}
