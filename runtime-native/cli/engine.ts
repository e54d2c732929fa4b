/** A program's interpreter, with everything that Node can give it. */
import { type ProcessBackend, processBuiltins } from '../../builtins/processes.ts';
import type { Registry } from '../../builtins/registry.ts';
import { socketBuiltins } from '../../builtins/sockets/builtins.ts';
import { readPolicy, type SocketPolicy } from '../../builtins/sockets/policy.ts';
import type { Problem } from '../../language/diagnostics/problem.ts';
import { Interpreter } from '../../language/interpreter.ts';
import type { ModuleFinder } from '../../language/modules.ts';
import { Source } from '../../language/syntax/source.ts';
import { utf8Encode } from '../../language/values/bytes.ts';
import { type NativeOptions, nativeBuiltins } from '../builtins.ts';
import { NodeHost } from '../host.ts';
import { libraryNames } from '../library.ts';
import { nativeModules } from '../modules.ts';
import { nodeProcesses } from '../processes.ts';
import { nativeSockets } from '../sockets/backend.ts';
import { traceFrom } from '../sockets/trace.ts';
import type { Settings } from './arguments.ts';
import { showProblem } from './screen.ts';

export interface Engine {
  readonly interpreter: Interpreter;
  readonly host: NodeHost;
  /** Lets what the program has sent go out; the process may end when `done` is called. */
  finish(done: () => void): void;
}

/** What the prompt does in a way of its own. */
export interface Surroundings {
  readonly host?: NodeHost;
  /** Where `input()` gets its lines. */
  readonly input?: Pick<ProcessBackend, 'takeLine' | 'readLine'>;
  /** Shows the error of a thread. */
  readonly show?: (problem: Problem) => void;
}

/** An interpreter for one program. `args` is the script and what followed it on the command line, for `args()`. */
export function newEngine(settings: Settings, args: readonly string[], around: Surroundings = {}): Engine {
  const { host = new NodeHost(), input, show = showProblem } = around;
  const sockets = nativeSockets();
  const finder = moduleFinder(settings);
  const all = [process.argv[1] ?? 'magnolia', ...args];
  const registry = nativeBuiltins({ args: all, library: librarySources(finder) });
  if (input !== undefined) {
    const { takeLine, readLine } = input;
    registry.add(processBuiltins({ ...nodeProcesses(all), takeLine: takeLine.bind(input), readLine: readLine.bind(input) }));
  }
  registry.add(socketBuiltins(sockets, policyOf(settings), traceFrom(process.env.MAGNOLIA_TRACE)));
  const interpreter = new Interpreter({
    host,
    builtins: (machine) => registry.functions(machine),
    finder,
    onProblem: (problem: Problem) => {
      host.flush(); // what was printed before the error is read before it
      show(problem);
    },
    fuel: settings.fuel ?? undefined,
  });
  return { interpreter, host, finish: (done) => sockets.drainAll(done) };
}

function policyOf({ allowNet, denyNet }: Settings): SocketPolicy {
  if (allowNet === null && denyNet === null) return {};
  const policy = readPolicy(allowNet, denyNet);
  if (typeof policy === 'string') throw new Error(policy); // readArguments has looked
  return policy;
}

/** The builtins of a program on Node, as data. */
export function nativeRegistry(): Registry {
  return nativeBuiltins().add(socketBuiltins(nativeSockets()));
}

function moduleFinder(settings: Settings): ModuleFinder {
  return nativeModules(settings.lib === null ? [] : [settings.lib]);
}

/** The text of a library module; null when there is none of this name. */
export function librarySource(name: string, settings: Settings): string | null {
  return sourceOf(moduleFinder(settings), name)?.text ?? null;
}

/** The library as programs can ask for it, as byte text. */
function librarySources(finder: ModuleFinder): NonNullable<NativeOptions['library']> {
  return {
    get modules() {
      return libraryNames();
    },
    source(module) {
      const source = sourceOf(finder, module);
      return source === null ? undefined : utf8Encode(source.text);
    },
  };
}

function sourceOf(finder: ModuleFinder, module: string): Source | null {
  const found = finder.find(module, '/');
  if (found === null || !found.library) return null;
  const loaded = found.load();
  return loaded instanceof Source ? loaded : loaded.unit.source();
}
