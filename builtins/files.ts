/**
 * Files and directories. The builtins check arguments and shape results; a runtime supplies the backend that does the work.
 *
 * All wait for the operating system without keeping other threads from running. Causes of failures are worded by the backend, as the
 * reference words them: `open nofile: no such file or directory`.
 */

import { mistake } from '../language/runtime/errors.ts';
import type { Machine } from '../language/runtime/machine.ts';
import { atom, failure, type Int, MAX_TEXT, Obj, type Str, type Suspended, str, type Value } from '../language/values/values.ts';
import { atomValue, int, optional, text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';
import { dataResult, endResult, textResult, unavailable } from './results.ts';

/** What a backend found out or did; `cause` is byte text. */
export type Outcome<T = null> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly cause: string };

/** The same for an open file, where finding the place in it may fail, too. */
export type FileOutcome<T = null> = Outcome<T> | { readonly kind: 'unseekable'; readonly cause: string };

export interface FileInfo {
  /** Without the directories before it. Byte text. */
  readonly name: string;
  readonly bytes: number;
  readonly directory: boolean;
  /** When it was last changed, in whole seconds since 1970. */
  readonly modified: number;
}

export type OpenMode = 'readonly' | 'readwrite' | 'append' | 'truncate';

/** An open file. Operations are carried out in the order in which they are asked for. */
export interface OpenFile {
  /** Up to `length` bytes from `offset` on, as byte text; '' at the end. */
  read(offset: number, length: number, done: (outcome: FileOutcome<string>) => void): void;
  /** Writes all of the byte text. */
  write(offset: number | 'end', bytes: string, done: (outcome: FileOutcome) => void): void;
  close(done: (outcome: Outcome) => void): void;
}

/** The files of a runtime. Paths are byte text. `done` is called once, also before the method has returned. */
export interface FileBackend {
  /** What is in a directory, sorted by name. */
  list(path: string, done: (outcome: Outcome<FileInfo[]>) => void): void;
  /** What is at a path, or null when there is nothing. */
  stat(path: string, done: (outcome: Outcome<FileInfo | null>) => void): void;
  /** Makes a directory and those above it that do not exist. One that exists is fine. */
  makeDirectory(path: string, done: (outcome: Outcome) => void): void;
  /** Removes a file, or a directory with all that is in it. One that does not exist is fine. */
  remove(path: string, done: (outcome: Outcome) => void): void;
  /** The path that a path leads to when all links are followed. */
  realPath?(path: string, done: (outcome: Outcome<string>) => void): void;
  open(path: string, mode: OpenMode, permissions: number, done: (outcome: Outcome<OpenFile>) => void): void;
  /** Moves a file or directory to another path. A file that is already there is replaced in one step. */
  rename?(from: string, to: string, done: (outcome: Outcome) => void): void;
  /** Waits until what was written to a file, or the entries of a directory, would survive a crash of the system. */
  sync?(path: string, done: (outcome: Outcome) => void): void;
  /**
   * Replaces the content of a file, which need not exist, so that readers and a crash find the old content or the new, never a part.
   * Keeps the permissions. A failure leaves the old file and nothing beside it.
   */
  replace?(path: string, bytes: string, done: (outcome: Outcome) => void): void;
}

const MODES: readonly OpenMode[] = ['readonly', 'readwrite', 'append', 'truncate'];
const FILE = atom('file');
const READWRITE = atom('readwrite');
/** Who may do what with a new file: its owner read and write, all others read. */
const STANDARD_PERMISSIONS = 0o644;

/** The open files of one machine, by the numbers that its program has for them. Numbers are not used again. */
class OpenFiles {
  readonly #files = new Map<Int, { readonly path: string; readonly file: OpenFile }>();
  #next = 3;

  add(path: string, file: OpenFile): number {
    this.#files.set(this.#next, { path, file });
    return this.#next++;
  }

  get(fd: Int) {
    return this.#files.get(fd);
  }

  take(fd: Int) {
    const open = this.#files.get(fd);
    this.#files.delete(fd);
    return open;
  }
}

