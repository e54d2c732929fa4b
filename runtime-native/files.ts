/**
 * Files on Node, with its callback functions: other threads run meanwhile. Paths are byte text, so that a name which is not UTF-8 is
 * a name like any other. Failures are worded as Go's `os` package does: operation, path, reason.
 */
import { Buffer } from 'node:buffer';
import {
  close,
  constants,
  fstat,
  lstat,
  mkdir,
  open,
  read,
  readdir,
  realpath,
  rename,
  rm,
  type Stats,
  stat,
  write,
} from 'node:fs';
import type { FileBackend, FileInfo, FileOutcome, OpenFile, OpenMode, Outcome } from '../builtins/files.ts';
import { codeOf, errnoText } from './errno.ts';
import { toBuffer, toText } from './latin1.ts';
import { OperationQueue } from './operation-queue.ts';
import { replaceFile, syncPath } from './replace-file.ts';

/** Without `O_NONBLOCK` a pipe without a writer would hold a thread of Node, and with it the end of the process, for ever. */
const { O_RDONLY, O_RDWR, O_CREAT, O_APPEND, O_TRUNC, O_NONBLOCK = 0 } = constants;
const FLAGS: { readonly [mode in OpenMode]: number } = {
  readonly: O_RDONLY | O_NONBLOCK,
  readwrite: O_RDWR | O_CREAT | O_NONBLOCK,
  append: O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK,
  truncate: O_RDWR | O_CREAT | O_TRUNC | O_NONBLOCK,
};

const DIRECTORY_PERMISSIONS = 0o755;
/** So many entries of a directory are looked at at a time. */
const ENTRIES_AT_ONCE = 32;
/** Up to here a buffer is made for all that is asked for; above, the size of the file is looked up first. */
const SMALL_READ_BYTES = 64 * 1024;

const DONE: Outcome = { kind: 'done', value: null };

function failed(operation: string, path: string, error: unknown): { readonly kind: 'failed'; readonly cause: string } {
  return { kind: 'failed', cause: `${operation} ${path}: ${errnoText(error)}` };
}

