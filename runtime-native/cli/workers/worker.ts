/** What differs in a worker: the primary process decides what a second SIGTERM or SIGINT means. */
import type { NativeSignals } from '../../signals.ts';

/**
 * Ctrl-C at a terminal, and some supervisors, signal every process of a group: a worker then gets SIGINT or SIGTERM twice, from them and
 * from the primary. The first counts; later ones are ignored, and their default action too.
 */
export function reportedOnce(signals: NativeSignals): NativeSignals {
  let state: 'none' | 'reporting' | 'reported' = 'none';
  return {
    ...signals,
    listen(name, report) {
      if (name !== 'term' && name !== 'int') return signals.listen(name, report);
      return signals.listen(name, () => {
        if (state === 'reported') return;
        if (state === 'none') {
          state = 'reporting';
          for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
          queueMicrotask(() => {
            state = 'reported'; // the first one was reported
          });
        }
        report();
      });
    },
  };
}