const openFilesOf = new WeakMap<Machine, OpenFiles>();

function openFiles(machine: Machine): OpenFiles {
  const known = openFilesOf.get(machine);
  if (known !== undefined) return known;
  const made = new OpenFiles();
  openFilesOf.set(machine, made);
  return made;
}

function infoObject(info: FileInfo): Obj {
  const made = new Obj();
  made.name = str(info.name);
  made.len = info.bytes;
  made.dir = info.directory;
  made.mod = info.modified;
  return made;
}

/** Suspends the thread until the backend is done. Returns what `shape` makes of its result, or the failure. */
function awaiting<T>(
  machine: Machine,
  action: string,
  start: (done: (outcome: Outcome<T>) => void) => void,
  shape: (value: T) => Value,
): Suspended {
  return machine.park((wake) =>
    start((outcome) => wake(outcome.kind === 'done' ? shape(outcome.value) : failure(`${action}: ${outcome.cause}`))),
  );
}

/** The same for an open file: `verb` is `reading` or `writing`. */
function transferring<T>(
  machine: Machine,
  verb: string,
  start: (done: (outcome: FileOutcome<T>) => void) => void,
  shape: (value: T) => Value,
): Suspended {
  return machine.park((wake) =>
    start((outcome) => {
      switch (outcome.kind) {
        case 'done':
          return wake(shape(outcome.value));
        case 'failed':
          return wake(failure(`Error ${verb} file: ${outcome.cause}`));
        case 'unseekable':
          return wake(failure(`Error ${verb} file during seek: ${outcome.cause}`));
      }
    }),
  );
}

function unknown(fd: Int): Obj {
  return failure(`Unknown fd ${fd}`);
}

function open(machine: Machine, backend: FileBackend, path: string, flag: string, permissions: Int): Suspended {
  const mode = MODES.find((known) => known === flag);
  if (mode === undefined) throw mistake('argument', { says: 'Invalid flag for open():', value: atom(flag) });
  const bits = Number(BigInt.asUintN(9, BigInt(permissions)));
  return awaiting(
    machine,
    'Could not open file',
    (done) => backend.open(path, mode, bits, done),
    (file: OpenFile) => {
      const made = new Obj();
      made.type = FILE;
      made.fd = openFiles(machine).add(path, file);
      return made;
    },
  );
}

function read(machine: Machine, fd: Int, offset: Int, length: Int): Value | Suspended {
  if (length < 0) throw mistake('argument', { says: 'length for read() must be non-negative, got', value: length });
  const found = openFiles(machine).get(fd);
  if (found === undefined) return unknown(fd);
  if (offset < 0) return failure(`Error reading file during seek: seek ${found.path}: invalid argument`);
  if (typeof offset === 'bigint') return textResult(''); // no file is that long
  const most = Math.min(Number(length), MAX_TEXT);
  return transferring(machine, 'reading', (done) => found.file.read(offset, most, done), textResult);
}

function write(machine: Machine, fd: Int, offset: Int, bytes: Str): Value | Suspended {
  const found = openFiles(machine).get(fd);
  if (found === undefined) return unknown(fd);
  if (offset < -1) return failure(`Error writing file during seek: seek ${found.path}: invalid argument`);
  if (typeof offset === 'bigint') return failure(`Error writing file: write ${found.path}: file too large`);
  const place = offset === -1 ? 'end' : offset;
  return transferring(machine, 'writing', (done) => found.file.write(place, bytes.text, done), endResult);
}

function close(machine: Machine, fd: Int): Value | Suspended {
  const found = openFiles(machine).take(fd);
  if (found === undefined) return unknown(fd);
  return awaiting(machine, 'Error closing file', (done) => found.file.close(done), endResult);
}

/** The builtins for files; without a backend each answers a structured error. */
export function fileBuiltins(backend: FileBackend | null): Builtin[] {
  return backend === null ? unavailable(working(NO_FILES)) : working(backend);
}

