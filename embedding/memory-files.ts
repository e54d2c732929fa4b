/** Files that exist in memory only: for browsers, tests, and programs that must not see the files of the system. */

import type { FileBackend, FileInfo, FileOutcome, OpenFile, OpenMode, Outcome } from '../builtins/files.ts';
import { asBytes, type ByteText, utf8Decode, utf8Encode } from '../language/values/bytes.ts';
import { codec, MAX_TEXT, Str } from '../language/values/values.ts';
import { bytesOf } from './values.ts';

/** Paths and what is in the files there; text is stored as UTF-8. */
export interface FileContents {
  readonly [path: string]: string | Uint8Array;
}

class File {
  readonly content: Str;
  modified = Date.now();

  constructor(bytes: ByteText) {
    this.content = new Str(bytes);
  }
}

class Directory {
  readonly entries = new Map<string, Directory | File>();
  modified = Date.now();
}

const DONE: Outcome = { kind: 'done', value: null };
type Failed = { readonly kind: 'failed'; readonly cause: string };

function failed(operation: string, path: string, why: string): Failed {
  return { kind: 'failed', cause: `${operation} ${path}: ${why}` };
}
const MISSING = 'no such file or directory';
const NO_DIRECTORY = 'not a directory';
const IS_DIRECTORY = 'is a directory';
const INVALID = 'invalid argument';
const NOT_ALLOWED = 'bad file descriptor';

/**
 * A tree of files in memory. Programs see it as their file system; paths that begin without `/` lead on from `directory`.
 *
 *     const files = new MemoryFiles({ '/data/names.txt': 'Ann\nBob\n' });
 *     await createRuntime({ files }).run(program);
 *     files.text('/data/result.txt');
 */
export class MemoryFiles implements FileBackend {
  readonly #root = new Directory();
  readonly #start: readonly string[];

  constructor(
    contents: FileContents = {},
    /** The working directory of programs; it is made. */
    readonly directory = '/',
  ) {
    this.#start = partsOf(utf8Encode(directory));
    this.#makeAll(this.#start);
    for (const [path, content] of Object.entries(contents)) this.put(path, content);
  }

  /** Puts a file at a path, together with the directories above it. */
  put(path: string, content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? utf8Encode(content) : codec.decode(content, 0, content.length);
    const names = this.#parts(utf8Encode(path));
    const name = names.pop();
    const directory = name === undefined ? null : this.#makeAll(names);
    if (name === undefined || directory === null || directory.entries.get(name) instanceof Directory) {
      throw new Error(`There cannot be a file at ${path}`);
    }
    directory.entries.set(name, new File(bytes));
  }

  /** The bytes of a file; null if it does not exist. */
  bytes(path: string): Uint8Array | null {
    const found = this.#find(utf8Encode(path));
    return found instanceof File ? bytesOf(found.content.text) : null;
  }

  /** The text of a file; null if it does not exist. */
  text(path: string): string | null {
    const found = this.#find(utf8Encode(path));
    return found instanceof File ? utf8Decode(found.content.text) : null;
  }

