/** The only way to a network: dialling and listening as the policy allows, reported to observers. */

import { mistake } from '../../language/runtime/errors.ts';
import type { FileBackend } from '../files.ts';
import { isIP, parseAddress } from './address.ts';
import {
  type Connection,
  type DialOptions,
  Failure,
  type Listener,
  type ListenerEvents,
  type NameRules,
  NOT_ALLOWED,
  type PassedSocket,
  type ProxyRules,
  type SocketBackend,
  type Target,
  type TlsOptions,
} from './backend.ts';
import { BACKLOG, HANDSHAKE_MS } from './limits.ts';
import type { SocketPolicy } from './policy.ts';
import type { SocketWatch } from './watch.ts';

/** What a program was given of a network. */
export interface NetworkAccess {
  readonly backend: SocketBackend;
  readonly policy: SocketPolicy;
  readonly watch: SocketWatch | null;
  /** The files of the program, for certificates; null for none. */
  readonly files: FileBackend | null;
}

/** How to listen: options of a program, where -1 is "not given". */
export interface ListenSettings {
  readonly backlog: number;
  readonly noDelay: boolean;
  readonly keepAlive: number;
  readonly linger: number;
  readonly handshakeTimeout: number;
  readonly proxyProtocol: 'none' | 'require' | 'trusted';
  readonly trusted: ((peer: string) => boolean) | null;
  readonly reusePort: boolean;
}

/** Connects to `target`, which the program wrote as `text`. Returns a function that gives up. */
export function dial(
  network: NetworkAccess,
  text: string,
  target: Target,
  options: Omit<DialOptions, 'mayReach'>,
  done: (outcome: Connection | Failure) => void,
): () => void {
  const { backend, policy } = network;
  if (policy.mayConnect !== undefined && policy.mayConnect(target) !== true) {
    done(refused(network, text, new Failure('permission', `dial tcp ${text}: ${NOT_ALLOWED}`)));
    return () => {};
  }
  return backend.connect(target, { ...options, ...reachable(policy, target) }, (outcome) => {
    done(outcome instanceof Failure ? refused(network, text, outcome) : outcome);
  });
}

/** Reports a connection that could not be made. */
export function refused({ watch }: NetworkAccess, address: string, failure: Failure): Failure {
  watch?.tell({ kind: 'connect-failed', address, code: failure.code, reason: failure.detail });
  return failure;
}

/** Options that contradict each other, or are not supported here; a mistake in the program. */
export function checkListenSettings(
  builtin: string,
  backend: SocketBackend,
  { proxyProtocol, trusted, reusePort }: ListenSettings,
): void {
  if (proxyProtocol !== 'none' && trusted === null) {
    throw mistake('domain', {
      says: `${builtin} options.trusted must be given with proxyProtocol, such as ['10.0.0.0/8', '::1']`,
    });
  }
  if (reusePort && backend.canReusePort !== true) {
    throw mistake('domain', {
      says: `${builtin} options.reusePort is not available in this runtime: it needs Node 22.12 or later`,
    });
  }
}

/** Listens at the address `text`: `host:port`, `unix:/path`, or `fd:NAME` for a socket that the process was given. */
export function listenAt(
  { backend, policy, watch }: NetworkAccess,
  text: string,
  given: ListenSettings & { readonly tls: TlsOptions | null },
  events: ListenerEvents,
  done: (outcome: Listener | Failure) => void,
): void {
  const settle = (outcome: Listener | Failure): void => {
    if (outcome instanceof Failure) {
      watch?.tell({ kind: 'listen-failed', address: text, code: outcome.code, reason: outcome.detail });
    }
    done(outcome);
  };
  const passed = text.startsWith('fd:') ? passedSocket(backend, text) : null;
  if (passed instanceof Failure) {
    settle(passed);
    return;
  }
  const target = passed === null ? parseAddress(text) : passed.target;
  if (target?.kind === 'bad') {
    settle(new Failure(target.code, `listen tcp: ${target.detail}`));
    return;
  }
  if (policy.mayListen !== undefined && (target === null || policy.mayListen(target) !== true)) {
    settle(new Failure('permission', `listen tcp ${text}: ${NOT_ALLOWED}`));
    return;
  }
  const { tls, backlog, noDelay, keepAlive, linger, handshakeTimeout, reusePort } = given;
  const proxy = proxyRules(given);
  const settings = {
    tls,
    backlog: backlog < 0 ? BACKLOG : backlog,
    noDelay,
    keepAliveMs: keepAlive,
    lingerMs: linger,
    reusePort,
    passed,
    proxy,
    handshakeMs: handshakeTimeout < 0 ? HANDSHAKE_MS : handshakeTimeout,
  };
  const where = target ?? NOWHERE;
  backend.listen(where, { ...settings, ...reachable(policy, where) }, events, settle);
}

/** Where a passed socket listens when the system does not tell. */
const NOWHERE: Target = { kind: 'tcp', host: '', port: 0 };

function proxyRules({ proxyProtocol, trusted }: ListenSettings): ProxyRules | null {
  if (proxyProtocol === 'none' || trusted === null) return null;
  return { isRequired: proxyProtocol === 'require', trusts: trusted };
}

function passedSocket({ passedSocket: find }: SocketBackend, address: string): PassedSocket | Failure {
  return find?.(address.slice('fd:'.length)) ?? new Failure('address', `listen ${address}: this network is given no sockets`);
}

/** What a policy says about the addresses of a name. */
function reachable(policy: SocketPolicy, target: Target): NameRules {
  if (policy.mayReach === undefined || target.kind === 'unix' || isIP(target.host)) return {};
  const { host: name, port } = target;
  return { mayReach: (ip) => policy.mayReach?.({ ip, port, name }) === true };
}
