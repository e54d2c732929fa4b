import { describe, expect, it } from '@jest/globals';
import { display } from '../language/runtime/render.ts';
import { atom, type Fn, obj } from '../language/values/values.ts';
import { Registry } from './registry.ts';
import { type SignalBackend, type SignalName, signalBuiltins } from './signals.ts';
import { outcome, TestProgram, VirtualHost } from './testing/test-program.ts';

/** Signals that a test sends by hand. */
function signals() {
  const listening = new Map<() => void, SignalName>();
  const backend: SignalBackend = {
    pid: 7,
    worker: { id: 2, count: 3 },
    listen(name, report) {
      listening.set(report, name);
      return () => listening.delete(report);
    },
  };
  const send = (name: SignalName): void => {
    for (const [report, of] of [...listening]) if (of === name) report();
  };
  return { backend, send, names: () => [...listening.values()] };
}

/** Time stands still, so that what waits without a limit waits. */
const host = () => Object.assign(new VirtualHost(), { timer: () => () => {} });
const withBackend = (backend: SignalBackend | null) => new TestProgram(new Registry().add(signalBuiltins(backend)), host());

describe('signals', () => {
  it('are off again once awaited, whichever of them came', async () => {
    const { backend, send, names } = signals();
    const program = withBackend(backend);
    const shown: string[] = [];
    program.start(function* () {
      shown.push(display(yield program.call('process_await_signal', atom('hup'), atom('usr1'))));
    });
    await new Promise(setImmediate);
    expect(names()).toEqual(['hup', 'usr1']);
    send('usr1');
    await program.end;
    expect(shown).toEqual(['{name: :usr1, type: :signal}']);
    expect(names()).toEqual([]);
  });

  it('tell which worker this is', () => {
    const program = withBackend(signals().backend);
    expect(outcome(program.call('process_worker'))).toBe('{count: 3, id: 2}');
    expect(outcome(program.call('process_pid'))).toBe('7');
  });

  for (const [name, args, text] of [
    [
      'process_await_signal',
      [atom('kill')],
      'process_await_signal takes the signals :term, :int, :hup, :usr1 and :usr2, got :kill',
    ],
    [
      'process_await_signal',
      [atom('term'), 5],
      'process_await_signal takes the signals :term, :int, :hup, :usr1 and :usr2, got 5',
    ],
    [
      'process_await_signal',
      [obj({ timeout: atom('soon') })],
      'process_await_signal options.timeout must be a non-negative number, got :soon',
    ],
    ['process_on_signal', [atom('term'), 5], 'Mismatched types in call process_on_signal(:term, 5)'],
    ['process_on_signal', [atom('term')], 'process_on_signal requires 2 arguments, got 1'],
  ] as const) {
    it(`refuse ${name}(${args.map((arg) => display(arg)).join()})`, () => {
      expect(outcome(withBackend(signals().backend).call(name, ...args))).toBe(`error: ${text}`);
    });
  }

  it('without a backend are structured errors', () => {
    const program = withBackend(null);
    for (const name of ['process_await_signal', 'process_on_signal', 'process_pid', 'process_worker']) {
      expect(outcome(program.call(name))).toBe(`{error: '${name}() unavailable in this runtime', type: :error}`);
    }
  });

  it('call a handler until it is ended', async () => {
    const { backend, send, names } = signals();
    const program = withBackend(backend);
    let calls = 0;
    let end: Fn | null = null;
    program.start(function* () {
      const handler: Fn = () => {
        calls++;
        return null;
      };
      end = (yield program.call('process_on_signal', atom('hup'), handler)) as Fn;
      send('hup');
      send('hup');
    });
    await program.end;
    expect(calls).toBe(2);
    (end as Fn | null)?.();
    expect(names()).toEqual([]);
  });
});