function working(backend: FileBackend): Builtin[] {
  const rename = builtin({
    ...common('rename', 'moves a file or directory to another path, in place of a file that is there'),
    params: [text('from'), text('to')],
    run: (machine, { text: from }, { text: to }) =>
      awaiting(
        machine,
        `Could not rename ${from}`,
        (done) => (backend.rename === undefined ? cannot(done) : backend.rename(from, to, done)),
        endResult,
      ),
  });
  return [
    builtin({
      ...common('ls', 'what is in a directory'),
      params: [text('directory')],
      run: (machine, { text: path }) =>
        awaiting(
          machine,
          `Could not list directory ${path}`,
          (done) => backend.list(path, done),
          (found: FileInfo[]) => dataResult(found.map(infoObject)),
        ),
    }),
    builtin({
      ...common('stat', 'name, length, kind and time of change of a file; its data is ? when there is none'),
      params: [text('path')],
      run: (machine, { text: path }) =>
        awaiting(
          machine,
          `Could not stat file ${path}`,
          (done) => backend.stat(path, done),
          (found: FileInfo | null) => dataResult(found === null ? null : infoObject(found)),
        ),
    }),
    builtin({
      ...common('mkdir', 'makes a directory, and those above it'),
      params: [text('path')],
      run: (machine, { text: path }) =>
        awaiting(machine, `Could not make a new directory ${path}`, (done) => backend.makeDirectory(path, done), endResult),
    }),
    builtin({
      ...common('rm', 'removes a file, or a directory with all that is in it'),
      params: [text('path')],
      run: (machine, { text: path }) =>
        awaiting(machine, `Could not remove ${path}`, (done) => backend.remove(path, done), endResult),
    }),
    builtin({
      ...common('open', 'opens a file: :readonly, :readwrite, :append or :truncate'),
      params: [text('path'), optional(atomValue('flag'), READWRITE), optional(int('permissions'), STANDARD_PERMISSIONS)],
      run: (machine, path, flag, permissions) => open(machine, backend, path.text, flag.name, permissions),
    }),
    builtin({
      ...common('close', 'closes a file'),
      params: [int('fd')],
      run: close,
    }),
    builtin({
      ...common('read', 'up to length bytes of a file'),
      params: [int('fd'), int('offset'), int('length')],
      run: read,
    }),
    builtin({
      ...common('write', 'writes bytes into a file; offset -1 is its end'),
      params: [int('fd'), int('offset'), text('data')],
      run: write,
    }),
    builtin({
      ...common('__real_path', 'the path that a path leads to when all links are followed'),
      params: [text('path')],
      run: (machine, { text: path }) =>
        awaiting(
          machine,
          `Could not resolve ${path}`,
          (done) => (backend.realPath === undefined ? done({ kind: 'done', value: path }) : backend.realPath(path, done)),
          textResult,
        ),
    }),
    rename,
    { ...rename, name: '__rename_file' }, // for lib/fs.oak, where `rename` is the function of the module
    builtin({
      ...common('fsync', 'waits until a file, or the entries of a directory, are on the disk'),
      params: [text('path')],
      run: (machine, { text: path }) =>
        awaiting(
          machine,
          `Could not sync ${path}`,
          (done) => (backend.sync === undefined ? cannot(done) : backend.sync(path, done)),
          endResult,
        ),
    }),
    builtin({
      ...common('__replace_file', 'replaces the content of a file in one step'),
      params: [text('path'), text('data')],
      run: (machine, { text: path }, { text: data }) =>
        awaiting(
          machine,
          `Could not replace ${path}`,
          (done) => (backend.replace === undefined ? cannot(done) : backend.replace(path, data, done)),
          endResult,
        ),
    }),
  ];
}

/** For what a backend has no method. */
function cannot(done: (outcome: Outcome) => void): void {
  done({ kind: 'failed', cause: 'operation not supported' });
}

function common(name: string, help: string) {
  return { name, help, group: 'files', backend: 'files', suspends: true, callback: true } as const;
}

const never = (): never => {
  throw new Error('no files in this runtime');
};
/** Stands where a backend would; what is unavailable never calls it. */
export const NO_FILES: FileBackend = { list: never, stat: never, makeDirectory: never, remove: never, open: never };
