/** The signals of this process, as long as a program wants to know of them. */
import { constants } from 'node:os';
import { SIGNAL_NAMES, type SignalBackend, type SignalName } from '../builtins/signals.ts';

const NODE_NAMES = { term: 'SIGTERM', int: 'SIGINT', hup: 'SIGHUP', usr1: 'SIGUSR1', usr2: 'SIGUSR2' } as const;

/** A backend that can be brought to an end. */
export interface NativeSignals extends SignalBackend {
  /** Restores the default action of every signal. */
  close(): void;
}

/** The signals of this process. Each program has its own backend, which ends with it. */
export function nativeSignals(worker: SignalBackend['worker'] = null): NativeSignals {
  const open = new Set<() => void>();
  return {
    pid: process.pid,
    worker,
    listen(name: SignalName, report: () => void) {
      const signal = NODE_NAMES[name];
      process.on(signal, report);
      const end = (): void => {
        open.delete(end);
        process.off(signal, report);
      };
      open.add(end);
      return end;
    },
    close() {
      for (const end of [...open]) end();
    },
  };
}

/**
 * Gives process 1 (of a container, say) the default actions that the kernel does not apply to it: a signal that nobody
 * listens to ends the process with status 128 + n.
 */
export function defaultsForProcessOne(quit: (status: number) => void): void {
  for (const name of SIGNAL_NAMES) {
    const signal = NODE_NAMES[name];
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) quit(128 + constants.signals[signal]);
    });
  }
}
