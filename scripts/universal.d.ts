/**
 * The few globals that every JavaScript host has and that host-free code may use.
 *
 * `tsconfig.core.json` checks language/ and builtins/ against these and ECMAScript alone, so that a `Buffer`, a `process` or
 * a `document` there is a type error. Add a name only if browsers, workers and Node all have it. Timers, output and the
 * clock are left out on purpose: they come from the `Host`.
 */

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  decode(bytes?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string;
}

declare function queueMicrotask(task: () => void): void;

/** How many calls an `Error` writes down. Engines without it ignore it. */
interface ErrorConstructor {
  stackTraceLimit: number;
}
