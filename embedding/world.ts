/** What the options of a program grant it of the world: files, network, processes, output. */

import { channelBuiltins } from '../builtins/channels.ts';
import { coreBuiltins } from '../builtins/core.ts';
import { type FileBackend, fileBuiltins } from '../builtins/files.ts';
import { libraryBuiltins } from '../builtins/lib-support/builtins.ts';
import { mathBuiltins } from '../builtins/math.ts';
import { type ProcessBackend, processBuiltins } from '../builtins/processes.ts';
import { randomBuiltins } from '../builtins/random.ts';
import { memoryBuiltins } from '../builtins/raw-memory.ts';
import { type Builtin, Registry } from '../builtins/registry.ts';
import { runtimeInfoBuiltins } from '../builtins/runtime-info.ts';
import { signalBuiltins } from '../builtins/signals.ts';
import type { SocketBackend } from '../builtins/sockets/backend.ts';
import { socketBuiltins } from '../builtins/sockets/builtins.ts';
import { unavailableSockets } from '../builtins/sockets/unavailable.ts';
import { textBuiltins } from '../builtins/text.ts';
import { timeBuiltins } from '../builtins/time.ts';
import type { ModuleFinder } from '../language/modules.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { closableExec, closableFiles, closableSockets } from './closing.ts';
import { InputLines } from './input.ts';
import { MemoryFiles } from './memory-files.ts';
import { absolutePath, memoryModules, memoryPrograms } from './modules.ts';
import type { NetworkPolicy, Platform, RuntimeOptions } from './options.ts';
import type { Sink } from './output.ts';

/** The world of one program. */
export interface World {
  readonly sink: Sink;
  /** Where imports are looked for by a text that is in no file. */
  readonly directory: string;
  readonly modules: ModuleFinder | null;
  /** The programs in memory that may be imported. */
  programs(): Iterable<string>;
  readonly files: Builtin[];
  readonly sockets: Builtin[];
  readonly processes: Builtin[];
  /** The text of a program's file, and its whole path. */
  readText(path: string): Promise<{ readonly path: string; readonly text: string }>;
  /** Waits until what the program has sent is on its way. */
  finish(done: () => void): void;
  /** Closes what the program has left open. */
  close(): void;
}

/** Sets up what the program may see. */
export function worldOf(options: RuntimeOptions, platform: Platform): World {
  const files = filesOf(options, platform);
  const network = networkOf(options, platform);
  const processes = processesOf(options, platform);
  return {
    sink: sinkOf(options, platform),
    directory: files.directory,
    modules: options.modules ?? files.modules,
    programs: files.programs,
    files: fileBuiltins(files.backend),
    sockets: network.builtins,
    processes: processes.builtins,
    readText: files.readText,
    finish: network.finish,
    close() {
      files.close();
      network.close();
      processes.close();
    },
  };
}

/** The builtins of a program. */
export function programBuiltins(platform: Platform, world: World): Registry {
  const { library, info } = platform;
  return new Registry()
    .add(coreBuiltins)
    .add(mathBuiltins)
    .add(textBuiltins)
    .add(timeBuiltins)
    .add(randomBuiltins((count) => platform.secureBytes(count)))
    .add(channelBuiltins)
    .add(libraryBuiltins)
    .add(world.files)
    .add(world.processes)
    .add(signalBuiltins(null))
    .add(memoryBuiltins)
    .add(runtimeInfoBuiltins({ ...info, modules: library.names(), source: (name) => library.source(name) }))
    .add(world.sockets);
}

function sinkOf({ output, outputBytes }: RuntimeOptions, platform: Platform): Sink {
  if (output !== undefined && outputBytes !== undefined) throw new TypeError('Give either output or outputBytes');
  if (output !== undefined) return { text: output };
  return outputBytes === undefined ? platform.sink : { bytes: outputBytes };
}

interface Files {
  readonly backend: FileBackend | null;
  readonly directory: string;
  readonly modules: ModuleFinder | null;
  programs(): Iterable<string>;
  readText(path: string): Promise<{ readonly path: string; readonly text: string }>;
  close(): void;
}

function filesOf({ files = 'none' }: RuntimeOptions, { system }: Platform): Files {
  if (files === 'system' && system.files !== null && system.readText !== null) {
    const { readText } = system;
    const { backend, closeAll } = closableFiles(system.files);
    return { backend, directory: system.directory(), modules: system.modules, programs: none, readText, close: closeAll };
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

const none = (): Iterable<string> => [];

async function noText(path: string): Promise<never> {
  throw new Error(`Could not read ${path}: this runtime has no files that it could be among`);
}

function isBackend(files: unknown): files is FileBackend {
  return !(files instanceof MemoryFiles) && typeof (files as { open?: unknown }).open === 'function';
}

interface Network {
  readonly builtins: Builtin[];
  finish(done: () => void): void;
  close(): void;
}

const NO_NETWORK = { finish: (done: () => void) => done(), close() {} };

function networkOf({ network = 'none' }: RuntimeOptions, { system }: Platform): Network {
  if (network === 'none') return { ...NO_NETWORK, builtins: unavailableSockets() };
  const policy: NetworkPolicy = network === 'system' ? {} : 'connect' in network ? { backend: network } : network;
  const wanted = policy.backend ?? 'system';
  if (wanted !== 'system') {
    const { backend, closeAll } = closableSockets(wanted);
    return { builtins: socketBuiltins(backend, policy, system.watch), finish: (done) => done(), close: closeAll };
  }
  if (system.network === null) return { ...NO_NETWORK, builtins: unavailableSockets() };
  const backend: SocketBackend & { drainAll(done: () => void): void } = system.network();
  return {
    builtins: socketBuiltins(backend, policy, system.watch),
    finish: (done) => backend.drainAll(done),
    close: () => backend.drainAll(() => {}),
  };
}

interface Processes {
  readonly builtins: Builtin[];
  close(): void;
}

function processesOf({ args = [], env = {}, input = '', processes = 'none' }: RuntimeOptions, { system }: Platform): Processes {
  const lines = new InputLines(input);
  const mayExec = processes === 'system' && system.exec !== null;
  const { exec, closeAll } = closableExec(system.exec ?? (() => () => {}));
  const backend: ProcessBackend = {
    args: ['magnolia', '(program)', ...args].map(utf8Encode),
    *environment() {
      for (const [name, value] of Object.entries(env))
        if (value !== undefined) yield [utf8Encode(name), utf8Encode(value)] as const;
    },
    exec,
    takeLine: () => lines.take(),
    readLine: (done) => lines.read(done),
  };
  const without = mayExec ? [] : processBuiltins(null).filter(({ name }) => name === 'exec');
  return { builtins: [...processBuiltins(backend), ...without], close: closeAll };
}
