/** What the language needs from its host; a runtime supplies it. */
export interface Host {
  /** Writes byte text to standard output. It may be gathered; `flush` sends it on. */
  write(text: string): void;
  /** Sends on what `write` has gathered. Called whenever the program waits or ends. */
  flush(): void;
  /** Milliseconds on a clock that never jumps. */
  now(): number;
  /** Milliseconds since 1970 for programs; left out where `Date.now()` is right. */
  wallTime?(): number;
  /** Runs something in a new turn of the event loop, as soon as other events had theirs. */
  defer(run: () => void): void;
  /** Runs something after that many milliseconds; the result cancels it. */
  timer(milliseconds: number, run: () => void): () => void;
  /** Called now and then while source text is compiled; throws to end that. Left out where compiling has no limit. */
  compiling?(): void;
  /** Whether the process is about to run out of memory; asked now and then. Left out where that is not known. */
  memoryIsShort?(): boolean;
}
