/**
 * Node as a host of the language: standard output and error, the clock, the event loop.
 *
 * Output is gathered and written synchronously when there is much of it, when the program waits or ends, and at the next turn
 * of the event loop at the latest. A reader that has gone away ends the process without a word, as it ends other programs
 * in a pipe.
 */
import { writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Host } from '../language/runtime/host.ts';
import { codeOf, errnoText } from './errno.ts';
import { installCodec, toBuffer, writeText } from './latin1.ts';
import { memoryIsShort } from './memory.ts';

/** Node's clock; behind its name stands a getter that takes ten times as long as a look at the clock. */
const clock = performance;
/** So much output is gathered before it is written. */
const GATHERED_BYTES = 16 * 1024;
/** The longest time that Node's timers can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** What a shell reports for a program that wrote into a closed pipe. */
const STATUS_OF_BROKEN_PIPE = 141;

export interface HostOptions {
  /** File descriptors to write to; 1 and 2 if not given. */
  readonly stdout?: number;
  readonly stderr?: number;
  /** Ends the process when its output can no longer be written. */
  readonly quit?: (status: number) => void;
}

export class NodeHost implements Host {
  readonly #stdout: number;
  readonly #stderr: number;
  readonly #quit: (status: number) => void;
  readonly #gathered = new Uint8Array(GATHERED_BYTES);
  #length = 0;
  #flushComes = false;
  #broken = false;

  constructor(options: HostOptions = {}) {
    this.#stdout = options.stdout ?? 1;
    this.#stderr = options.stderr ?? 2;
    this.#quit = options.quit ?? ((status) => process.exit(status));
    installCodec();
  }

  write(text: string): void {
    if (text.length > GATHERED_BYTES - this.#length) {
      this.flush();
      if (text.length > GATHERED_BYTES) {
        this.#send(this.#stdout, toBuffer(text));
        return;
      }
    }
    writeText(text, this.#gathered, this.#length);
    this.#length += text.length;
    if (!this.#flushComes) {
      this.#flushComes = true;
      setImmediate(() => {
        this.#flushComes = false;
        this.flush();
      });
    }
  }

  writeError(text: string): void {
    this.flush();
    this.#send(this.#stderr, toBuffer(text));
  }

  flush(): void {
    if (this.#length === 0) return;
    const length = this.#length;
    this.#length = 0;
    this.#send(this.#stdout, this.#gathered.subarray(0, length));
  }

  now(): number {
    return clock.now();
  }

  memoryIsShort(): boolean {
    return memoryIsShort();
  }

  defer(run: () => void): void {
    setImmediate(run);
  }

  timer(milliseconds: number, run: () => void): () => void {
    const due = clock.now() + milliseconds;
    let timeout: NodeJS.Timeout;
    const arm = (left: number): void => {
      timeout = setTimeout(
        () => {
          if (left > LONGEST_TIMER_MS) arm(due - clock.now());
          else run();
        },
        Math.min(Math.ceil(left), LONGEST_TIMER_MS),
      );
    };
    arm(milliseconds);
    return () => clearTimeout(timeout);
  }

  /** Writes all of it, however long that takes: output is synchronous for the program. */
  #send(fd: number, bytes: Uint8Array): void {
    let at = 0;
    let pause = 1;
    while (at < bytes.length && !this.#broken) {
      try {
        at += writeSync(fd, bytes, at, bytes.length - at);
        pause = 1;
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN') {
          this.#giveUp(fd, error);
          return;
        }
        sleep(pause); // a pipe that does not block is full; its reader is another process
        pause = Math.min(pause * 2, 16);
      }
    }
  }

  #giveUp(fd: number, error: unknown): void {
    if (fd === this.#stderr && fd !== this.#stdout) return; // nobody is left to tell
    this.#broken = true;
    if (codeOf(error) === 'EPIPE') {
      this.#quit(STATUS_OF_BROKEN_PIPE);
      return;
    }
    try {
      writeSync(this.#stderr, `Could not write output: ${errnoText(error)}\n`);
    } catch {
      // nobody is left to tell
    }
    this.#quit(1);
  }
}

const sleeping = new Int32Array(new SharedArrayBuffer(4));

function sleep(milliseconds: number): void {
  Atomics.wait(sleeping, 0, 0, milliseconds);
}
