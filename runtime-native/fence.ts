/** Fences round files, programs and variables of the system, as the flags `--allow-read`, `--allow-write`, `--allow-run` and `--allow-env` set them. */
import { lstatSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FileBackend, OpenFile } from '../builtins/files.ts';
import type { ProcessBackend } from '../builtins/processes.ts';
import type { Target } from '../builtins/sockets/backend.ts';
import type { NetworkPolicy } from '../embedding/options.ts';
import type { ModuleFinder } from '../language/modules.ts';
import { utf8Decode, utf8Encode } from '../language/values/bytes.ts';
import { toBuffer, toText } from './latin1.ts';

const DENIED = 'permission denied';

/** The entries of a list that is separated by commas. */
export function entriesOf(list: string): string[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** Whether a path (byte text) is one of those listed, or below one of them, after links were followed. Without a list each is. */
export function pathFence(list: readonly string[] | null): (path: string) => boolean {
  if (list === null) return () => true;
  const roots = list.map((entry) => realPath(utf8Encode(resolve(entry))));
  return (path) => {
    const real = realPath(path);
    return (
      real !== null && roots.some((root) => root !== null && (real === root || real.startsWith(root === '/' ? root : `${root}/`)))
    );
  };
}

/** No system takes a longer path (Linux: 4,096 bytes). Below it the function that calls itself for each folder does not go deep. */
const MOST_PATH_BYTES = 4096;

/** Where a path leads, also when its end does not exist yet; null where that is not known. */
function realPath(path: string): string | null {
  if (path.includes('\0') || path.length > MOST_PATH_BYTES) return null;
  try {
    return toText(realpathSync.native(toBuffer(path === '' ? '.' : path), { encoding: 'buffer' })); // follows links before `..`, as the system does
  } catch {
    // its end does not exist, or a link leads nowhere
  }
  const whole = path.replace(/\/+$/, '');
  const slash = whole.lastIndexOf('/');
  const name = whole.slice(slash + 1);
  if (name === '' || name === '.' || name === '..' || isThere(whole)) return null;
  const parent = realPath(slash < 0 ? '.' : whole.slice(0, slash) || '/');
  return parent === null ? null : `${parent === '/' ? '' : parent}/${name}`;
}

function isThere(path: string): boolean {
  try {
    lstatSync(toBuffer(path));
    return true;
  } catch {
    return false;
  }
}

/** The same files, of which only those may be read and written that the fences let through. */
export function fencedFiles(
  files: FileBackend,
  mayRead: (path: string) => boolean,
  mayWrite: (path: string) => boolean,
): FileBackend {
  const denied = (operation: string, path: string) => ({ kind: 'failed', cause: `${operation} ${path}: ${DENIED}` }) as const;
  return {
    list: (path, done) => (mayRead(path) ? files.list(path, done) : done(denied('open', path))),
    stat: (path, done) => (mayRead(path) ? files.stat(path, done) : done(denied('stat', path))),
    makeDirectory: (path, done) => (mayWrite(path) ? files.makeDirectory(path, done) : done(denied('mkdir', path))),
    remove: (path, done) => (path === '' || mayWrite(path) ? files.remove(path, done) : done(denied('unlinkat', path))),
    open(path, mode, permissions, done) {
      if (!(mode === 'readonly' ? mayRead(path) : mayWrite(path))) {
        done(denied('open', path));
        return;
      }
      const readable = mayRead(path);
      files.open(path, mode, permissions, (outcome) => {
        if (outcome.kind === 'failed' || readable) done(outcome);
        else done({ kind: 'done', value: writeOnly(outcome.value, path) });
      });
    },
    rename(from, to, done) {
      if (mayWrite(from) && mayWrite(to) && (mayRead(from) || !mayRead(to))) files.rename?.(from, to, done);
      else done(denied('rename', `${from} ${to}`));
    },
    sync: (path, done) => (mayRead(path) || mayWrite(path) ? files.sync?.(path, done) : done(denied('fsync', path))),
    replace: (path, bytes, done) => (mayWrite(path) ? files.replace?.(path, bytes, done) : done(denied('replace', path))),
  };
}

/** Every mode but `readonly` lets a program read what is there. */
function writeOnly(file: OpenFile, path: string): OpenFile {
  return {
    read: (_offset, _length, done) => done({ kind: 'failed', cause: `read ${path}: ${DENIED}` }),
    write: (offset, bytes, done) => file.write(offset, bytes, done),
    close: (done) => file.close(done),
  };
}

/**
 * The same policy, where the path of a Unix socket must be let through, too: listening makes a file there, connecting reads and writes.
 * A socket without a file (`unix:@name`) is reached by who may reach everything.
 */
export function fencedSockets(
  policy: NetworkPolicy,
  mayRead: (path: string) => boolean,
  mayWrite: (path: string) => boolean,
): NetworkPolicy {
  const inside = (target: Target, ...fences: readonly ((path: string) => boolean)[]): boolean => {
    if (target.kind !== 'unix') return true;
    const path = target.path.startsWith('@') ? '/' : target.path;
    return fences.every((isOpen) => isOpen(path));
  };
  return {
    ...policy,
    mayConnect: (target) => inside(target, mayRead, mayWrite) && (policy.mayConnect?.(target) ?? true),
    mayListen: (target) => inside(target, mayWrite) && (policy.mayListen?.(target) ?? true),
  };
}

/** The same modules, as far as they may be read. */
export function fencedModules(modules: ModuleFinder, mayRead: (path: string) => boolean): ModuleFinder {
  return {
    find(path, directory, fromLibrary) {
      const found = modules.find(path, directory, fromLibrary);
      return found !== null && mayRead(utf8Encode(found.key)) ? found : null;
    },
  };
}

/** Runs the programs of a list only: a name as it is found in `$PATH`, or a path. */
export function fencedExec(exec: ProcessBackend['exec'], list: readonly string[]): ProcessBackend['exec'] {
  const names = new Set(list.filter((entry) => !entry.includes('/')));
  const paths = new Set(list.filter((entry) => entry.includes('/')).map((entry) => resolve(entry)));
  return (command, done) => {
    const asked = utf8Decode(command.path);
    if (asked.includes('/') ? paths.has(resolve(asked)) : names.has(asked)) return exec(command, done);
    done({ kind: 'failed', cause: `exec: "${command.path}": ${DENIED}; --allow-run would allow it` });
    return () => {};
  };
}

/** The variables with these names. */
export function fencedEnv(env: NodeJS.ProcessEnv, list: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => list.includes(name)));
}
