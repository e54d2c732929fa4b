/**
 * The green-thread machine: runs threads, suspends and resumes them.
 *
 * Emitted functions are plain JavaScript. A call that has to wait returns SUSPENDED; each caller then saves its live variables
 * in a frame (`save`) and returns SUSPENDED itself, so the native stack unwinds into a list of frames, innermost first. To go on,
 * the innermost frame is resumed with the awaited value and what it returns is given to the next one. Only frames that
 * are reached are re-entered, so a wait costs only the frames between it and the previous one, however deep the thread is.
 *
 * `fuel` is charged at every function entry. When it is out, the same capture happens (`outOfFuel`), which bounds the native
 * stack, makes tail calls proper (a call in tail position saves no frame) and lets other threads and the event loop run.
 */

import { callWith, type Fn, heavyWork, SUSPENDED, type Suspended, staticsOf, type Value } from '../values/values.ts';
import { mistake } from './errors.ts';
import type { Host } from './host.ts';
import { SAFE_FUEL, stackFuel } from './native-stack.ts';
import { definitionOf } from './units.ts';

export type Resume = (pc: number, slots: readonly unknown[], value: Value) => Value | Suspended;

/** A suspended function: where to go on, and what its variables were. */
export class Frame {
  next: Frame | null = null;
  constructor(
    readonly resume: Resume,
    readonly pc: number,
    readonly slots: readonly unknown[],
  ) {}
}

const RUNNING = 0;
/** Waits until it is woken. */
const PARKED = 1;
/** Gave up the processor because its fuel was out. */
const YIELDED = 2;
/** Was woken before its stack had unwound. */
const WOKEN = 3;
const QUEUED = 4;
const ENDED = 5;

/** What wakes a waiting thread. External: I/O or a timer, which keeps the program alive. Internal: another thread of the program, which does not. */
export type Wait = 'external' | 'internal';

export class Thread {
  frames: Frame | null;
  /** How many frames those are. */
  depth: number;
  /** What the innermost frame is resumed with. */
  value: Value = null;
  state = QUEUED;
  waitsFor: Wait = 'internal';
  /** Whoever started it deals with an error that ends it, in `onEnd`. */
  attended = false;
  /** Its neighbours in a `ThreadList`. */
  previous: Thread | null = null;
  next: Thread | null = null;
  /** Called with the thread's result, or with the error that ended it. */
  onEnd: ((result: Value, error: unknown) => void) | null = null;

  constructor(
    readonly id: number,
    frames: Frame,
  ) {
    this.frames = frames;
    this.depth = frames.next === null ? 1 : 2;
  }

  get ended(): boolean {
    return this.state === ENDED;
  }

  /** Waits until it is woken. One that was ended (by an interrupt, say) no longer waits, even if it is still in a queue. */
  get waits(): boolean {
    return this.state === PARKED;
  }
}

/** Threads in the order in which they came; one leaves in constant time, and nothing is allocated. A thread is in one list at most. */
class ThreadList {
  #first: Thread | null = null;
  #last: Thread | null = null;

