/** Builtins whose code is in its own file, which is loaded when a program first calls one of them. */
import type { HttpFamily } from '../builtins/http/backend.ts';
import { SIGNATURES } from '../builtins/http/signatures.ts';
import { unavailableHttp } from '../builtins/http/unavailable.ts';
import { NAMES } from '../builtins/names.ts';
import { type Builtin, Registry } from '../builtins/registry.ts';
import type { NetworkAccess } from '../builtins/sockets/network.ts';
import type { BuiltinFunctions } from '../language/modules.ts';
import type { Machine } from '../language/runtime/machine.ts';
import { failure, type Suspended, type Value } from '../language/values/values.ts';

/** What can be done without connections, with `fetch` and `WebSocket`. */
const OF_PAGES = ['req', 'ws_dial', 'ws_send', 'ws_recv', 'ws_close', '__http_close_idle'] as const;

/** Requests with the browser's `fetch`, WebSockets with its `WebSocket`. Servers are unavailable. */
export function fetchHttp(access: NetworkAccess): HttpFamily {
  return httpOnCall(OF_PAGES, async () => (await import('./http/http.ts')).fetchFamily(access));
}

/** HTTP and WebSocket over the network of the program, both ways. */
export function connectionHttp(access: NetworkAccess): HttpFamily {
  return httpOnCall(NAMES.http, async () => (await import('./http/connections/engine.ts')).connectionFamily(access));
}

/** The functions with these names are loaded; the others are unavailable. */
function httpOnCall(names: readonly (keyof typeof SIGNATURES)[], load: () => Promise<HttpFamily>): HttpFamily {
  let family: HttpFamily | null = null;
  let isClosed = false;
  const stubs = names.map((name) => ({ ...SIGNATURES[name], name, group: 'http' as const }));
  const builtins = loadedOnCall(stubs, async () => {
    family = await load();
    if (isClosed) family.close();
    return family.builtins;
  });
  return {
    builtins: [...unavailableHttp(), ...builtins],
    close() {
      isClosed = true;
      family?.close();
    },
  };
}

/** Digests and signatures. */
export function digestsOnCall(): Builtin[] {
  return loadedOnCall(ofLibrary(NAMES.digests), async () => (await import('./written-digests.ts')).builtins);
}

/** What the mail libraries use. */
export function mailOnCall(): Builtin[] {
  return loadedOnCall(ofLibrary(NAMES.mail), async () => (await import('../builtins/lib-support/mail-builtins.ts')).mailBuiltins);
}

function ofLibrary(names: readonly string[]): Stub[] {
  return names.map((name) => ({ name, group: 'text', help: 'for the library', params: [] }));
}

type Stub = Pick<Builtin, 'name' | 'group' | 'help' | 'params' | 'callback'>;

function loadedOnCall(stubs: readonly Stub[], load: () => Promise<readonly Builtin[]>): Builtin[] {
  let functions: BuiltinFunctions | null = null;
  return stubs.map((stub) => ({
    ...stub,
    unchecked: true,
    rest: true,
    suspends: true,
    run(machine: Machine, args: Value[]): Value | Suspended {
      const call = (): Value | Suspended => {
        const fn = functions?.get(stub.name);
        return fn === undefined ? failure(`${stub.name}() unavailable in this runtime`) : fn(...args);
      };
      if (functions !== null) return call();
      const thread = machine.block('external');
      const goOn = (): void => machine.wake(thread, null);
      // Without the file a call fails, and the next one asks for it again.
      load().then((builtins) => {
        functions ??= new Registry().add(builtins).functions(machine);
        goOn();
      }, goOn);
      return machine.save(call, 0, []);
    },
  }));
}
