/** All that a program on Node can call without importing it, except sockets. */
import { randomBytes } from 'node:crypto';
import { channelBuiltins } from '../builtins/channels.ts';
import { coreBuiltins } from '../builtins/core.ts';
import { fileBuiltins } from '../builtins/files.ts';
import { libraryBuiltins } from '../builtins/lib-support/builtins.ts';
import { mathBuiltins } from '../builtins/math.ts';
import { processBuiltins } from '../builtins/processes.ts';
import { randomBuiltins } from '../builtins/random.ts';
import { memoryBuiltins } from '../builtins/raw-memory.ts';
import { Registry } from '../builtins/registry.ts';
import { type RuntimeInfo, runtimeInfoBuiltins } from '../builtins/runtime-info.ts';
import { signalBuiltins } from '../builtins/signals.ts';
import { textBuiltins } from '../builtins/text.ts';
import { timeBuiltins } from '../builtins/time.ts';
import { nodeFiles } from './files.ts';
import { nodeInfo } from './info.ts';
import { toText } from './latin1.ts';
import { nodeProcesses } from './processes.ts';
import { nativeSignals } from './signals.ts';

export interface NativeOptions {
  /** What `args()` gives, as ordinary text: runtime, script, and what followed on the command line. */
  readonly args?: readonly string[];
  /** The standard library: the names of its modules, and the source of each as byte text. */
  readonly library?: Pick<RuntimeInfo, 'modules' | 'source'>;
}

const NO_LIBRARY: Pick<RuntimeInfo, 'modules' | 'source'> = { modules: [], source: () => undefined };

/** The builtins of the runtime for Node. Sockets are added to them: `nativeBuiltins(options).add(socketBuiltins(backend))`. */
export function nativeBuiltins(options: NativeOptions = {}): Registry {
  return new Registry()
    .add(coreBuiltins)
    .add(mathBuiltins)
    .add(textBuiltins)
    .add(timeBuiltins)
    .add(randomBuiltins((count) => toText(randomBytes(count))))
    .add(channelBuiltins)
    .add(libraryBuiltins)
    .add(fileBuiltins(nodeFiles))
    .add(processBuiltins(nodeProcesses(options.args ?? [])))
    .add(signalBuiltins(nativeSignals()))
    .add(memoryBuiltins)
    .add(runtimeInfoBuiltins({ ...nodeInfo, ...(options.library ?? NO_LIBRARY) }));
}
