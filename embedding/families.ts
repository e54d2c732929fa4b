/**
 * The builtins of a program: the only list of them, for all programs.
 *
 * A new family of builtins that needs nothing of the host is a line in `programFamilies`. One that does is plugged in like this:
 *
 * 1. `builtins/NAME.ts` has the interface of its backend and `nameBuiltins(backend: NameBackend | null): Builtin[]`; without a backend
 *    each of them answers an error value (`unavailable`).
 * 2. `Platform.system` (options.ts) gets a field for the backend, which the platforms of Node and of browsers fill: null where there is
 *    none. `RuntimeOptions` gets the option that grants it, if no existing one does, and check-options.ts its values.
 * 3. A function here makes a `Family` of the grants (`processFamily` is an example) and is called in `programFamilies`. `close`
 *    ends what the program has left open. A protocol over the network takes `grants.network.access`, which sockets use too: its policy
 *    and its watch hold for all of them, and its connections are closed with it.
 */

import { certificateBuiltins } from '../builtins/certificates.ts';
import { channelBuiltins } from '../builtins/channels.ts';
import { coreBuiltins } from '../builtins/core.ts';
import { dnsBuiltins } from '../builtins/dns.ts';
import { domainBuiltins } from '../builtins/domains.ts';
import { fileBuiltins } from '../builtins/files.ts';
import type { HttpFamily } from '../builtins/http/backend.ts';
import { unavailableHttp } from '../builtins/http/unavailable.ts';
import { libraryBuiltins } from '../builtins/lib-support/builtins.ts';
import { mathBuiltins } from '../builtins/math.ts';
import { NAMES } from '../builtins/names.ts';
import { processBuiltins } from '../builtins/processes.ts';
import { randomBuiltins } from '../builtins/random.ts';
import { memoryBuiltins } from '../builtins/raw-memory.ts';
import type { Builtin, LaterBuiltins } from '../builtins/registry.ts';
import { runtimeInfoBuiltins } from '../builtins/runtime-info.ts';
import { signalBuiltins } from '../builtins/signals.ts';
import { socketBuiltins } from '../builtins/sockets/builtins.ts';
import { unavailableSockets } from '../builtins/sockets/unavailable.ts';
import { testBuiltins } from '../builtins/test-results.ts';
import { textBuiltins } from '../builtins/text.ts';
import { timeBuiltins } from '../builtins/time.ts';
import { seededRandom } from '../language/runtime/seeded-random.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { closableExec } from './closing.ts';
import type { Grants } from './grants.ts';
import type { SystemSignals } from './options.ts';

/** Builtins, and what ends the things that a program has opened with them. */
export interface Family {
  readonly builtins: readonly Builtin[] | LaterBuiltins;
  /** Closes what the program has left open. */
  close?(): void;
}

/** A family that is made when a program first names one of it. */
function later(family: keyof typeof NAMES, make: () => readonly Builtin[], close: () => void = () => {}): Family {
  return { builtins: { names: NAMES[family], make }, close };
}

/** All builtins of a program. */
export function programFamilies(grants: Grants): readonly Family[] {
  const {
    platform,
    files,
    options: { seed, onTest },
  } = grants;
  return [
    { builtins: coreBuiltins },
    { builtins: mathBuiltins },
    { builtins: textBuiltins },
    { builtins: timeBuiltins },
    { builtins: randomBuiltins((count) => platform.secureBytes(count), seed === undefined ? Math.random : seededRandom(seed)) },
    { builtins: testBuiltins(onTest ?? null) },
    later('channels', () => channelBuiltins),
    later('library', () => libraryBuiltins),
    later('digests', () => platform.digestBuiltins()),
    later('mail', () => platform.mailBuiltins()),
    { builtins: domainBuiltins(platform.domainToAscii) },
    later('files', () => fileBuiltins(files.backend)),
    processFamily(grants),
    later('memory', () => memoryBuiltins),
    infoFamily(grants),
    socketFamily(grants),
    httpFamily(grants),
    dnsFamily(grants),
    signalFamily(grants),
    later('certificates', () => certificateBuiltins(platform.certificates?.() ?? null)),
  ];
}

function infoFamily({ platform: { info, library } }: Grants): Family {
  return later('info', () => runtimeInfoBuiltins({ ...info, modules: library.names(), source: (name) => library.source(name) }));
}

function processFamily({ options: { env = {}, processes = 'none' }, platform: { system }, args, input }: Grants): Family {
  let closable: ReturnType<typeof closableExec> | null = null;
  const make = (): readonly Builtin[] => {
    const builtins = processBuiltins({
      args: args.map(utf8Encode),
      *environment() {
        for (const [name, value] of Object.entries(env)) {
          if (value !== undefined) yield [utf8Encode(name), utf8Encode(value)] as const;
        }
      },
      exec(command, done) {
        closable ??= closableExec(system.exec ?? (() => () => {}));
        return closable.exec(command, done);
      },
      takeLine: () => input.takeLine(),
      readLine: (done) => input.readLine(done),
    });
    const mayExec = processes === 'system' && system.exec !== null;
    const refused = mayExec ? [] : processBuiltins(null).filter(({ name }) => name === 'exec');
    return [...builtins, ...refused];
  };
  return later('processes', make, () => closable?.closeAll());
}

function socketFamily({ network }: Grants): Family {
  const make = (): Builtin[] => {
    const { access } = network;
    return access === null ? unavailableSockets() : socketBuiltins(access.backend, access.policy, access.watch, access.files);
  };
  return later('sockets', make);
}

/** A network of the embedder's own has no name servers; those of the system are outside of it. */
function dnsFamily({ network, platform: { system } }: Grants): Family {
  const make = (): Builtin[] => dnsBuiltins(network.isSystem ? (system.dns?.() ?? null) : null, network.access?.policy);
  return later('dns', make);
}

function httpFamily({ network, platform: { system } }: Grants): Family {
  let family: HttpFamily | null = null;
  const open = (): HttpFamily | null => {
    const { access, fetch } = network;
    if (fetch !== null && system.fetch !== undefined) return system.fetch(fetch);
    return access !== null && system.http !== null ? system.http(access) : null;
  };
  const make = (): readonly Builtin[] => {
    family = open();
    return family?.builtins ?? unavailableHttp();
  };
  return later('http', make, () => family?.close());
}

/** Signals of the process and workers are for programs that own their process. */
function signalFamily({ options: { signals: granted = 'none' }, platform: { system } }: Grants): Family {
  let signals: SystemSignals | null = null;
  const make = (): Builtin[] => {
    signals = granted === 'system' ? (system.signals?.() ?? null) : null;
    return signalBuiltins(signals);
  };
  return later('signals', make, () => signals?.close());
}