  add(thread: Thread): void {
    thread.previous = this.#last;
    if (this.#last === null) this.#first = thread;
    else this.#last.next = thread;
    this.#last = thread;
  }

  remove(thread: Thread): void {
    const { previous, next } = thread;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    thread.previous = thread.next = null;
  }

  all(): Thread[] {
    const threads: Thread[] = [];
    for (let thread = this.#first; thread !== null; thread = thread.next) threads.push(thread);
    return threads;
  }
}

/** A run of threads this long (milliseconds) lets the event loop have a turn. */
const SLICE_MS = 8;
/** Slice length while a thread waits for I/O: bounds its latency, and costs about 1 % of run time. */
const WAITED_FOR_SLICE_MS = 1;
/** So many calls of a thread may wait for others where the host cannot tell how much memory is left. */
const MOST_CALLS = 10_000_000;
/** A recursion this deep is the likely cause when memory runs out. */
const DEEP = 1_000_000;

/** The native stack is measured, which takes a millisecond, for programs that recurse (a capture of more frames than this) ... */
const DEEP_CAPTURE = 100;
/** ... or run on: after this many captures. */
const FEW_CAPTURES = 16;

const callAgain: Resume = (_charge, slots) => (slots[0] as Fn)(...(slots[1] as Value[]));
const startCall: Resume = (_pc, slots) => callWith(slots[0] as Fn, slots[1] as Value[]);
/** Stands for a function that has nothing left to do, but is still there. Its `pc` is the global position of its keyword. */
export const passOn: Resume = (_position, _slots, value) => value;
const giveTo: Resume = (_pc, slots, value) => (slots[0] as Fn)(value);

export interface MachineEvents {
  /** A thread was ended by an error. Called for every thread; the machine goes on with the others. */
  failed(thread: Thread, error: unknown): void;
  /** A thread was started; it does not run yet. */
  started?(thread: Thread): void;
  /** No thread can run and nothing can wake one. `stuck` are the threads that wait for each other. */
  idle(stuck: Thread[]): void;
}

export class Machine {
  /** Counted down by emitted code; below zero the native stack is captured. */
  fuel = 0;
  /** The thread that is running, when one is. */
  current: Thread | null = null;
  running = false;
  stopped = false;
  readonly host: Host;
  /** Called before a thread waits and before the event loop gets control: what was gathered must be on its way then. */
  readonly unflushed: { flush(): void }[] = [];

  /** For tests of races: which of `count` runnable threads goes on, counted from 0. Null for the one that has waited longest. */
  pick: ((count: number) => number) | null = null;
  /** Called before a string gets an array of so many bytes, 16 KiB or more; throws to refuse it. */
  onAllocation: ((bytes: number) => void) | null = null;

  readonly #events: MachineEvents;
  #fuelPerTurn: number;
  /** The native stack has been measured, or a test says how much fuel there is. */
  #measured: boolean;
  #captures = 0;
  #head: Frame | null = null;
  #tail: Frame | null = null;
  #saved = 0;
  #queue: Thread[] = [];
  #queueAt = 0;
  #threads = 0;
  #endedThreads = 0;
  #refs = 0;
  #deferred = false;
  /** Those that wait for other threads. */
  #parked = new ThreadList();

  /** `fuel` is for tests: every call site gets its turn at being resumed when it is small. */
  constructor(host: Host, events: MachineEvents, fuel: number | null = null) {
    this.host = host;
    this.#events = events;
    this.#fuelPerTurn = fuel ?? SAFE_FUEL;
    this.#measured = fuel !== null;
  }

  // ---- called by emitted code ----

  /** Saves a frame of the capture that is under way. */
  save(resume: Resume, pc: number, slots: readonly unknown[]): Suspended {
    const frame = new Frame(resume, pc, slots);
    if (this.#tail === null) this.#head = frame;
    else this.#tail.next = frame;
    this.#tail = frame;
    this.#saved++;
    return SUSPENDED;
  }

  /** Gives up the processor; `fn` is called with `args` on an empty native stack when the thread has its next turn. */
  outOfFuel(charge: number, fn: Fn, args: readonly unknown[]): Suspended {
    const thread = this.current as Thread; // emitted code runs in a thread only
    thread.state = YIELDED;
    thread.value = null;
    return this.save(callAgain, charge, [fn, args]);
  }

  /** A call in tail position was suspended in `callee`. A class leaves its caller on the stack, a function takes its place. */
  leave(callee: Value, position: number): Suspended {
    return staticsOf(callee) === undefined ? SUSPENDED : this.save(passOn, position, []);
  }

  // ---- called by builtins ----

  /**
   * Suspends the running thread: `start` is given `wake`, whose first call says the value that the call returns.
   * `wake` may be called from any callback of the event loop, and also before `start` has returned.
   */
  park(start: (wake: (value: Value) => void) => void, waitsFor: Wait = 'external'): Suspended {
    const thread = this.block(waitsFor);
    let isWoken = false;
    start((value) => {
      if (isWoken) return; // the thread may wait for something else by now
      isWoken = true;
      this.wake(thread, value);
    });
    return SUSPENDED;
  }

  /** The same without a closure: the caller keeps the thread and `wake`s it, exactly once, and must return SUSPENDED. */
  block(waitsFor: Wait = 'external'): Thread {
    if (this.unflushed.length > 0) this.flushAll();
    const thread = this.current as Thread; // builtins are called by a thread only
    thread.state = PARKED;
    thread.waitsFor = waitsFor;
    if (waitsFor === 'external') this.#refs++;
    else this.#parked.add(thread);
    return thread;
  }

  /** Lets a blocked thread go on: right now when no thread is running, else after those that wait already. */
  wake(thread: Thread, value: Value): void {
    if (thread.state !== PARKED) return; // ended or stopped meanwhile
    if (thread.waitsFor === 'external') this.#refs--;
    else this.#parked.remove(thread);
    thread.value = value;
    if (thread === this.current) {
      thread.state = WOKEN;
      return;
    }
    thread.state = QUEUED;
    if (this.running || this.stopped) {
      this.#queue.push(thread);
      return;
    }
    if (this.#queueAt < this.#queue.length) {
      this.#queue.push(thread);
      this.run();
    } else {
      this.run(thread);
    }
  }

  /** Starts a thread that calls `fn`; it runs after the threads that wait already. */
  spawn(fn: Fn, args: readonly Value[]): Thread {
    return this.#start(new Frame(startCall, 0, [fn, args]));
  }

  /** Starts a thread that calls `fn` and then passes its result to `callback`. */
  background(fn: Fn, args: readonly Value[], callback: Fn): Thread {
    const frame = new Frame(startCall, 0, [fn, args]);
    frame.next = new Frame(giveTo, 0, [callback]);
    return this.#start(frame);
  }

  #start(frame: Frame): Thread {
    const thread = new Thread(this.#threads++, frame);
    this.#queue.push(thread);
    if (!this.running) this.#later();
    this.#events.started?.(thread);
    return thread;
  }

  /** How many threads have not ended, and how many of them wait for another thread. */
  threadCounts(): { readonly living: number; readonly waiting: number } {
    return { living: this.#threads - this.#endedThreads, waiting: this.#parked.all().length };
  }

  /** Keeps the program alive (a listener, say) until `unref` is called as often. */
  ref(): void {
    this.#refs++;
  }

  unref(): void {
    this.#refs--;
    if (this.#refs === 0 && !this.running) this.#later();
  }

  flushAll(): void {
    const waiting = this.unflushed.splice(0);
    for (const one of waiting) one.flush();
  }

  // ---- called by the interpreter ----

  /** Ends a thread that is not running right now, as if it had made this error where it is. */
  fail(thread: Thread, error: Error): void {
    if (thread.state === ENDED || thread === this.current) return;
    this.#ended(thread, error);
  }

  #ended(thread: Thread, error: unknown): void {
    if (thread.state === PARKED) {
      if (thread.waitsFor === 'external') this.#refs--;
      else this.#parked.remove(thread);
    }
    thread.state = ENDED;
    this.#endedThreads++;
    this.#events.failed(thread, error);
    thread.onEnd?.(null, error);
  }

  /** Ends everything: no thread runs any more. */
  stop(): void {
    this.stopped = true;
    this.#queue = [];
    this.#queueAt = 0;
    this.#parked = new ThreadList();
  }

  /** Runs threads until none can go on or the event loop is due; `first` goes before the waiting ones. */
  run(first: Thread | null = null): void {
    if (this.running || this.stopped) return;
    this.running = true;
    heavyWork.charge = this.#charge;
    heavyWork.allocate = this.#allocate;
    const started = this.host.now();
    let switches = 0;
    let late = false;
    let thread = first;
    while (!late && !this.stopped) {
      if (thread === null) {
        if (this.#queueAt >= this.#queue.length) break;
        if (this.pick !== null) this.#shuffle(this.pick);
        thread = this.#queue[this.#queueAt++] as Thread; // the index is in range
        if (this.#queueAt > 1024 && this.#queueAt * 2 > this.#queue.length) {
          this.#queue = this.#queue.slice(this.#queueAt);
          this.#queueAt = 0;
        }
      }
      if (thread.state !== ENDED) late = this.#execute(thread, started);
      thread = null;
      if ((++switches & 63) === 0 && this.#isLate(started)) late = true;
    }
    this.running = false;
    if (this.unflushed.length > 0) this.flushAll();
    if (this.stopped) return;
    if (this.#queueAt < this.#queue.length) {
      this.#later();
      return;
    }
    this.#queue = [];
    this.#queueAt = 0;
    this.host.flush();
    if (this.#refs === 0) this.#events.idle(this.#parked.all());
  }

  /** Brings the picked thread to the front of the queue. */
  #shuffle(pick: (count: number) => number): void {
    const at = this.#queueAt + pick(this.#queue.length - this.#queueAt);
    const picked = this.#queue[at] as Thread; // both are in range
    this.#queue[at] = this.#queue[this.#queueAt] as Thread;
    this.#queue[this.#queueAt] = picked;
  }

  /** Bytes that are copied take fuel: 2000 calls may take as long as copying half a megabyte. */
  readonly #charge = (bytes: number): void => {
    this.fuel -= bytes >> 8;
  };

  readonly #allocate = (bytes: number): void => {
    this.#charge(bytes);
    this.onAllocation?.(bytes);
  };

  #isLate(started: number): boolean {
    return this.host.now() - started > (this.#refs > 0 ? WAITED_FOR_SLICE_MS : SLICE_MS);
  }

  #later(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    this.host.defer(() => {
      this.#deferred = false;
      this.run();
    });
  }

  /** An error in time, because the process ends when its memory does. */
  #checkMemory(thread: Thread): void {
    const { depth } = thread;
    if (!(this.host.memoryIsShort?.() ?? depth > MOST_CALLS)) return;
    throw mistake('out-of-memory', { calls: depth > DEEP ? depth : null }, placeOf(thread));
  }

