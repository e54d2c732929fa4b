/** The only way to a network: dialling and listening as the policy allows, reported to whoever watches. */
import { isIP } from './address.ts';
import {
  type Connection,
  type DialOptions,
  Failure,
  type Listener,
  type ListenerEvents,
  type NameRules,
  NOT_ALLOWED,
  type SocketBackend,
  type Target,
  type TlsOptions,
} from './backend.ts';
import { BACKLOG } from './limits.ts';
import type { SocketPolicy } from './policy.ts';
import type { SocketWatch } from './watch.ts';

/** What a program was given of a network. */
export interface NetworkAccess {
  readonly backend: SocketBackend;
  readonly policy: SocketPolicy;
  readonly watch: SocketWatch | null;
}

/** How to listen: options of a program, where -1 is "not given". */
export interface ListenSettings {
  readonly tls: TlsOptions | null;
  readonly backlog: number;
  readonly noDelay: boolean;
  readonly keepAlive: number;
  readonly linger: number;
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

/** Listens at `target`, which the program wrote as `text`. */
export function listenAt(
  { backend, policy, watch }: NetworkAccess,
  text: string,
  target: Target,
  { tls, backlog, noDelay, keepAlive, linger }: ListenSettings,
  events: ListenerEvents,
  done: (outcome: Listener | Failure) => void,
): void {
  const settle = (outcome: Listener | Failure): void => {
    if (outcome instanceof Failure) {
      watch?.tell({ kind: 'listen-failed', address: text, code: outcome.code, reason: outcome.detail });
    }
    done(outcome);
  };
  if (policy.mayListen !== undefined && policy.mayListen(target) !== true) {
    settle(new Failure('permission', `listen tcp ${text}: ${NOT_ALLOWED}`));
    return;
  }
  const settings = { tls, backlog: backlog < 0 ? BACKLOG : backlog, noDelay, keepAliveMs: keepAlive, lingerMs: linger };
  backend.listen(target, { ...settings, ...reachable(policy, target) }, events, settle);
}

/** What a policy says about the addresses of a name. */
function reachable(policy: SocketPolicy, target: Target): NameRules {
  if (policy.mayReach === undefined || target.kind === 'unix' || isIP(target.host)) return {};
  const { host: name, port } = target;
  return { mayReach: (ip) => policy.mayReach?.({ ip, port, name }) === true };
}
