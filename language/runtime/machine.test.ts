import { describe, expect, it } from '@jest/globals';
import { type Fn, SUSPENDED, type Suspended, type Value } from '../values/values.ts';
import { mistake } from './errors.ts';
import type { Host } from './host.ts';
import { Machine, type Resume, type Thread, type Wait } from './machine.ts';

type Script = Generator<Value | Suspended, Value, Value>;

/** A machine whose event loop is a list, and threads written as generators: what they yield is what a call returned. */
class Bench {
  readonly machine: Machine;
  readonly log: string[] = [];
  readonly failures: unknown[] = [];
  readonly idle: number[] = [];
  deferred: (() => void)[] = [];
  flushes = 0;
  /** Milliseconds that pass whenever the machine looks at the clock. */
  tick = 0;
  #now = 0;

  constructor(fuel = 100) {
    const host: Host = {
      write() {},
      flush: () => void this.flushes++,
      now: () => (this.#now += this.tick),
      defer: (run) => void this.deferred.push(run),
      timer: () => () => {},
    };
    const failed = (_thread: Thread, error: unknown) => void this.failures.push(error);
    this.machine = new Machine(host, { failed, idle: (stuck) => void this.idle.push(stuck.length) }, fuel);
  }

  /** Lets the event loop turn until nothing is left to do, or that many times. */
  turn(times = 1000): void {
    for (let i = 0; i < times && this.deferred.length > 0; i++) this.deferred.shift()?.();
  }

  fn(script: (...args: Value[]) => Script): Fn {
    return (...args: Value[]) => this.#step(script(...args), null);
  }

  start(script: () => Script): Thread {
    return this.machine.spawn(this.fn(script), []);
  }

  /** A thread that waits once, notes what it was given, and how to wake it. */
  waiting(name: string, waitsFor: Wait = 'external'): { thread: Thread; wake: (value: Value) => void } {
    let wake: (value: Value) => void = () => {};
    const { machine, log } = this;
    const thread = this.start(function* () {
      const got = yield machine.park((given) => {
        wake = given;
      }, waitsFor);
      log.push(`${name} ${String(got)}`);
      return got;
    });
    return { thread, wake: (value) => wake(value) };
  }

  readonly #goOn: Resume = (_pc, slots, value) => this.#step(slots[0] as Script, value); // saved so by #step

  #step(script: Script, value: Value): Value | Suspended {
    for (let given = value; ; ) {
      const { done, value: result } = script.next(given);
      if (done) return result;
      if (result === SUSPENDED) return this.machine.save(this.#goOn, 0, [script]);
      given = result as Value; // it is not the sentinel
    }
  }
}

describe('Machine', () => {
  it('runs threads in the order in which they were started', () => {
    const bench = new Bench();
    for (let i = 0; i < 5000; i++)
      bench.start(function* () {
        bench.log.push(String(i));
        return null;
      });
    expect(bench.log).toEqual([]);
    bench.turn();
    expect(bench.log).toEqual(Array.from({ length: 5000 }, (_, i) => String(i)));
    expect(bench.idle).toEqual([0]);
  });

  it('returns a parked thread what it is woken with, and calls onEnd with the result', () => {
    const bench = new Bench();
    const { thread, wake } = bench.waiting('a');
    let ended: unknown = null;
    thread.onEnd = (value, error) => {
      ended = [value, error];
    };
    bench.turn();
    expect([bench.log, bench.idle]).toEqual([[], []]);
    wake(7);
    expect(bench.log).toEqual(['a 7']); // right there, in the callback that woke it
    expect(ended).toEqual([7, null]);
    expect(bench.idle).toEqual([0]);
  });

  it('goes on at once with a thread that is woken before its stack has unwound', () => {
    const bench = new Bench();
    const { machine, log } = bench;
    bench.start(function* () {
      log.push(String(yield machine.park((wake) => wake(1))));
      log.push(String(yield machine.park((wake) => wake(2), 'internal')));
      return null;
    });
    bench.start(function* () {
      log.push('other');
      return null;
    });
    bench.turn();
    expect(log).toEqual(['1', '2', 'other']);
  });

  it('takes a thread up once, however often it is woken', () => {
    const bench = new Bench();
    const { wake } = bench.waiting('a');
    bench.turn();
    wake(1);
    wake(2);
    bench.turn();
    expect(bench.log).toEqual(['a 1']);
  });

  it('puts a thread that a thread wakes behind those that wait already', () => {
    const bench = new Bench();
    const { wake } = bench.waiting('woken', 'internal');
    bench.turn();
    bench.start(function* () {
      bench.log.push('waker');
      wake(1);
      return null;
    });
    bench.start(function* () {
      bench.log.push('waits');
      return null;
    });
    bench.turn();
    expect(bench.log).toEqual(['waker', 'waits', 'woken 1']);
  });

  it('keeps the order also when I/O wakes one while others wait', () => {
    const bench = new Bench();
    const { wake } = bench.waiting('woken');
    bench.turn();
    bench.start(function* () {
      bench.log.push('first');
      return null;
    });
    wake(1);
    expect(bench.log).toEqual(['first', 'woken 1']);
  });

  it('calls again what ran out of fuel, with the others between', () => {
    const bench = new Bench();
    const { machine, log } = bench;
    const spin: Fn = (name: Value, left: number) => {
      if ((machine.fuel -= 60) < 0) return machine.outOfFuel(60, spin, [name, left]);
      log.push(`${String(name)}${left}`);
      return left === 0 ? null : spin(name, left - 1);
    };
    machine.spawn(spin, ['a' as unknown as Value, 3]);
    machine.spawn(spin, ['b' as unknown as Value, 3]);
    bench.turn();
    expect(log).toEqual(['a3', 'b3', 'a2', 'a1', 'b2', 'b1', 'a0', 'b0']); // a second turn has fuel for the charge on top
  });

  it('calls what costs more than the whole tank', () => {
    const bench = new Bench(10);
    const { machine } = bench;
    const big: Fn = () => ((machine.fuel -= 1000) < 0 ? machine.outOfFuel(1000, big, []) : 5);
    const thread = machine.spawn(big, []);
    let result: Value = null;
    thread.onEnd = (value) => {
      result = value;
    };
    bench.turn();
    expect(result).toBe(5);
  });

  it('lets the event loop turn while a thread runs on and on', () => {
    const bench = new Bench();
    const { machine } = bench;
    bench.tick = 1;
    let turns = 0;
    const spin: Fn = () => (--machine.fuel < 0 ? machine.outOfFuel(1, spin, []) : spin());
    machine.spawn(spin, []);
    for (; turns < 5 && bench.deferred.length > 0; turns++) bench.turn(1);
    expect(turns).toBe(5);
    expect(bench.deferred).toHaveLength(1); // the machine asked for its next turn
    machine.stop();
    bench.turn();
    expect(bench.deferred).toEqual([]);
  });

  it('lets the event loop turn between many short threads, too', () => {
    const bench = new Bench();
    bench.tick = 1;
    for (let i = 0; i < 2000; i++)
      bench.start(function* () {
        return null;
      });
    bench.turn(1);
    expect(bench.deferred).toHaveLength(1);
    bench.turn();
    expect(bench.idle).toEqual([0]);
  });

  it('reports an error and goes on with the other threads', () => {
    const bench = new Bench();
    const error = mistake('raised', { says: 'wrong' });
    const thread = bench.start(function* () {
      throw error;
    });
    let ended: unknown = null;
    thread.onEnd = (_value, why) => {
      ended = why;
    };
    bench.start(function* () {
      bench.log.push('goes on');
      return null;
    });
    bench.turn();
    expect(bench.failures).toEqual([error]);
    expect(ended).toBe(error);
    expect(bench.log).toEqual(['goes on']);
  });

  it('forgets a capture that an error interrupts', () => {
    const bench = new Bench();
    const { machine, log } = bench;
    bench.start(function* () {
      machine.save(
        () => {
          log.push('never');
          return null;
        },
        0,
        [],
      );
      throw mistake('raised', { says: 'while unwinding' });
    });
    bench.start(function* () {
      log.push(String(yield machine.park((wake) => wake(1))));
      return null;
    });
    bench.turn();
    expect([bench.failures.length, log]).toEqual([1, ['1']]);
  });

  it('does not count on a thread that failed while it began to wait', () => {
    const bench = new Bench();
    const { machine } = bench;
    bench.start(function* () {
      yield machine.park(() => {
        throw mistake('raised', { says: 'no' });
      });
      return null;
    });
    bench.turn();
    expect([bench.failures.length, bench.idle]).toEqual([1, [0]]);
  });

  describe('fail', () => {
    it('ends a thread that waits; waking it is in vain', () => {
      const bench = new Bench();
      const { thread, wake } = bench.waiting('a');
      bench.turn();
      bench.machine.fail(thread, mistake('raised', { says: 'stop it' }));
      wake(1);
      bench.turn();
      expect([bench.log, bench.failures.length]).toEqual([[], 1]);
      bench.machine.fail(thread, mistake('raised', { says: 'again' }));
      expect(bench.failures).toHaveLength(1);
    });

    it('ends a thread that is queued, but not the one that runs', () => {
      const bench = new Bench();
      const queued = bench.start(function* () {
        bench.log.push('never');
        return null;
      });
      bench.machine.fail(queued, mistake('raised', { says: 'stop it' }));
      bench.start(function* () {
        bench.machine.fail(bench.machine.current as Thread, mistake('raised', { says: 'no' }));
        bench.log.push('runs on');
        return null;
      });
      bench.turn();
      expect([bench.log, bench.failures.length]).toEqual([['runs on'], 1]);
    });

    it('takes one that waits for a thread off the list of the stuck', () => {
      const bench = new Bench();
      const { thread } = bench.waiting('a', 'internal');
      bench.waiting('b', 'internal');
      bench.turn();
      expect(bench.idle).toEqual([2]);
      bench.machine.fail(thread, mistake('raised', { says: 'stop it' }));
      bench.start(function* () {
        return null;
      });
      bench.turn();
      expect(bench.idle).toEqual([2, 1]);
    });
  });

  describe('idle', () => {
    it('comes when only threads wait for each other, with all of them', () => {
      const bench = new Bench();
      for (let i = 0; i < 3; i++) bench.waiting('a', 'internal');
      bench.turn();
      expect(bench.idle).toEqual([3]);
      expect(bench.flushes).toBe(1);
    });

    it('does not come while one waits for I/O', () => {
      const bench = new Bench();
      bench.waiting('a', 'internal');
      const { wake } = bench.waiting('b');
      bench.turn();
      expect(bench.idle).toEqual([]);
      wake(null);
      expect(bench.idle).toEqual([1]);
    });

    it('does not come while something is held, and comes with the last release', () => {
      const bench = new Bench();
      bench.machine.ref();
      bench.machine.ref();
      bench.start(function* () {
        return null;
      });
      bench.turn();
      bench.machine.unref();
      bench.turn();
      expect(bench.idle).toEqual([]);
      bench.machine.unref();
      expect(bench.idle).toEqual([]);
      bench.turn();
      expect(bench.idle).toEqual([0]);
    });
  });

  it('runs nothing any more after stop, even if a thread is woken or started', () => {
    const bench = new Bench();
    const { wake } = bench.waiting('a');
    bench.turn();
    bench.start(function* () {
      bench.log.push('never');
      return null;
    });
    bench.machine.stop();
    wake(1);
    bench.start(function* () {
      bench.log.push('never');
      return null;
    });
    bench.turn();
    expect([bench.log, bench.idle]).toEqual([[], []]);
  });

  it('stops in the middle of a run', () => {
    const bench = new Bench();
    bench.start(function* () {
      bench.machine.stop();
      bench.log.push('last');
      return null;
    });
    bench.start(function* () {
      bench.log.push('never');
      return null;
    });
    bench.turn();
    expect(bench.log).toEqual(['last']);
  });

  it('returns the result of a call in the background to a function', () => {
    const bench = new Bench();
    const { machine, log } = bench;
    const slow = bench.fn(function* (x) {
      return yield machine.park((wake) => wake(x as Value));
    });
    machine.background(slow, [4], (result: Value) => {
      log.push(`result ${String(result)}`);
      return null;
    });
    machine.background(
      () => {
        throw mistake('raised', { says: 'no' });
      },
      [],
      () => {
        log.push('never');
        return null;
      },
    );
    bench.turn();
    expect([log, bench.failures.length]).toEqual([['result 4'], 1]);
  });

  it('sends on what was gathered before a thread waits and before the event loop turns', () => {
    const bench = new Bench();
    const { machine, log } = bench;
    const gather = (name: string): void => void machine.unflushed.push({ flush: () => void log.push(`flush ${name}`) });
    bench.start(function* () {
      gather('a');
      log.push('waits');
      yield machine.park((wake) => wake(1));
      gather('b');
      log.push('ends');
      return null;
    });
    bench.turn();
    expect(log).toEqual(['waits', 'flush a', 'ends', 'flush b']);
  });

  it('hands a long list of arguments to a new thread', () => {
    const bench = new Bench();
    const many = Array.from({ length: 300_000 }, (_, i) => i);
    const lengths: number[] = [];
    bench.machine.spawn((a: Value, ...rest: Value[]) => {
      lengths.push(a as number, rest.length);
      return null;
    }, many);
    bench.turn();
    expect(lengths).toEqual([0, 1]); // the others come in one Spread, as emitted functions expect
  });

  it('keeps 100,000 waiting threads in little memory, and wakes each', () => {
    const bench = new Bench();
    const wakes: ((value: Value) => void)[] = [];
    const { machine } = bench;
    let sum = 0;
    const before = process.memoryUsage().heapUsed;
    const resume: Resume = (_pc, _slots, value) => {
      sum += value as number;
      return null;
    };
    for (let i = 0; i < 100_000; i++) {
      machine.spawn(() => {
        machine.park((wake) => wakes.push(wake), 'internal');
        return machine.save(resume, 1, [i]);
      }, []);
    }
    bench.turn();
    expect(bench.idle).toEqual([100_000]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150e6);
    bench.start(function* () {
      for (const wake of wakes) wake(1);
      return null;
    });
    bench.turn();
    expect(sum).toBe(100_000);
  });
});
