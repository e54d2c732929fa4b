import { describe, expect, it } from '@jest/globals';
import { display } from '../language/runtime/render.ts';
import { atom, obj, type Value } from '../language/values/values.ts';
import { channelBuiltins } from './channels.ts';
import { coreBuiltins } from './core.ts';
import { Registry } from './registry.ts';
import { type Script, TestProgram } from './testing/test-program.ts';
import { timeBuiltins } from './time.ts';

const registry = new Registry().add(channelBuiltins).add(coreBuiltins).add(timeBuiltins);

/** Runs scripts to their end; gives what they noted, and how many threads were stuck. */
async function run(...scripts: ((program: TestProgram, note: (value: Value) => null) => Script)[]) {
  const program = new TestProgram(registry);
  const notes: string[] = [];
  const note = (value: Value): null => {
    notes.push(display(value));
    return null;
  };
  for (const script of scripts) program.start(() => script(program, note));
  const stuck = await program.end;
  expect(program.failures).toEqual([]);
  return { notes, stuck: stuck.length };
}

describe('channels', () => {
  it('hand values over in the order in which they were sent, whatever the capacity', async () => {
    for (const capacity of [0, 1, 2, 5, 100]) {
      const result = await run(function* (program, note) {
        const channel = yield program.call('make_chan', capacity);
        const producer = program.threadFunction(function* () {
          for (let i = 0; i < 20; i++) yield program.call('chan_send', channel, i);
        });
        yield program.call('go', producer);
        const got: Value[] = [];
        for (let i = 0; i < 20; i++) got.push(((yield program.call('chan_recv', channel)) as { data: Value }).data);
        note(got);
      });
      expect(result).toEqual({ notes: [display(Array.from({ length: 20 }, (_, i) => i))], stuck: 0 });
    }
  });

  it('block a sender when the buffer is full, and let it go on when there is room', async () => {
    const { notes, stuck } = await run(function* (program, note) {
      const channel = yield program.call('make_chan', 2);
      const producer = program.threadFunction(function* () {
        for (let i = 0; i < 4; i++) {
          yield program.call('chan_send', channel, i);
          note(i);
        }
      });
      yield program.call('go', producer);
      yield program.call('wait', 1);
      note(atom('first'));
      note(yield program.call('chan_recv', channel));
      yield program.call('wait', 1);
      note(yield program.call('chan_recv', channel));
    });
    expect(notes).toEqual(['0', '1', ':first', '{data: 0, type: :data}', '2', '{data: 1, type: :data}', '3']);
    expect(stuck).toBe(0);
  });

  it('serve receivers in the order in which they came', async () => {
    const { notes } = await run(function* (program, note) {
      const channel = yield program.call('make_chan');
      const consumer = program.threadFunction(function* (name) {
        note([name as Value, yield program.call('chan_recv', channel)]);
      });
      for (const name of ['a', 'b', 'c']) yield program.call('go', consumer, atom(name));
      yield program.call('wait', 1);
      for (const value of [1, 2, 3]) note(yield program.call('chan_send', channel, value));
    });
    expect(notes).toEqual([
      '{type: :sent}',
      '{type: :sent}',
      '{type: :sent}',
      '[:a, {data: 1, type: :data}]',
      '[:b, {data: 2, type: :data}]',
      '[:c, {data: 3, type: :data}]',
    ]);
  });

  it('try_recv takes what is there, also from a blocked sender, and never waits', async () => {
    const { notes, stuck } = await run(function* (program, note) {
      const channel = yield program.call('make_chan');
      note(yield program.call('chan_try_recv', channel));
      const sender = program.threadFunction(function* () {
        note(yield program.call('chan_send', channel, null));
      });
      yield program.call('go', sender);
      yield program.call('wait', 1);
      note(yield program.call('chan_try_recv', channel));
    });
    expect(notes).toEqual(['{ok: false}', '{data: ?, ok: true}', '{type: :sent}']);
    expect(stuck).toBe(0);
  });

  it('work through a copy of their object', async () => {
    const { notes } = await run(function* (program, note) {
      yield program.call('make_chan', 1);
      const copy = obj({ id: 0, type: atom('channel') });
      yield program.call('chan_send', copy, 7);
      note(yield program.call('chan_recv', copy));
    });
    expect(notes).toEqual(['{data: 7, type: :data}']);
  });

  it('call back with the result; the place in the queue is taken at the call', async () => {
    const { notes, stuck } = await run(function* (program, note) {
      const channel = yield program.call('make_chan');
      const callback = (name: string) => (result: Value) => note([atom(name), result]);
      note(yield program.call('chan_send', channel, 1, callback('one')));
      note(yield program.call('chan_send', channel, 2, callback('two')));
      note(yield program.call('chan_recv', channel));
      note(yield program.call('chan_recv', channel));
      yield program.call('wait', 1);
      note(yield program.call('chan_recv', channel, callback('three')));
      note(yield program.call('chan_send', channel, 3));
    });
    expect(notes).toEqual([
      '?',
      '?',
      '{data: 1, type: :data}',
      '{data: 2, type: :data}',
      '[:one, {type: :sent}]',
      '[:two, {type: :sent}]',
      '?',
      '{type: :sent}',
      '[:three, {data: 3, type: :data}]',
    ]);
    expect(stuck).toBe(0);
  });

  it('report the stuck threads: a callback that waits for ever counts', async () => {
    const { stuck } = await run(function* (program) {
      const channel = yield program.call('make_chan');
      yield program.call('chan_recv', channel, () => null);
      yield program.call('chan_send', yield program.call('make_chan'), 1);
    });
    expect(stuck).toBe(2);
  });

  it('go hands its arguments on, and its function runs later', async () => {
    const { notes } = await run(function* (program, note) {
      const worker = (...args: Value[]) => note(args);
      note(yield program.call('go', worker, 1, 2, 3));
      note(atom('main'));
    });
    expect(notes).toEqual(['?', ':main', '[1, 2, 3]']);
  });
});

describe('wait', () => {
  it('lets others run, and returns ?', async () => {
    const { notes } = await run(function* (program, note) {
      const sleeper = program.threadFunction(function* (seconds) {
        yield program.call('wait', seconds);
        note(seconds as Value);
      });
      for (const seconds of [3, 1, 2]) yield program.call('go', sleeper, seconds);
      note(yield program.call('wait', 5));
    });
    expect(notes).toEqual(['1', '2', '3', '?']);
  });

  it('calls back in the background', async () => {
    const { notes } = await run(function* (program, note) {
      const callback = (value: Value) => note([atom('woke'), value]);
      note(yield program.call('wait', 1, callback));
    });
    expect(notes).toEqual(['?', '[:woke, ?]']);
  });
});
