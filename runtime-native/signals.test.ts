import { afterEach, describe, expect, it } from '@jest/globals';
import { defaultsForProcessOne, nativeSignals } from './signals.ts';

// Jest's `process` does not receive signals of the system: they are emitted here; spec/process has the real ones.
afterEach(() => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.removeAllListeners(signal);
});

describe('signals of this process', () => {
  it('are reported until the listener, or the program, ends', () => {
    const signals = nativeSignals();
    let reports = 0;
    const end = signals.listen('usr2', () => reports++);
    signals.listen('usr2', () => reports++);
    process.emit('SIGUSR2', 'SIGUSR2');
    expect(reports).toBe(2);
    end();
    process.emit('SIGUSR2', 'SIGUSR2');
    expect(reports).toBe(3);
    signals.close();
    expect(process.listenerCount('SIGUSR2')).toBe(0);
  });

  it('end process 1 when there is no listener', () => {
    const statuses: number[] = [];
    defaultsForProcessOne((status) => statuses.push(status));
    const end = nativeSignals().listen('hup', () => {});
    process.emit('SIGHUP', 'SIGHUP');
    expect(statuses).toEqual([]);
    end();
    process.emit('SIGHUP', 'SIGHUP');
    process.emit('SIGTERM', 'SIGTERM');
    expect(statuses).toEqual([129, 143]);
  });
});
