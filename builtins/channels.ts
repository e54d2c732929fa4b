/** Threads and the channels between them: `go`, `make_chan`, `chan_send`, `chan_recv`, `chan_try_recv`. */
import { type Channel, Channels } from '../language/runtime/channel.ts';
import { mistake, type ProgramError } from '../language/runtime/errors.ts';
import type { Machine } from '../language/runtime/machine.ts';
import { atom, type Int, isInt, Obj, Spread, type Suspended, staticsOf, type Value } from '../language/values/values.ts';
import { any, int, isCallable, optional } from './params.ts';
import { type Builtin, builtin, describe } from './registry.ts';

const CHANNEL = atom('channel');

const channelsOf = new WeakMap<Machine, Channels>();

function channels(machine: Machine): Channels {
  const known = channelsOf.get(machine);
  if (known !== undefined) return known;
  const made = new Channels();
  channelsOf.set(machine, made);
  return made;
}

/** The channel of an argument: any (small) object with the right type and number, also a copy. */
function knownChannel(machine: Machine, value: Value): Channel | undefined {
  if (!(value instanceof Obj) || value.type !== CHANNEL || typeof value.id !== 'number') return undefined;
  return channels(machine).get(value.id);
}

function channelOf(machine: Machine, name: string, value: Value): Channel {
  const channel = knownChannel(machine, value);
  if (channel === undefined) throw noChannel(name, value);
  return channel;
}

function noChannel(name: string, value: Value): ProgramError {
  if (!(value instanceof Obj) || value.type !== CHANNEL) {
    return mistake('argument', { says: `First argument to ${name} must be a channel, got`, value });
  }
  return mistake('unknown-handle', { kind: 'Channel', value, malformed: !isInt(value.id) });
}

/** `chan_send` and `chan_recv` count and check by themselves: a function may be the value that is sent. */
function counted(name: string, required: number, got: number): void {
  if (got < required) throw mistake('argument-count', { builtin: name, says: `requires ${required} arguments`, got });
  if (got > required + 1) {
    const plural = required === 1 ? 'argument' : 'arguments';
    throw mistake('argument-count', { builtin: name, says: `takes ${required} ${plural} plus an optional callback`, got });
  }
}

function notCallable(name: string, value: Value | undefined): ProgramError {
  return mistake('argument', { says: `${name} callback must be a function, got`, value });
}

function send(machine: Machine, args: readonly Value[]): Value | Suspended {
  if (args.length !== 2) counted('chan_send', 2, args.length);
  const channel = channelOf(machine, 'chan_send', args[0] ?? null);
  if (args.length === 2) return channel.send(machine, args[1] ?? null);

  const callback = args[2];
  if (!isCallable(callback)) throw notCallable('chan_send', callback);
  channel.sendThen(machine, args[1] ?? null, callback);
  return null;
}

function receive(machine: Machine, args: readonly Value[]): Value | Suspended {
  if (args.length !== 1) counted('chan_recv', 1, args.length);
  const channel = channelOf(machine, 'chan_recv', args[0] ?? null);
  if (args.length === 1) return channel.receive(machine);

  const callback = args[1];
  if (!isCallable(callback)) throw notCallable('chan_recv', callback);
  channel.receiveThen(machine, callback);
  return null;
}

function tryReceive(machine: Machine, value: Value): Value {
  const taken = channelOf(machine, 'chan_try_recv', value).take(machine);
  const made = new Obj();
  made.ok = taken !== undefined;
  if (taken !== undefined) made.data = taken;
  return made;
}

function makeChannel(machine: Machine, capacity: Int, surplus: readonly Value[]): Value {
  if (surplus.length > 0)
    throw mistake('argument-count', { builtin: 'make_chan', says: 'takes at most 1 argument', got: surplus.length + 1 });
  if (capacity < 0) throw mistake('argument', { says: 'make_chan capacity must be non-negative, got', value: capacity });
  const made = new Obj();
  made.type = CHANNEL;
  made.id = channels(machine).make(Number(capacity));
  made.cap = capacity;
  return made;
}

function go(machine: Machine, args: readonly Value[]): Value {
  if (args.length === 0)
    throw mistake('argument-count', { builtin: 'go', says: 'requires at least 1 argument (function to run)', got: null });
  const [fn = null, ...rest] = args;
  if (!isCallable(fn) || describe(fn) !== undefined || staticsOf(fn) !== undefined) {
    throw mistake('argument', { builtin: 'go', says: 'go argument must be a function, got', value: fn });
  }
  machine.spawn(fn, rest);
  return null;
}

export const channelBuiltins: readonly Builtin[] = [
  {
    name: 'go',
    group: 'channels',
    help: 'runs a function with these arguments in a thread of its own',
    params: [any('f')],
    rest: true,
    unchecked: true,
    run: go,
  },
  builtin({
    name: 'make_chan',
    group: 'channels',
    help: 'a new channel that buffers so many values',
    params: [optional(int('size'), 0)],
    rest: true,
    run: makeChannel,
  }),
  {
    name: 'chan_send',
    group: 'channels',
    help: 'sends a value; waits until it is taken or buffered, unless a callback is given',
    params: [any('channel'), any('value')],
    rest: true,
    unchecked: true,
    suspends: true,
    run: send,
    direct: (machine, general) =>
      function call(target: Value, value: Value | Spread) {
        const args = arguments as unknown as Value[]; // passed on as they are: a new list for each call would cost
        const channel = args.length === 2 ? knownChannel(machine, target) : undefined;
        if (channel === undefined || value === undefined || value instanceof Spread) return general(...args);
        return channel.send(machine, value);
      },
  },
  {
    name: 'chan_recv',
    group: 'channels',
    help: 'waits for the next value, unless a callback is given',
    params: [any('channel')],
    rest: true,
    unchecked: true,
    suspends: true,
    run: receive,
    direct: (machine, general) =>
      function call(target: Value) {
        const args = arguments as unknown as Value[]; // as above
        const channel = args.length === 1 ? knownChannel(machine, target) : undefined;
        return channel === undefined ? general(...args) : channel.receive(machine);
      },
  },
  builtin({
    name: 'chan_try_recv',
    group: 'channels',
    help: 'the next value if there is one; never waits',
    params: [any('channel')],
    run: tryReceive,
  }),
];