  /** Runs one thread until it ends, waits or has to let others run. Tells whether the event loop is due. */
  #execute(thread: Thread, started: number): boolean {
    this.current = thread;
    thread.state = RUNNING;
    this.fuel = this.#fuelPerTurn;
    let value: Value | Suspended = thread.value;
    thread.value = null;
    try {
      for (;;) {
        const frame: Frame | null = thread.frames;
        if (frame === null) {
          thread.state = ENDED;
          this.#endedThreads++;
          this.current = null;
          thread.onEnd?.(value as Value, null); // a finished call has a value
          return false;
        }
        thread.frames = frame.next;
        thread.depth--;
        if (frame.resume === callAgain) this.fuel = this.#fuelPerTurn + frame.pc;
        const { resume } = frame; // called without a receiver, which would show in stack traces
        value = resume(frame.pc, frame.slots, value as Value); // SUSPENDED never gets here
        if (value !== SUSPENDED) continue;

        if (this.#head !== null) {
          (this.#tail as Frame).next = thread.frames; // both are set together
          thread.frames = this.#head;
          this.#head = this.#tail = null;
          thread.depth += this.#saved;
          if (!this.#measured && (this.#saved > DEEP_CAPTURE || ++this.#captures > FEW_CAPTURES)) {
            this.#measured = true;
            this.#fuelPerTurn = stackFuel();
          }
          this.#saved = 0;
        }
        const state = thread.state as number; // changed by block, wake or outOfFuel meanwhile
        if (state === WOKEN) {
          thread.state = RUNNING;
          value = thread.value;
          continue;
        }
        if (state === YIELDED) {
          const late = this.#isLate(started);
          if (late) this.#checkMemory(thread);
          if (!late && this.#queueAt >= this.#queue.length) {
            thread.state = RUNNING;
            value = null;
            continue;
          }
          thread.state = QUEUED;
          this.#queue.push(thread);
          this.current = null;
          return late;
        }
        this.current = null;
        return false;
      }
    } catch (error) {
      this.#head = this.#tail = null;
      this.#saved = 0;
      this.current = null;
      this.#ended(thread, error);
      return false;
    }
  }
}

/** Where the thread was about to go on. */
function placeOf({ frames }: Thread): number | null {
  if (frames?.resume !== callAgain) return null;
  const [fn] = frames.slots;
  return typeof fn === 'function' ? (definitionOf(fn as Fn) ?? null) : null;
}

/** Thrown by `exit`: ends the program from wherever it is. */
export class Exit extends Error {
  constructor(readonly status: number) {
    super('exit');
  }
}
