/** What an embedder may say about a program, and what a runtime supplies for it. */

import type { CertificateBackend } from '../builtins/certificates.ts';
import type { DnsBackend } from '../builtins/dns.ts';
import type { DomainToAscii } from '../builtins/domains.ts';
import type { FileBackend } from '../builtins/files.ts';
import type { HttpFamily } from '../builtins/http/backend.ts';
import type { ProcessBackend } from '../builtins/processes.ts';
import type { Builtin, Registry } from '../builtins/registry.ts';
import type { RuntimeInfo } from '../builtins/runtime-info.ts';
import type { SignalBackend } from '../builtins/signals.ts';
import type { SocketBackend } from '../builtins/sockets/backend.ts';
import type { NetworkAccess } from '../builtins/sockets/network.ts';
import type { SocketPolicy } from '../builtins/sockets/policy.ts';
import type { SocketWatch } from '../builtins/sockets/watch.ts';
import type { TestResult } from '../builtins/test-results.ts';
import type { LibraryNames } from '../language/diagnostics/library.ts';
import type { FoundModule, ModuleFinder } from '../language/modules.ts';
import type { Clock, Output } from './host.ts';
import type { Input } from './input.ts';
import type { FileContents, MemoryFiles } from './memory-files.ts';
import type { MagnoliaError } from './problems.ts';
import type { JsFunction, ToJsOptions } from './values.ts';

/**
 * How a program is run. Nothing of the system is open to it unless it is said here: no files, no network, no other programs, no
 * environment. In browsers `'system'` means what a browser has, which is none of them.
 */
export interface RuntimeOptions {
  /** Is given what the program prints, as text (a character is never cut in two). Unless given, it goes to the console. */
  readonly output?: (text: string) => unknown;
  /** The same as the bytes that the program printed; in place of `output`. */
  readonly outputBytes?: (bytes: Uint8Array) => unknown;
  /** What `input()` reads: all of it, or pieces, each asked for when it is needed. Unless given, there is none. */
  readonly input?: Input;
  /** What `args()` holds after the runtime and the script. */
  readonly args?: readonly string[];
  /** The result of `env()`. */
  readonly env?: { readonly [name: string]: string | undefined };
  /** The files that the program and its imports see: none are there unless given. `MemoryFiles` can be looked at afterwards. */
  readonly files?: 'none' | 'system' | FileContents | MemoryFiles | FileBackend;
  /** Where imports are found beside the standard library, if not in `files`. */
  readonly modules?: ModuleFinder;
  /** The network: none unless given. */
  readonly network?: 'none' | 'system' | SocketBackend | NetworkPolicy;
  /**
   * In browsers: whether the program may send requests with `fetch` and open WebSockets, from the page's own origin and under its rules. The
   * rules of `network` are asked. On Node requests go over the network, and this says nothing.
   */
  readonly http?: 'none' | 'fetch';
  /** Receives what happens to the sockets of the program: addresses, sizes and verdicts, never data. */
  readonly watch?: SocketWatch;
  /** Whether the program may run other programs of the system with `exec`. */
  readonly processes?: 'none' | 'system';
  /** Whether the program may wait for the signals of this process, which has no default actions meanwhile, and know its number. */
  readonly signals?: 'none' | 'system';
  /** What the program may use; it is stopped when it needs more. */
  readonly limits?: Limits;
  /** Stops the program when it is aborted, also in the middle of a calculation: an `AbortSignal`. */
  readonly signal?: StopSignal;
  /** JavaScript functions that the program can call by these names. */
  readonly builtins?: { readonly [name: string]: JsFunction };
  /** Adds builtins that check their arguments or suspend threads, or takes the place of others; see `builtin`. */
  readonly registry?: (registry: Registry) => void;
  /** How values are given to JavaScript. */
  readonly values?: ToJsOptions;
  /** Receives the errors that ended a thread other than the main one. Unless given, they are reported on the console. */
  readonly onProblem?: (error: MagnoliaError) => unknown;
  /** For tests of races: decides the order of runnable threads and what `rand` returns. The same seed makes the same run. */
  readonly seed?: number;
  /** Receives the results of tests that the program records with `import('test')`. */
  readonly onTest?: (result: TestResult) => unknown;
  /** For tests: how many calls run between two captures of the stack. */
  readonly fuel?: number;
}

