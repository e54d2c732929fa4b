/** The files that the options of TLS name. They are read among the files of the program, while its thread waits. */
import { traceOf } from '../../language/diagnostics/trace.ts';
import { mistake, ProgramError } from '../../language/runtime/errors.ts';
import type { Machine } from '../../language/runtime/machine.ts';
import { SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import type { FileBackend, OpenFile } from '../files.ts';
import type { BadCredentials } from './backend.ts';
import { MAX_CERTIFICATES } from './limits.ts';
import type { OwnCertificate, TlsChoices } from './options.ts';
import { unusable } from './tls-choices.ts';

const PIECE_BYTES = 64 * 1024;

/** The content of a file, as it was when the file had this size and time. */
interface Kept {
  readonly bytes: number;
  readonly modified: number;
  readonly content: string;
  /** When it was last found to be so, by the clock of the machine. */
  lookedAt: number;
}

/** What programs have read, by path: a client that connects again and again asks for the state of its files, and does not read them. */
const kept = new WeakMap<Machine, Map<string, Kept>>();
/** More files than the certificate, the key and the roots of most programs. */
const MOST_KEPT = 16;
/** A file that was changed within this many seconds may change again without a new time. */
const UNSETTLED_SECONDS = 2;
/** So many milliseconds a file counts as unchanged: a client that connects thousands of times a second looks at it ten times. */
const UNCHANGED_MS = 100;

type Choices = TlsChoices & { readonly sni?: ReadonlyMap<string, OwnCertificate> };

/** One file, and where its content goes. */
interface Wanted {
  readonly path: string;
  readonly what: BadCredentials['what'];
  take(content: string): void;
}

/**
 * Reads the files that `choices` name, and returns what `go` returns for choices that have the texts instead. A file that cannot be
 * read is a mistake in the program. `failed` may make a value of it, and of what `go` throws.
 */
export function withFiles<C extends Choices>(
  machine: Machine,
  files: FileBackend | null,
  choices: C,
  go: (read: C) => Value | Suspended,
  failed: (error: unknown) => Value = thrown,
): Value | Suspended {
  const { read, wanted } = filesOf(choices);
  let bad: BadCredentials | null = null;
  const here = wanted.length === 0 ? null : mistake('raised', { says: '' }); // notes the place of the call
  const goOn = (): Value | Suspended => {
    try {
      if (bad !== null) unusable(bad);
      return go(here === null ? choices : read);
    } catch (error) {
      if (here !== null && error instanceof ProgramError) error.at ??= traceOf(here, null).callAt;
      return failed(error);
    }
  };
  if (here === null) return goOn();

  const thread = machine.block('external');
  readAll(machine, files, wanted, (outcome) => {
    bad = outcome;
    machine.wake(thread, null);
  });
  machine.save(goOn, 0, []);
  return SUSPENDED;
}

/** The same for clients: files that were looked at a moment ago are not looked at again, and the thread does not wait. */
export function withKnownFiles<C extends Choices>(
  machine: Machine,
  files: FileBackend | null,
  choices: C,
  go: (read: C) => Value | Suspended,
): Value | Suspended {
  const known = kept.get(machine);
  if (known === undefined) return withFiles(machine, files, choices, go);
  const { read, wanted } = filesOf(choices);
  const since = machine.host.now() - UNCHANGED_MS;
  for (const { path, take } of wanted) {
    const file = known.get(path);
    if (file === undefined || file.lookedAt < since) return withFiles(machine, files, choices, go);
    take(file.content);
  }
  return go(wanted.length === 0 ? choices : read);
}

/** The files that choices name, and the choices with the texts in their place, once they are taken. */
function filesOf<C extends Choices>(choices: C): { readonly read: C; readonly wanted: Wanted[] } {
  const read = { ...choices, certFile: null, keyFile: null, sni: new Map<string, OwnCertificate>() };
  const wanted = [...identityFiles(choices, read)];
  if (choices.caFile !== null) {
    wanted.push({ path: choices.caFile, what: 'CA', take: (content) => Object.assign(read, { ca: content }) });
  }
  for (const [name, own] of choices.sni ?? []) {
    const made = { ...own, certFile: null, keyFile: null };
    read.sni.set(name, made);
    wanted.push(...identityFiles(own, made));
  }
  return { read, wanted };
}

/** `withFiles`, or what a host without such files has in its place. */
export type ReadCertificates = typeof withFiles;

function thrown(error: unknown): never {
  throw error;
}

/** The files of a certificate and its key: both or neither. */
function* identityFiles(own: OwnCertificate, read: OwnCertificate): Generator<Wanted> {
  const { certFile, keyFile, cert, key } = own;
  if ((certFile ?? cert) === null || (keyFile ?? key) === null) return;
  if (certFile !== null) yield { path: certFile, what: 'certificate', take: (content) => Object.assign(read, { cert: content }) };
  if (keyFile !== null) yield { path: keyFile, what: 'certificate', take: (content) => Object.assign(read, { key: content }) };
}

/** Reads one file after the other; `done` receives the first that cannot be read. */
function readAll(
  machine: Machine,
  files: FileBackend | null,
  wanted: readonly Wanted[],
  done: (bad: BadCredentials | null) => void,
): void {
  const next = (at: number): void => {
    const one = wanted[at];
    if (one === undefined) {
      done(null);
      return;
    }
    readFile(machine, files, one.path, (content, cause) => {
      if (content === null) {
        done({ kind: 'bad', what: one.what, detail: cause });
        return;
      }
      one.take(content);
      next(at + 1);
    });
  };
  next(0);
}

type Done = (content: string | null, cause: string) => void;

/** The content of a file, or null and why it cannot be read. */
function readFile(machine: Machine, files: FileBackend | null, path: string, done: Done): void {
  if (files === null) {
    done(null, `open ${path}: unavailable in this runtime`);
    return;
  }
  files.stat(path, (found) => {
    const info = found.kind === 'done' ? found.value : null;
    const known = kept.get(machine)?.get(path);
    if (known !== undefined && info !== null && known.bytes === info.bytes && known.modified === info.modified) {
      known.lookedAt = machine.host.now();
      done(known.content, '');
      return;
    }
    files.open(path, 'readonly', 0, (opened) => {
      if (opened.kind === 'failed') {
        done(null, opened.cause);
        return;
      }
      readOpened(opened.value, path, (content, cause) => {
        if (content !== null && info !== null)
          keep(machine, path, { bytes: info.bytes, modified: info.modified, content, lookedAt: machine.host.now() });
        done(content, cause);
      });
    });
  });
}

function keep(machine: Machine, path: string, file: Kept): void {
  const now = machine.host.wallTime?.() ?? Date.now();
  if (file.modified > now / 1000 - UNSETTLED_SECONDS) return;
  const files = kept.get(machine) ?? new Map<string, Kept>();
  kept.set(machine, files);
  if (files.size >= MOST_KEPT) files.clear();
  files.set(path, file);
}

function readOpened(file: OpenFile, path: string, done: Done): void {
  let content = '';
  const finish = (result: string | null, cause: string): void => file.close(() => done(result, cause));
  const more = (): void => {
    file.read(content.length, PIECE_BYTES, (read) => {
      if (read.kind !== 'done') {
        finish(null, read.cause);
      } else if (read.value === '') {
        finish(content, '');
      } else {
        content += read.value;
        if (content.length <= MAX_CERTIFICATES) more();
        else finish(null, `read ${path}: file too large`);
      }
    });
  };
  more();
}
