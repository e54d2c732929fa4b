/**
 * Signals of the operating system, and which process this is: the builtins behind `import('process')`.
 *
 * While a thread waits for a signal, or a handler is set for it, the system's default action is off. A signal is reported to
 * everyone who waits for it and to every handler.
 */
import { mistake } from '../language/runtime/errors.ts';
import type { Machine } from '../language/runtime/machine.ts';
import {
  Atom,
  atom,
  type Fn,
  getKey,
  isObject,
  type Obj,
  obj,
  SUSPENDED,
  type Suspended,
  type Value,
} from '../language/values/values.ts';
import { any, callable, milliseconds } from './params.ts';
import { type Builtin, builtin, namedFunction } from './registry.ts';
import { codedFailure, unavailable } from './results.ts';

export const SIGNAL_NAMES = ['term', 'int', 'hup', 'usr1', 'usr2'] as const;
export type SignalName = (typeof SIGNAL_NAMES)[number];

/** The signals of a process. */
export interface SignalBackend {
  readonly pid: number;
  /** Which of several processes that run the same program this is; null when it is the only one. */
  readonly worker: { readonly id: number; readonly count: number } | null;
  /** Calls `report` whenever the signal arrives, until the returned function is called. The default action is off meanwhile. */
  listen(name: SignalName, report: () => void): () => void;
}

/** Awaited unless the program names others: what supervisors and Ctrl-C send. */
const USUAL: readonly SignalName[] = ['term', 'int'];

function signalEvent(name: SignalName): Obj {
  return obj({ type: atom('signal'), name: atom(name) });
}

function signalName(builtinName: string, value: Value): SignalName {
  const name = value instanceof Atom ? SIGNAL_NAMES.find((known) => known === value.name) : undefined;
  if (name !== undefined) return name;
  throw mistake('argument', { says: `${builtinName} takes the signals :term, :int, :hup, :usr1 and :usr2, got`, value });
}

/** The time limit in milliseconds; 0 for none. */
function timeoutOf(options: Value): number {
  const given = isObject(options) ? (getKey(options, 'timeout') ?? null) : null;
  const limitMs = milliseconds(given);
  if (limitMs !== undefined) return limitMs;
  const builtin = 'process_await_signal';
  throw mistake('option', { builtin, option: 'timeout', expected: 'a non-negative number', value: given });
}

function awaitSignal(machine: Machine, backend: SignalBackend, given: readonly Value[]): Suspended {
  const last = given.at(-1) ?? null;
  const hasOptions = given.length > 0 && (last === null || isObject(last));
  const limitMs = timeoutOf(last);
  const names = (hasOptions ? given.slice(0, -1) : given).map((value) => signalName('process_await_signal', value));

  const thread = machine.block('external');
  const ends: (() => void)[] = [];
  const finish = (result: Obj): void => {
    for (const end of ends.splice(0)) end();
    machine.wake(thread, result);
  };
  for (const name of names.length === 0 ? USUAL : names) ends.push(backend.listen(name, () => finish(signalEvent(name))));
  // Waiting for a signal alone does not keep a process of Node alive; a timer does.
  const timer = machine.host.timer(limitMs === 0 ? Number.POSITIVE_INFINITY : limitMs, () =>
    finish(codedFailure('Could not await signal: i/o timeout', 'timeout')),
  );
  ends.push(timer);
  return SUSPENDED;
}

function onSignal(machine: Machine, backend: SignalBackend, which: Value, handler: Fn): Fn {
  const name = signalName('process_on_signal', which);
  const end = backend.listen(name, () => machine.spawn(handler, [signalEvent(name)]));
  return namedFunction('end', () => {
    end();
    return null;
  });
}

/** The builtins of the module `process`; without a backend each answers a structured error. */
export function signalBuiltins(backend: SignalBackend | null): Builtin[] {
  return backend === null ? unavailable(working(NO_SIGNALS)) : working(backend);
}

function working(backend: SignalBackend): Builtin[] {
  return [
    builtin({
      ...common('process_await_signal', 'waits for one of some signals (:term and :int unless named): {type: :signal, name}'),
      params: [],
      rest: true,
      suspends: true,
      callback: true,
      run: (machine, given) => awaitSignal(machine, backend, given),
    }),
    builtin({
      ...common('process_on_signal', 'calls a function in a new thread whenever a signal arrives: a function that ends this'),
      params: [any('name'), callable('handler')],
      run: (machine, name, handler) => onSignal(machine, backend, name, handler),
    }),
    builtin({
      ...common('process_pid', 'the number of this process, as an int'),
      params: [],
      run: () => backend.pid,
    }),
    builtin({
      ...common('process_worker', 'which of several workers this process is, {id, count}; ? when it is the only one'),
      params: [],
      run: () => (backend.worker === null ? null : obj({ id: backend.worker.id, count: backend.worker.count })),
    }),
  ];
}

function common(name: string, help: string) {
  return { name, help, group: 'signals', backend: 'signals' } as const;
}

const never = (): never => {
  throw new Error('no signals in this runtime');
};
/** Stands in for a backend where there is none; the builtins that are unavailable never call it. */
const NO_SIGNALS: SignalBackend = { pid: 0, worker: null, listen: never };
