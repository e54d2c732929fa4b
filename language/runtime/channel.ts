/**
 * Channels: first in, first out, between threads.
 *
 * A channel holds values and the threads that wait. Values that are buffered and values of senders that are still blocked
 * stand in one queue: the last ones, as many as there are blocked senders, are theirs. Taking a value so makes room
 * for the first of them, whose value is then a buffered one. What waits in a queue is the thread itself.
 *
 * A program refers to a channel by a number, which it may copy, so it is not known when a channel becomes unreachable.
 * An idle channel therefore shrinks to its capacity, one number in a table, and becomes a `Channel` again when it is used.
 */

import { atom, type Fn, Obj, SUSPENDED, type Suspended, type Value } from '../values/values.ts';
import { type Machine, Thread } from './machine.ts';

/** A queue in a ring: constant time at both ends, and no garbage while its length stays about the same. */
export class Ring<T> {
  length = 0;
  #items: (T | undefined)[] = NONE;
  #head = 0;

  push(item: T): void {
    if (this.length === this.#items.length) this.#resize(this.length === 0 ? 4 : this.length * 2);
    this.#items[(this.#head + this.length++) & (this.#items.length - 1)] = item;
  }

  /** The oldest item, taken out. Only for a ring that is not empty. */
  shift(): T {
    const item = this.#items[this.#head] as T; // not empty, says the caller
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.length--;
    if (this.length * 8 < this.#items.length && this.#items.length > 256) this.#resize(this.#items.length / 2);
    return item;
  }

  /** `size` is a power of two. */
  #resize(size: number): void {
    const old = this.#items;
    const items = new Array<T | undefined>(size).fill(undefined);
    for (let i = 0; i < this.length; i++) items[i] = old[(this.#head + i) & (old.length - 1)];
    this.#items = items;
    this.#head = 0;
  }
}
const NONE: never[] = [];

const SENT = atom('sent');
const DATA = atom('data');

/** `{type: :sent}` */
function sent(): Obj {
  const made = new Obj();
  made.type = SENT;
  return made;
}

/** `{type: :data, data: value}` */
function received(value: Value): Obj {
  const made = new Obj();
  made.type = DATA;
  made.data = value;
  return made;
}

/** An entry of a queue whose thread passes the result to a callback and may not have started yet. */
class Background {
  #thread: Thread | null = null;
  #result: Obj | null = null;

  constructor(machine: Machine, callback: Fn) {
    machine.background(() => this.#wait(machine), [], callback);
  }

  settle(machine: Machine, result: Obj): void {
    if (this.#thread === null) this.#result = result;
    else machine.wake(this.#thread, result);
  }

  #wait(machine: Machine): Value | Suspended {
    if (this.#result !== null) return this.#result;
    this.#thread = machine.block('internal');
    return SUSPENDED;
  }
}

type Waiter = Thread | Background;

/** Was it ended while it stood in the queue? Then nothing may be handed to it. */
function isGone(waiter: Waiter): boolean {
  return waiter instanceof Thread && !waiter.waits;
}

function settle(machine: Machine, waiter: Waiter, result: Obj): void {
  if (waiter instanceof Thread) machine.wake(waiter, result);
  else waiter.settle(machine, result);
}

export class Channel {
  readonly #values = new Ring<Value>();
  readonly #senders = new Ring<Waiter>();
  readonly #receivers = new Ring<Waiter>();

  constructor(readonly capacity: number) {}

  /** Neither holds a value nor is waited for. */
  get idle(): boolean {
    return this.#values.length === 0 && this.#receivers.length === 0;
  }

  /** Blocks the running thread until the value is taken or buffered. */
  send(machine: Machine, value: Value): Value | Suspended {
    if (this.#put(machine, value)) return sent();
    this.#senders.push(machine.block('internal'));
    return SUSPENDED;
  }

  /** The same in the background: `callback` is called with the result. */
  sendThen(machine: Machine, value: Value, callback: Fn): void {
    if (this.#put(machine, value)) machine.spawn(callback, [sent()]);
    else this.#senders.push(new Background(machine, callback));
  }

  /** Blocks the running thread until there is a value. */
  receive(machine: Machine): Value | Suspended {
    const value = this.take(machine);
    if (value !== undefined) return received(value);
    this.#receivers.push(machine.block('internal'));
    return SUSPENDED;
  }

  /** The same in the background: `callback` is called with the result. */
  receiveThen(machine: Machine, callback: Fn): void {
    const value = this.take(machine);
    if (value !== undefined) machine.spawn(callback, [received(value)]);
    else this.#receivers.push(new Background(machine, callback));
  }

  /** The oldest value, or undefined when there is none. */
  take(machine: Machine): Value | undefined {
    if (this.#values.length === 0) return undefined;
    const value = this.#values.shift();
    if (this.#senders.length > 0) settle(machine, this.#senders.shift(), sent());
    return value;
  }

  /** Hands the value over or queues it. Returns whether the sender is done. */
  #put(machine: Machine, value: Value): boolean {
    while (this.#receivers.length > 0) {
      const receiver = this.#receivers.shift();
      if (isGone(receiver)) continue;
      settle(machine, receiver, received(value));
      return true;
    }
    this.#values.push(value);
    return this.#values.length <= this.capacity;
  }
}

/** How many channels may be in use before the idle ones among them are looked for. */
const SWEEP_AT = 1024;

/** All channels of one machine, by their number. */
export class Channels {
  /** The channel, or only its capacity while it is idle. */
  readonly #table: (Channel | number)[] = [];
  #used: number[] = [];
  #sweepAt = SWEEP_AT;

  /** A new channel; returns its number. */
  make(capacity: number): number {
    return this.#table.push(capacity) - 1;
  }

  /** The channel with this number, if there is one. It must be used before another one is asked for. */
  get(id: number): Channel | undefined {
    const entry = this.#table[id];
    if (typeof entry !== 'number') return entry;
    if (this.#used.length >= this.#sweepAt) this.#sweep();
    const channel = new Channel(entry);
    this.#table[id] = channel;
    this.#used.push(id);
    return channel;
  }

  #sweep(): void {
    this.#used = this.#used.filter((id) => {
      const channel = this.#table[id] as Channel; // listed while it is one
      if (channel.idle) this.#table[id] = channel.capacity;
      return !channel.idle;
    });
    this.#sweepAt = Math.max(SWEEP_AT, this.#used.length * 2);
  }
}
