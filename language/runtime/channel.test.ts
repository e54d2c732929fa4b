import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Channels, Ring } from './channel.ts';
import type { Host } from './host.ts';
import { Machine } from './machine.ts';

const quiet: Host = {
  write() {},
  flush() {},
  now: () => 0,
  defer() {},
  timer: () => () => {},
};
const machine = new Machine(quiet, { failed() {}, idle() {} });

describe('Ring', () => {
  it('returns what was put in, in that order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -20, max: 20 })), (steps) => {
        const ring = new Ring<number>();
        const model: number[] = [];
        let next = 0;
        for (const step of steps) {
          for (let i = 0; i < step * 20; i++) {
            ring.push(next);
            model.push(next++);
          }
          for (let i = 0; i > step * 20 && model.length > 0; i--) expect(ring.shift()).toBe(model.shift());
          expect(ring.length).toBe(model.length);
        }
      }),
    );
  });
});

describe('Channels', () => {
  it('keep what they hold while others are swept', () => {
    const channels = new Channels();
    const kept = channels.make(3);
    channels.get(kept)?.send(machine, 41);
    for (let i = 0; i < 10_000; i++) {
      const id = channels.make(1);
      channels.get(id)?.send(machine, i);
      expect(channels.get(id)?.take(machine)).toBe(i);
    }
    expect(channels.get(kept)?.take(machine)).toBe(41);
    expect(channels.get(kept)?.capacity).toBe(3);
    expect(channels.get(10_001)).toBeUndefined();
    expect(channels.get(-1)).toBeUndefined();
  });
});
