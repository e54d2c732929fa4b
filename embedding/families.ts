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
import { unavailableHttp } from '../builtins/http/unavailable.ts';
import { libraryBuiltins } from '../builtins/lib-support/builtins.ts';
import { mathBuiltins } from '../builtins/math.ts';
import { processBuiltins } from '../builtins/processes.ts';
import { randomBuiltins } from '../builtins/random.ts';
import { memoryBuiltins } from '../builtins/raw-memory.ts';
import type { Builtin } from '../builtins/registry.ts';
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

/** Builtins, and what ends the things that a program has opened with them. */
export interface Family {
  readonly builtins: readonly Builtin[];
  /** Closes what the program has left open. */
  close?(): void;
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
    { builtins: channelBuiltins },
    { builtins: libraryBuiltins },
    { builtins: platform.digestBuiltins() },
    { builtins: platform.mailBuiltins() },
    { builtins: domainBuiltins(platform.domainToAscii) },
    { builtins: fileBuiltins(files.backend) },
    processFamily(grants),
    { builtins: memoryBuiltins },
    infoFamily(grants),
    socketFamily(grants),
    httpFamily(grants),
    dnsFamily(grants),
    signalFamily(grants),
    { builtins: certificateBuiltins(platform.certificates ?? null) },
  ];
}

function infoFamily({ platform: { info, library } }: Grants): Family {
  return {
    builtins: runtimeInfoBuiltins({
      ...info,
      get modules() {
        return library.names(); // read when a program asks: that costs time at the start
      },
      source: (name) => library.source(name),
    }),
  };
}

function processFamily({ options: { env = {}, processes = 'none' }, platform: { system }, args, input }: Grants): Family {
  const { exec, closeAll } = closableExec(system.exec ?? (() => () => {}));
  const builtins = processBuiltins({
    args: args.map(utf8Encode),
    *environment() {
      for (const [name, value] of Object.entries(env)) {
        if (value !== undefined) yield [utf8Encode(name), utf8Encode(value)] as const;
      }
    },
    exec,
    takeLine: () => input.takeLine(),
    readLine: (done) => input.readLine(done),
  });
  const mayExec = processes === 'system' && system.exec !== null;
  const refused = mayExec ? [] : processBuiltins(null).filter(({ name }) => name === 'exec');
  return { builtins: [...builtins, ...refused], close: closeAll };
}

function socketFamily({ network: { access } }: Grants): Family {
  if (access === null) return { builtins: unavailableSockets() };
  return { builtins: socketBuiltins(access.backend, access.policy, access.watch, access.files) };
}

/** A network of the embedder's own has no name servers; those of the system are outside of it. */
function dnsFamily({ network: { access, isSystem }, platform: { system } }: Grants): Family {
  return { builtins: dnsBuiltins(isSystem ? (system.dns ?? null) : null, access?.policy) };
}

function httpFamily({ network: { access, fetch }, platform: { system } }: Grants): Family {
  if (fetch !== null && system.fetch !== undefined) return system.fetch(fetch);
  if (access !== null && system.http !== null) return system.http(access);
  return { builtins: unavailableHttp() };
}

/** Signals of the process and workers are for programs that own their process. */
function signalFamily({ options: { signals: granted = 'none' }, platform: { system } }: Grants): Family {
  const signals = granted === 'system' ? (system.signals?.() ?? null) : null;
  return { builtins: signalBuiltins(signals), close: () => signals?.close() };
}