/** The end of a path: what a file is called there. */
function baseName(path: string): string {
  const trimmed = path.replace(/(?<=.)\/+$/s, '');
  return trimmed === '/' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

function infoOf(name: string, stats: Stats): FileInfo {
  return { name, bytes: stats.size, directory: stats.isDirectory(), modified: Math.floor(stats.mtimeMs / 1000) };
}

/** No file has a NUL in its name; Node throws at one. */
function impossible(path: string): boolean {
  return path.includes('\0');
}
const NO_NUL = { code: 'EINVAL' };

class NodeFile implements OpenFile {
  readonly #fd: number;
  readonly #path: string;
  readonly #queue = new OperationQueue();

  constructor(fd: number, path: string) {
    this.#fd = fd;
    this.#path = path;
  }

  read(offset: number, length: number, done: (outcome: FileOutcome<string>) => void): void {
    const settle = (outcome: FileOutcome<string>): void => {
      this.#queue.leave();
      done(outcome);
    };
    const readInto = (size: number): void => {
      const buffer = Buffer.allocUnsafe(size);
      read(this.#fd, buffer, 0, size, offset, (error, count) =>
        settle(error === null ? { kind: 'done', value: toText(buffer, 0, count) } : this.#failed('read', error)),
      );
    };
    this.#queue.enter(() => {
      if (length <= SMALL_READ_BYTES) readInto(length);
      else fstat(this.#fd, (_, stats) => readInto(Math.min(length, Math.max((stats?.size ?? 0) - offset, SMALL_READ_BYTES))));
    });
  }

  write(offset: number | 'end', bytes: string, done: (outcome: FileOutcome) => void): void {
    const settle = (outcome: FileOutcome): void => {
      this.#queue.leave();
      done(outcome);
    };
    const buffer = toBuffer(bytes);
    const writeFrom = (start: number, place: number): void => {
      write(this.#fd, buffer, start, buffer.length - start, place, (error, count) => {
        if (error !== null) settle(this.#failed('write', error));
        else if (start + count < buffer.length) writeFrom(start + count, place + count);
        else settle(DONE);
      });
    };
    this.#queue.enter(() => {
      if (offset !== 'end') writeFrom(0, offset);
      else fstat(this.#fd, (error, stats) => (error ? settle(this.#failed('seek', error)) : writeFrom(0, stats.size)));
    });
  }

  close(done: (outcome: Outcome) => void): void {
    this.#queue.enter(() =>
      close(this.#fd, (error) => {
        this.#queue.leave();
        done(error ? failed('close', this.#path, error) : DONE);
      }),
    );
  }

  #failed(operation: string, error: unknown): FileOutcome<never> {
    if (codeOf(error) !== 'ESPIPE') return failed(operation, this.#path, error);
    return { ...failed('seek', this.#path, error), kind: 'unseekable' };
  }
}

export const nodeFiles: FileBackend = {
  list(path, done) {
    if (impossible(path)) return done(failed('open', path, NO_NUL));
    readdir(toBuffer(path), { encoding: 'buffer' }, (error, found) => {
      if (error !== null) return done(failed(codeOf(error) === 'ENOTDIR' ? 'readdirent' : 'open', path, error));
      const names = found.map((name) => toText(name)).sort();
      return describeAll(path, names, done);
    });
  },

  stat(path, done) {
    if (impossible(path)) return done(failed('stat', path, NO_NUL));
    stat(toBuffer(path), (error, stats) => {
      if (error === null) done({ kind: 'done', value: infoOf(baseName(path), stats) });
      else done(codeOf(error) === 'ENOENT' ? { kind: 'done', value: null } : failed('stat', path, error));
    });
  },

  makeDirectory(path, done) {
    if (impossible(path)) return done(failed('mkdir', path, NO_NUL));
    makeAll(path, (error) => done(error === null ? DONE : failed('mkdir', path, error)));
  },

  remove(path, done) {
    if (path === '') return done(DONE);
    if (impossible(path)) return done(failed('unlinkat', path, NO_NUL));
    if (path === '.' || path.endsWith('/.')) return done(failed('RemoveAll', path, { code: 'EINVAL' })); // as in the reference
    rm(toBuffer(path), { recursive: true, force: true }, (error) => {
      done(error === null ? DONE : failed('unlinkat', path, error));
    });
  },

  open(path, mode, permissions, done) {
    if (impossible(path)) return done(failed('open', path, NO_NUL));
    open(toBuffer(path), FLAGS[mode], permissions, (error, fd) => {
      done(error === null ? { kind: 'done', value: new NodeFile(fd, path) } : failed('open', path, error));
    });
  },

  realPath(path, done) {
    if (impossible(path)) return done(failed('realpath', path, NO_NUL));
    realpath(toBuffer(path), 'buffer', (error, found) => {
      done(error === null ? { kind: 'done', value: toText(found) } : failed('realpath', path, error));
    });
  },
  rename(from, to, done) {
    if (impossible(from + to)) return done(failed('rename', `${from} ${to}`, NO_NUL));
    rename(toBuffer(from), toBuffer(to), (error) => done(error === null ? DONE : failed('rename', `${from} ${to}`, error)));
  },

  sync(path, done) {
    if (impossible(path)) return done(failed('fsync', path, NO_NUL));
    syncPath(path).then(
      () => done(DONE),
      (error) => done(failed('fsync', path, error)),
    );
  },

  replace(path, bytes, done) {
    if (impossible(path)) return done(failed('replace', path, NO_NUL));
    replaceFile(path, bytes).then(
      () => done(DONE),
      (error) => done(failed('replace', path, error)),
    );
  },
};

/** Finds out about the entries of a directory. One that is gone by then is left out. */
function describeAll(path: string, names: readonly string[], done: (outcome: Outcome<FileInfo[]>) => void): void {
  const found: (FileInfo | null)[] = names.map(() => null);
  let next = 0;
  let open = 0;
  const step = (): void => {
    while (next < names.length && open < ENTRIES_AT_ONCE) {
      const at = next++;
      const name = names[at] as string; // the index is in range
      open++;
      lstat(toBuffer(`${path}/${name}`), (error, stats) => {
        if (error === null) found[at] = infoOf(name, stats);
        open--;
        step();
      });
    }
    if (open === 0) done({ kind: 'done', value: found.filter((info) => info !== null) });
  };
  step();
}

/** Makes a directory and those above it. Node's own way never ends where the system says "not found" for a parent that is there (/proc). */
function makeAll(path: string, done: (error: unknown) => void): void {
  mkdir(toBuffer(path), DIRECTORY_PERMISSIONS, (error) => {
    if (error === null) return done(null);
    const parent = path.replace(/\/*[^/]*\/*$/, '');
    stat(toBuffer(path), (_, there) => {
      if (there?.isDirectory()) return done(null);
      if (there !== undefined) return done({ code: 'ENOTDIR' });
      if (codeOf(error) !== 'ENOENT' || parent === '') return done(error);
      return stat(toBuffer(parent), (missing) => {
        if (missing === null) return done(error); // it is there, and refuses
        return makeAll(parent, (above) => (above === null ? makeAll(path, done) : done(above)));
      });
    });
  });
}
