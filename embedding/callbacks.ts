/** Calls of functions of the embedder. An exception ends their program at most, never the process. */

import type { NetworkAccess } from '../builtins/sockets/network.ts';
import type { SocketPolicy } from '../builtins/sockets/policy.ts';
import type { SocketWatch } from '../builtins/sockets/watch.ts';
import { isPlain } from './values.ts';

/** Whether this is a promise, of whichever realm or library. A plain object with a function `then` is data. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isPlain(value)) return false;
  return 'then' in value && typeof value.then === 'function';
}

/**
 * A promise that is settled once, as the first answer of another one says: what follows, and what its `then` throws, is as a native promise
 * takes it.
 */
export function settledOnce(promise: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve) => resolve(promise));
}

/** Receives what a callback has thrown. */
export type Fault = (error: unknown) => void;

/** Calls a callback. What it throws, at once or as a promise, goes to `fault`. Returns the promise, which cannot fail, or null. */
export function callBack(callback: () => unknown, fault: Fault): Promise<void> | null {
  try {
    const result = callback();
    return isPromise(result) ? settledOnce(result).then(() => {}, fault) : null;
  } catch (error) {
    fault(error);
    return null;
  }
}

/** The same network for a program, where exceptions in rules and observers are caught; a rule allows with `true` alone. */
export function guardedAccess({ policy, watch, ...rest }: NetworkAccess, fault: Fault): NetworkAccess {
  return { ...rest, policy: guardedPolicy(policy, fault), watch: watch === null ? null : guardedWatch(watch, fault) };
}

function guardedPolicy(policy: SocketPolicy, fault: Fault): SocketPolicy {
  const guarded: { -readonly [name in keyof SocketPolicy]: SocketPolicy[name] } = {};
  for (const name of ['mayConnect', 'mayListen', 'mayReach'] as const) {
    const rule = policy[name]?.bind(policy) as ((address: unknown) => unknown) | undefined;
    if (rule !== undefined) guarded[name] = (address: unknown) => verdict(name, () => rule(address), fault);
  }
  return guarded;
}

function verdict(name: string, rule: () => unknown, fault: Fault): boolean {
  let given: unknown;
  const refuse = (error: unknown): false => {
    fault(error);
    return false;
  };
  try {
    given = rule();
  } catch (error) {
    return refuse(error);
  }
  if (typeof given === 'boolean') return given;
  if (isPromise(given)) settledOnce(given).catch(() => {}); // the TypeError says more
  return refuse(new TypeError(`${name} must return true or false, not ${isPromise(given) ? 'a promise' : shown(given)}`));
}

/** A value of the embedder in the text of a TypeError. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 100)}'`;
  return typeof value === 'object' || typeof value === 'function' ? Object.prototype.toString.call(value) : String(value);
}

function guardedWatch(watch: SocketWatch, fault: Fault): SocketWatch {
  return {
    tell: (event) => void callBack(() => watch.tell(event), fault),
    bytes: (id, direction, count) => void callBack(() => watch.bytes(id, direction, count), fault),
  };
}
