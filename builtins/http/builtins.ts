/**
 * The HTTP and WebSocket functions that programs call, over a network and an engine.
 *
 *     registry.add(httpFamily({ backend, policy, watch, files }, loadHttp, withFiles).builtins)
 *
 * One call makes the HTTP of one machine.
 */
import { mistake, ProgramError } from '../../language/runtime/errors.ts';
import type { Machine } from '../../language/runtime/machine.ts';
import { type Fn, Str, SUSPENDED, type Suspended, type Value } from '../../language/values/values.ts';
import { atomValue, isCallable, object } from '../params.ts';
import { builtin } from '../registry.ts';
import { Failure, type Listener, type TlsOptions } from '../sockets/backend.ts';
import type { ReadCertificates } from '../sockets/certificate-files.ts';
import { checkListenSettings, listenAt, type NetworkAccess } from '../sockets/network.ts';
import { anything } from '../sockets/options.ts';
import { closeFunction, serverResult } from '../sockets/server-result.ts';
import { serverSide } from '../sockets/tls-choices.ts';
import type { HttpFamily, LoadHttp } from './backend.ts';
import { request } from './client.ts';
import { HttpContext } from './context.ts';
import { type ServerOptions, serverOptions } from './options.ts';
import type { ProxyFor } from './proxy.ts';
import { errorValue, okValue } from './results.ts';
import { HttpServing, type ServingKind } from './serving.ts';
import { SIGNATURES } from './signatures.ts';
import { WebSocketTable } from './websocket.ts';
import { webSocketBuiltins } from './websocket-builtins.ts';
import { webSocketsAt } from './websocket-path.ts';

const PLAIN: ServingKind = { startPrefix: 'Error starting http server in listen(): ', upgrades: false };
const WITH_UPGRADES: ServingKind = { startPrefix: 'Could not listen: ', upgrades: true };

const group = 'http';
const shared = { group, backend: group, suspends: true } as const;
const options = { ...anything('options', 'object'), defaultValue: null };

/** The HTTP of one program over its network. */
export function httpFamily(
  network: NetworkAccess,
  load: LoadHttp,
  readCertificates: ReadCertificates,
  proxyFor: ProxyFor = () => null,
): HttpFamily {
  const context = new HttpContext(network, load, readCertificates, proxyFor);
  const webSockets = new WebSocketTable();

  /** Starts a server; `answer` makes the result of the call. */
  const serve = (
    machine: Machine,
    name: 'listen' | 'http_serve' | 'ws_listen',
    args: { address: Value; handler: Value; options: Value; shown: readonly Value[] },
    kind: ServingKind,
  ): Value | Suspended => {
    const { address, handler } = args;
    if (!(address instanceof Str) || !isCallable(handler)) {
      throw mistake('argument-types', { builtin: name, values: args.shown });
    }
    const choices = serverOptions.read(args.options);
    if (choices === undefined) throw serverOptions.mistake(name, args.options);
    checkListenSettings(name, network.backend, choices);
    if (choices.forwarded && choices.trusted === null) {
      throw mistake('domain', { says: `${name} options.trusted must be given with forwarded, such as ['10.0.0.0/8', '::1']` });
    }
    /** Reads the certificates again. */
    const reload = (renew: (tls: TlsOptions) => void): Value | Suspended => {
      if (!choices.tls) return okValue();
      const renewed = (read: ServerOptions): Value => {
        renew(serverSide(network.backend, read, choices.handshakeTimeout));
        return okValue();
      };
      return readCertificates(machine, network.files, choices, renewed, certificateError);
    };
    const go = (read: ServerOptions): Suspended => start(machine, name, address, handler, read, kind, reload);
    return choices.tls ? readCertificates(machine, network.files, choices, go) : go(choices);
  };

  const start = (
    machine: Machine,
    name: 'listen' | 'http_serve' | 'ws_listen',
    address: Str,
    handler: Fn,
    choices: ServerOptions,
    kind: ServingKind,
    reload: (renew: (tls: TlsOptions) => void) => Value | Suspended,
  ): Suspended => {
    const tls = choices.tls ? serverSide(network.backend, choices, choices.handshakeTimeout) : null;
    const text = address.text === '' ? ':80' : address.text;
    const thread = machine.block('external');
    context.withEngine((engine) => {
      const serving = new HttpServing(machine, context, engine, webSockets, handler, choices, kind);
      const settle = (outcome: Listener | Failure): void => {
        if (!(outcome instanceof Failure)) {
          serving.listening(outcome);
          const running = {
            stop: () => serving.stop(),
            drain: (limitMs: number) => serving.drain(limitMs),
            stats: () => serving.stats(),
            reload: () => reload((renewed) => serving.renew(renewed)),
          };
          machine.wake(thread, name === 'http_serve' ? serverResult(running, outcome.local) : closeFunction(serving));
          return;
        }
        const error = errorValue(kind.startPrefix + outcome.detail, outcome.code);
        if (name !== 'http_serve') machine.spawn(handler, [error]);
        machine.wake(thread, name === 'http_serve' ? error : closeFunction(serving));
      };
      listenAt(network, text, { ...choices, tls }, serving, settle);
    });
    return SUSPENDED;
  };

  const builtins = [
    builtin({
      ...shared,
      name: 'listen',
      help: SIGNATURES.listen.help,
      params: [anything('address', 'string'), anything('handler', 'function'), options],
      run: (machine, address, handler, given) =>
        serve(machine, 'listen', { address, handler, options: given, shown: [address, handler] }, PLAIN),
    }),
    builtin({
      ...shared,
      name: 'http_serve',
      help: SIGNATURES.http_serve.help,
      params: [anything('address', 'string'), anything('handler', 'function'), options],
      run: (machine, address, handler, given) =>
        serve(machine, 'http_serve', { address, handler, options: given, shown: [address, handler] }, WITH_UPGRADES),
    }),
    builtin({
      ...shared,
      callback: true,
      name: 'req',
      help: SIGNATURES.req.help,
      params: [object('request')],
      run: (machine, given) => request(machine, context, given),
    }),
    builtin({
      ...shared,
      name: 'ws_listen',
      help: SIGNATURES.ws_listen.help,
      params: [anything('address', 'string'), anything('path', 'string'), anything('handler', 'function'), options],
      run(machine, address, path, handler, given) {
        const shown = [address, path, handler];
        if (!(path instanceof Str) || path.length === 0) {
          if (path instanceof Str && address instanceof Str && isCallable(handler)) {
            throw mistake('domain', { says: "ws_listen requires a path that is not empty, such as '/'" });
          }
          throw mistake('argument-types', { builtin: 'ws_listen', values: shown });
        }
        return serve(machine, 'ws_listen', { address, handler, options: given, shown }, webSocketsAt(path.text));
      },
    }),
    builtin({
      ...shared,
      name: '__http_close_idle', // for lib/net/http.oak
      help: SIGNATURES.__http_close_idle.help,
      params: [atomValue('pool')],
      run(_machine, { name }) {
        context.withEngine((engine) => engine.closeIdle(name));
        return null;
      },
    }),
    ...webSocketBuiltins(context, webSockets),
  ];
  return { builtins, close: () => context.close() };
}

/** What `reload` answers when it cannot use the files; the old ones stay in use. */
function certificateError(error: unknown): Value {
  const says = error instanceof ProgramError && error.mistake.code === 'tls-credentials' ? error.mistake.facts.says : null;
  if (typeof says !== 'string') throw error;
  return errorValue(says, 'cert');
}
