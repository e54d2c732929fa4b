/** What the options of a program grant it. */

import type { FileBackend } from '../builtins/files.ts';
import type { InputLine } from '../builtins/processes.ts';
import type { SocketBackend } from '../builtins/sockets/backend.ts';
import type { NetworkAccess } from '../builtins/sockets/network.ts';
import { NOWHERE } from '../builtins/sockets/unavailable.ts';
import type { ModuleFinder } from '../language/modules.ts';
import { type Fault, guardedAccess } from './callbacks.ts';
import { closableFiles, closableSockets } from './closing.ts';
import { MemoryFiles } from './memory-files.ts';
import { absolutePath, memoryModules, memoryPrograms } from './modules.ts';
import type { NetworkPolicy, Platform, RuntimeOptions, SystemNetwork } from './options.ts';

/** The lines of standard input, as a `ProcessBackend` has them. */
export interface LineSource {
  takeLine(): InputLine | null;
  readLine(done: (line: InputLine) => void): void;
}

/** Everything that decides what a program may use. */
export interface Grants {
  readonly platform: Platform;
  readonly options: Pick<
    RuntimeOptions,
    'files' | 'modules' | 'network' | 'http' | 'watch' | 'processes' | 'signals' | 'env' | 'seed' | 'onTest'
  >;
  /** All that `args()` returns, as ordinary text: runtime, script, and the arguments behind them. */
  readonly args: readonly string[];
  readonly input: LineSource;
  readonly files: GrantedFiles;
  readonly network: GrantedNetwork;
}

/** The files of a program. */
export interface GrantedFiles {
  readonly backend: FileBackend | null;
  /** The working directory. */
  readonly directory: string;
  /** Where imports are looked for. */
  readonly modules: ModuleFinder | null;
  /** The programs in memory that may be imported. */
  programs(): Iterable<string>;
  /** The text of a program's file, and its whole path. */
  readText(path: string): Promise<{ readonly path: string; readonly text: string }>;
  close(): void;
}

/** The network of a program, for every protocol. Nothing is made before a builtin asks for it. */
export interface GrantedNetwork {
  /** Null for none. */
  readonly access: NetworkAccess | null;
  /** The rules for requests that the host sends by itself (option `http`); null if it may not. */
  readonly fetch: NetworkAccess | null;
  /** Whether it is that of the system, with the system's name servers. */
  readonly isSystem: boolean;
  /** Calls `done` when what the program has sent is with the system. */
  finish(done: () => void): void;
  close(): void;
}

/** The files that the option `files` grants. */
export function grantedFiles({ files = 'none' }: Pick<RuntimeOptions, 'files'>, { system }: Platform): GrantedFiles {
  if (files === 'system' && system.files !== null && system.readText !== null) {
    const { readText, files: open } = system;
    let opened: ReturnType<typeof closableFiles> | null = null;
    return {
      get backend() {
        opened ??= closableFiles(open());
        return opened.backend;
      },
      directory: system.directory(),
      modules: system.modules,
      programs: none,
      readText,
      close: () => opened?.closeAll(),
    };
  }
  if (files === 'none' || files === 'system' || isBackend(files)) {
    const backend = isBackend(files) ? files : null;
    return { backend, directory: '/', modules: null, programs: none, readText: noText, close() {} };
  }
  const memory = files instanceof MemoryFiles ? files : new MemoryFiles(files);
  return {
    backend: memory,
    directory: memory.directory,
    modules: memoryModules(memory),
    programs: () => memoryPrograms(memory),
    async readText(path) {
      const whole = absolutePath(path, memory.directory);
      const text = memory.text(whole);
      if (text === null) throw new Error(`There is no file ${path} among the files of this runtime`);
      return { path: whole, text };
    },
    close() {},
  };
}

const NO_NETWORK: GrantedNetwork = { access: null, fetch: null, isSystem: false, finish: (done) => done(), close() {} };

/** The network that the option `network` grants, with certificates of `files`. What its rules and its watch throw goes to `fault`. */
export function grantedNetwork(
  { network = 'none', http = 'none', watch: wanted }: Pick<RuntimeOptions, 'network' | 'http' | 'watch'>,
  { system }: Platform,
  files: Pick<GrantedFiles, 'backend'>,
  fault?: Fault,
): GrantedNetwork {
  const rules: NetworkPolicy =
    network === 'none' || network === 'system' ? {} : 'connect' in network ? { backend: network } : network;
  const watch = wanted ?? system.watch ?? null;
  const access = (backend: SocketBackend): NetworkAccess => {
    const open = { backend, policy: rules, watch, files: files.backend };
    return fault === undefined ? open : guardedAccess(open, fault);
  };
  if (typeof rules.backend === 'object') {
    const { backend, closeAll } = closableSockets(rules.backend);
    const fetch = http === 'fetch' ? access(NOWHERE) : null;
    return { ...NO_NETWORK, access: access(backend), fetch, close: closeAll };
  }
  if (network === 'none' || system.network === null) return { ...NO_NETWORK, fetch: http === 'fetch' ? access(NOWHERE) : null };
  const { network: open } = system;
  let opened: { readonly backend: SystemNetwork; readonly access: NetworkAccess } | null = null;
  return {
    get access() {
      if (opened === null) {
        const backend = open();
        opened = { backend, access: access(backend) };
      }
      return opened.access;
    },
    fetch: null,
    isSystem: true,
    finish(done) {
      if (opened === null) done();
      else opened.backend.drainAll(done);
    },
    close: () => opened?.backend.drainAll(() => {}),
  };
}

const none = (): Iterable<string> => [];

async function noText(path: string): Promise<never> {
  throw new Error(`Could not read ${path}: this runtime has no files that it could be among`);
}

function isBackend(files: unknown): files is FileBackend {
  return !(files instanceof MemoryFiles) && typeof (files as { open?: unknown }).open === 'function';
}
