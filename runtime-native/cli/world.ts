/** The world of a program that the command runs: everything that Node can give it, within the flags. */
import { dirname, resolve } from 'node:path';
import type { HttpFamily } from '../../builtins/http/backend.ts';
import { httpFamily } from '../../builtins/http/builtins.ts';
import { proxiesOf } from '../../builtins/http/proxy.ts';
import { withFiles } from '../../builtins/sockets/certificate-files.ts';
import type { NetworkAccess } from '../../builtins/sockets/network.ts';
import { readPolicy } from '../../builtins/sockets/policy.ts';
import type { SocketWatch } from '../../builtins/sockets/watch.ts';
import type { LineSource } from '../../embedding/grants.ts';
import type { ProgramHost } from '../../embedding/host.ts';
import type { Library, NetworkPolicy, Platform, RuntimeOptions } from '../../embedding/options.ts';
import { World } from '../../embedding/world.ts';
import type { Problem } from '../../language/diagnostics/problem.ts';
import type { ModuleFinder } from '../../language/modules.ts';
import { entriesOf, fencedEnv, fencedExec, fencedFiles, fencedModules, fencedSockets, pathFence } from '../fence.ts';
import { NodeHost } from '../host.ts';
import { loadHttp } from '../http/load.ts';
import { nodeInfo } from '../info.ts';
import { fileModules, nativeLibrary } from '../modules.ts';
import { nodePlatform } from '../platform.ts';
import { standardInput } from '../processes.ts';
import { type NativeSignals, nativeSignals } from '../signals.ts';
import { traceFrom } from '../sockets/trace.ts';
import { workerIdentity } from '../worker.ts';
import type { Settings } from './arguments.ts';
import { showProblem } from './screen.ts';
import { reportedOnce } from './workers/worker.ts';

/** What the prompt does differently. */
export interface Console {
  readonly host?: ProgramHost;
  /** Where `input()` gets its lines. */
  readonly input?: LineSource;
  /** Shows the error of a thread. */
  readonly show?: (problem: Problem) => void;
  /** Options of the world that replace those of the flags. */
  readonly options?: Pick<RuntimeOptions, 'network' | 'seed' | 'onTest'>;
  /** Where programs are imported from, in place of the files themselves. */
  readonly modules?: ModuleFinder;
  /** The library, in place of the one that was installed. */
  readonly library?: Library;
  /** Who looks on at its sockets, in place of the trace. */
  readonly watch?: SocketWatch;
}

/** The standard input of the process. */
const processInput: LineSource = {
  takeLine: () => standardInput.takeLine(),
  readLine: (done) => standardInput.readLine(done),
};

type PlatformParts = { readonly [name in 'watch' | 'library' | 'modules']: Console[name] | undefined };

/** The world of one program, and its host. `args` is the script and what followed it on the command line, for `args()`. */
export function commandWorld(
  settings: Settings,
  args: readonly string[],
  { host = new NodeHost(), input = processInput, show = showProblem, options = {}, watch, library, modules }: Console = {},
): { readonly world: World; readonly host: ProgramHost } {
  const world = new World({
    platform: platformFor(settings, args[0], { watch, library, modules }, options.network === undefined),
    options: {
      files: 'system',
      network: networkFor(settings),
      processes: 'system',
      signals: 'system',
      env: settings.allowEnv === null ? process.env : fencedEnv(process.env, entriesOf(settings.allowEnv)),
      ...(settings.fuel === null ? {} : { fuel: settings.fuel }),
      ...options,
    },
    args: [process.argv[1] ?? 'magnolia', ...args],
    input,
    host,
    onProblem(problem) {
      host.flush(); // what was printed before the error is read before it
      show(problem);
    },
  });
  return { world, host };
}

/** Requests of the command take the proxies of its environment; embedded programs do not. */
function httpThroughProxies(network: NetworkAccess): HttpFamily {
  return httpFamily(network, loadHttp, withFiles, proxiesOf(process.env));
}

/** Node within the flags, with the process of the command itself, and the library that `--lib` names. */
function platformFor(
  settings: Settings,
  file: string | undefined,
  { watch, library = nodePlatform.library, modules = fileModules }: PlatformParts,
  hasSystemNetwork: boolean,
): Platform {
  const { lib } = settings;
  const system = {
    ...nodePlatform.system,
    modules,
    watch: watch ?? (process.env.MAGNOLIA_TRACE === undefined ? null : traceFrom(process.env.MAGNOLIA_TRACE)),
    signals: commandSignals,
    ...(hasSystemNetwork ? { http: httpThroughProxies } : {}),
  };
  return {
    ...nodePlatform,
    info: nodeInfo,
    library: lib === null ? library : nativeLibrary(lib),
    system: isFenced(settings) ? fenced(system, settings, file) : system,
  };
}

/** Whether one of the flags is given that say what a program may use. */
function isFenced({ allowNet, denyNet, allowRead, allowWrite, allowRun, allowEnv }: Settings): boolean {
  return [allowNet, denyNet, allowRead, allowWrite, allowRun, allowEnv].some((list) => list !== null);
}

/** Under any of the flags other programs must be allowed by name: they would be free of all the flags. */
function fenced(
  system: Platform['system'],
  { allowRead, allowWrite, allowRun }: Settings,
  file: string | undefined,
): Platform['system'] {
  const { files, modules, exec } = system;
  const read = allowRead === null ? null : entriesOf(allowRead);
  const home = file === undefined || file === '-' ? process.cwd() : dirname(resolve(file)); // where the program may import from
  return {
    ...system,
    files: files === null ? null : () => fencedFiles(files(), fenceOf(allowRead), fenceOf(allowWrite)),
    modules: modules === null ? null : fencedModules(modules, pathFence(read === null ? null : [...read, home])),
    exec: exec === null ? null : fencedExec(exec, entriesOf(allowRun ?? '')),
  };
}

/** In a worker the primary process has a say. */
function commandSignals(): NativeSignals {
  const signals = nativeSignals(workerIdentity);
  return workerIdentity === null ? signals : reportedOnce(signals);
}

function networkFor({ allowNet, denyNet, allowRead, allowWrite }: Settings): NetworkPolicy {
  const policy = allowNet === null && denyNet === null ? {} : readPolicy(allowNet, denyNet);
  if (typeof policy === 'string') throw new Error(policy); // readArguments has looked
  if (allowRead === null && allowWrite === null) return policy;
  return fencedSockets(policy, fenceOf(allowRead), fenceOf(allowWrite));
}

/** What a list of paths lets through; everything without one. */
function fenceOf(list: string | null): (path: string) => boolean {
  return pathFence(list === null ? null : entriesOf(list));
}