  /** The paths of all files. */
  paths(): string[] {
    const found: string[] = [];
    const walk = (directory: Directory, path: string): void => {
      for (const [name, entry] of directory.entries) {
        if (entry instanceof Directory) walk(entry, `${path}${name}/`);
        else found.push(utf8Decode(path + name));
      }
    };
    walk(this.#root, '/');
    return found.sort();
  }

  // ---- what programs do with it; paths are byte text ----

  list(path: string, done: (outcome: Outcome<FileInfo[]>) => void): void {
    const found = this.#find(path);
    if (found instanceof Directory) {
      const entries = [...found.entries].sort(([a], [b]) => (a < b ? -1 : 1));
      done({ kind: 'done', value: entries.map(([name, entry]) => infoOf(name, entry)) });
    } else {
      done(failed(found instanceof File ? 'readdirent' : 'open', path, found instanceof File ? NO_DIRECTORY : found));
    }
  }

  stat(path: string, done: (outcome: Outcome<FileInfo | null>) => void): void {
    const found = this.#find(path);
    if (typeof found !== 'string') done({ kind: 'done', value: infoOf(this.#parts(path).pop() ?? '/', found) });
    else done(found === MISSING ? { kind: 'done', value: null } : failed('stat', path, found));
  }

  makeDirectory(path: string, done: (outcome: Outcome) => void): void {
    if (path === '') done(failed('mkdir', path, MISSING));
    else done(this.#makeAll(this.#parts(path)) === null ? failed('mkdir', path, NO_DIRECTORY) : DONE);
  }

  remove(path: string, done: (outcome: Outcome) => void): void {
    done(path === '' ? DONE : this.#remove(path));
  }

  open(path: string, mode: OpenMode, _permissions: number, done: (outcome: Outcome<OpenFile>) => void): void {
    done(this.#open(path, mode));
  }

  rename(from: string, to: string, done: (outcome: Outcome) => void): void {
    done(this.#rename(from, to));
  }

  sync(path: string, done: (outcome: Outcome) => void): void {
    const found = this.#find(path);
    done(typeof found === 'string' ? failed('fsync', path, found) : DONE);
  }

  replace(path: string, bytes: string, done: (outcome: Outcome) => void): void {
    done(this.#replace(path, bytes));
  }

  #replace(path: string, bytes: string): Outcome {
    const opened = this.#open(path, 'readwrite');
    if (opened.kind === 'failed') return opened;
    const file = this.#find(path) as File; // what was opened
    file.content.raw = asBytes(bytes);
    file.modified = Date.now();
    return DONE;
  }

  #rename(from: string, to: string): Outcome {
    const fail = (why: string): Outcome => failed('rename', `${from} ${to}`, why);
    const moved = this.#find(from);
    if (typeof moved === 'string') return fail(moved);
    const there = this.#find(to);
    if (there === moved) return DONE;
    const [oldNames, newNames] = [this.#parts(from), this.#parts(to)];
    const [oldName, newName] = [oldNames.pop(), newNames.pop()];
    const [oldParent, newParent] = [this.#walk(oldNames), this.#walk(newNames)];
    if (to === '' || to.includes('\0')) return fail(to === '' ? MISSING : INVALID);
    if (oldName === undefined || newName === undefined) return fail('device or resource busy');
    if (!(newParent instanceof Directory)) return fail(newParent instanceof File ? NO_DIRECTORY : newParent);
    if (!(oldParent instanceof Directory)) return fail(MISSING);
    if (moved instanceof Directory) {
      if ([...this.#parts(to)].join('/').startsWith(`${this.#parts(from).join('/')}/`)) return fail(INVALID); // into itself
      if (there instanceof File) return fail(NO_DIRECTORY);
      if (there instanceof Directory && there.entries.size > 0) return fail('directory not empty');
    } else if (there instanceof Directory) {
      return fail('file exists');
    }
    oldParent.entries.delete(oldName);
    newParent.entries.set(newName, moved);
    oldParent.modified = newParent.modified = Date.now();
    return DONE;
  }

  #remove(path: string): Outcome {
    if (path === '.' || path.endsWith('/.')) return failed('RemoveAll', path, INVALID);
    const names = this.#parts(path);
    const name = names.pop();
    if (name === undefined) return failed('unlinkat', path, 'device or resource busy');
    const parent = this.#walk(names);
    if (parent instanceof Directory && parent.entries.delete(name)) parent.modified = Date.now();
    return DONE;
  }

  #open(path: string, mode: OpenMode): Outcome<OpenFile> {
    const found = this.#find(path);
    if (found instanceof File) {
      if (mode === 'truncate') found.content.raw = asBytes('');
      return { kind: 'done', value: new OpenMemoryFile(found, path, mode) };
    }
    if (found instanceof Directory) {
      return mode === 'readonly' ? { kind: 'done', value: new OpenDirectory(path) } : failed('open', path, IS_DIRECTORY);
    }
    if (mode === 'readonly' || found !== MISSING || path === '' || path.endsWith('/')) return failed('open', path, found);
    const names = this.#parts(path);
    const name = names.pop() as string; // only the root has none, and it was found
    const parent = this.#walk(names);
    if (!(parent instanceof Directory)) return failed('open', path, parent instanceof File ? NO_DIRECTORY : parent);
    const file = new File(asBytes(''));
    parent.entries.set(name, file);
    parent.modified = Date.now();
    return { kind: 'done', value: new OpenMemoryFile(file, path, mode) };
  }

  /** The names on the way from the root. */
  #parts(path: string): string[] {
    return partsOf(path.startsWith('/') ? path : `${this.#start.join('/')}/${path}`);
  }

  /** What is at a path, or why there is nothing. */
  #find(path: string): Directory | File | string {
    if (path.includes('\0')) return INVALID;
    if (path === '') return MISSING;
    const found = this.#walk(this.#parts(path));
    return found instanceof File && path.endsWith('/') ? NO_DIRECTORY : found;
  }

  #walk(names: readonly string[]): Directory | File | string {
    let here: Directory | File = this.#root;
    for (const name of names) {
      if (here instanceof File) return NO_DIRECTORY;
      const next: Directory | File | undefined = here.entries.get(name);
      if (next === undefined) return MISSING;
      here = next;
    }
    return here;
  }

  /** The directory with these names, made where it is missing; null when a file is in the way. */
  #makeAll(names: readonly string[]): Directory | null {
    let here = this.#root;
    for (const name of names) {
      let next = here.entries.get(name);
      if (next instanceof File) return null;
      if (next === undefined) {
        next = new Directory();
        here.entries.set(name, next);
        here.modified = Date.now();
      }
      here = next;
    }
    return here;
  }
}

/** The names on the way to a path, with `.` and `..` done away with. */
export function partsOf(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

function infoOf(name: string, entry: Directory | File): FileInfo {
  const directory = entry instanceof Directory;
  return { name, bytes: directory ? 0 : entry.content.length, directory, modified: Math.floor(entry.modified / 1000) };
}

class OpenMemoryFile implements OpenFile {
  readonly #file: File;
  readonly #path: string;
  readonly #mode: OpenMode;

  constructor(file: File, path: string, mode: OpenMode) {
    this.#file = file;
    this.#path = path;
    this.#mode = mode;
  }

  read(offset: number, length: number, done: (outcome: FileOutcome<string>) => void): void {
    done({ kind: 'done', value: this.#file.content.text.slice(offset, offset + length) });
  }

  write(offset: number | 'end', bytes: string, done: (outcome: FileOutcome) => void): void {
    done(this.#write(offset, bytes));
  }

  #write(offset: number | 'end', bytes: string): FileOutcome {
    const { content } = this.#file;
    if (this.#mode === 'readonly') return failed('write', this.#path, NOT_ALLOWED);
    const at = offset === 'end' || this.#mode === 'append' ? content.length : offset;
    if (at + bytes.length > MAX_TEXT) return failed('write', this.#path, 'file too large');
    if (at > content.length) content.append(asBytes('\0'.repeat(at - content.length)));
    if (at === content.length) content.append(asBytes(bytes));
    else content.write(at, asBytes(bytes));
    this.#file.modified = Date.now();
    return DONE;
  }

  close(done: (outcome: Outcome) => void): void {
    done(DONE);
  }
}

class OpenDirectory implements OpenFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  read(_offset: number, _length: number, done: (outcome: FileOutcome<string>) => void): void {
    done(failed('read', this.#path, IS_DIRECTORY));
  }

  write(_offset: number | 'end', _bytes: string, done: (outcome: FileOutcome) => void): void {
    done(failed('write', this.#path, NOT_ALLOWED));
  }

  close(done: (outcome: Outcome) => void): void {
    done(DONE);
  }
}