/** What is used of an `AbortSignal`. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A network with rules. For an address that is not allowed, the program gets an error value. */
export interface NetworkPolicy extends SocketPolicy {
  /** The network that the rules are for; that of the system unless given. */
  readonly backend?: 'system' | SocketBackend;
}

/** What a program may use. What is not given is not limited. */
export interface Limits {
  /** How long one `run`, `load`, `evaluate` or call may take, waiting included. */
  readonly timeMs?: number;
  /**
   * By how much the memory in use may grow. Looked at now and then, for the whole process: what other programs in it use counts, too, and
   * where an engine does not report it (in browsers all but the pages, not the workers, of Chromium) there is no limit.
   */
  readonly memoryBytes?: number;
  /** How many threads may live at the same time, the main one included. */
  readonly threads?: number;
  /** How much the program may print. */
  readonly outputBytes?: number;
}

/** What a runtime, for Node or for browsers, supplies. */
export interface Platform {
  readonly clock: Clock;
  /** Where output goes that the embedder does not ask for. */
  readonly output: Output;
  complain(report: string): void;
  /** So many random bytes fit for secrets, as byte text. */
  secureBytes(count: number): string;
  readonly domainToAscii: DomainToAscii;
  readonly info: Omit<RuntimeInfo, 'modules' | 'source'>;
  /** Bytes in use in this process; null where that is not known. `exactly` asks for a number without garbage. */
  memoryInUse(exactly: boolean): number | null;
  /** What makes certificates; left out where nothing does. */
  readonly certificates?: () => CertificateBackend;
  readonly library: Library;
  /** Digests and signatures (digests/builtins.ts), and the JavaScript part of the mail libraries, or a placeholder until it is loaded. */
  digestBuiltins(): readonly Builtin[];
  mailBuiltins(): readonly Builtin[];
  /** How many calls run between two captures of the stack: fewer where native stacks are small. */
  readonly fuel: number | undefined;
  /** What `'system'` means; null where it is not supported. */
  readonly system: {
    /** The working directory. */
    directory(): string;
    readonly files: (() => FileBackend) | null;
    readonly modules: ModuleFinder | null;
    /** The text of a file, and its whole path; fails with the system's error. */
    readonly readText: ((path: string) => Promise<{ readonly path: string; readonly text: string }>) | null;
    readonly network: (() => SystemNetwork) | null;
    /** Who looks on at sockets, whichever network they are of. */
    readonly watch?: SocketWatch | null;
    /** HTTP over whichever network a program has. */
    readonly http: ((network: NetworkAccess) => HttpFamily) | null;
    /** Requests without a network, for the option `http`; left out where the host sends none by itself. */
    readonly fetch?: (rules: NetworkAccess) => HttpFamily;
    readonly exec: ProcessBackend['exec'] | null;
    /** Name servers; left out where there are none. */
    readonly dns?: () => DnsBackend;
    /** Signals and workers, for a program that owns its process. */
    readonly signals?: () => SystemSignals;
  };
}

/** A network that is made for one program and ends with it. */
export interface SystemNetwork extends SocketBackend {
  /** Closes everything; `done` when all that was sent is on its way. */
  drainAll(done: () => void): void;
}

/** The signals of the process, listened to on behalf of one program. */
export interface SystemSignals extends SignalBackend {
  /** Restores the default action of every signal. */
  close(): void;
}

/** The standard library. */
export interface Library {
  /** The names that programs can import. */
  names(): string[];
  /** What hints say about it. */
  known(): LibraryNames;
  /** A module by its name; `fromLibrary` also finds the inner ones. */
  find(name: string, fromLibrary?: boolean): FoundModule | null;
  /** The source of a module as byte text. */
  source(name: string): string | undefined;
  /** Loads what the texts of a program may import and is not there yet; null when that is nothing. */
  prepare?(texts: Iterable<string>): Promise<void> | null;
}
