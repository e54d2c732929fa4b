/**
 * The package for Node: Magnolia programs inside a JavaScript one. docs/embedding.md describes it.
 *
 *     import { createRuntime } from 'magnolia-socket';
 *
 *     const runtime = createRuntime({ network: 'system' });
 *     const { status, value } = await runtime.run({ file: 'client.oak' });
 */

import type { SocketBackend } from '../builtins/sockets/backend.ts';
import { memoryNetwork as networkInMemory } from '../builtins/sockets/memory-network.ts';
import { checkOptions } from '../embedding/check-options.ts';
import type { RuntimeOptions } from '../embedding/options.ts';
import { Runtime } from '../embedding/runtime.ts';
import { installCodec } from './latin1.ts';
import { nodePlatform } from './platform.ts';

/**
 * A runtime for one program. Files, network and processes of the system are open to it only if the options say `'system'`; an option
 * or a value that there is not is a TypeError.
 */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  checkOptions(options);
  installCodec();
  return new Runtime(options, nodePlatform);
}

/** A network in memory: the programs of all runtimes that are given it can talk to each other, and only to each other. */
export function memoryNetwork(): SocketBackend {
  return networkInMemory(nodePlatform.clock.defer); // in turns of the event loop, so that programs in a conversation can be stopped
}

export type { FileBackend, FileInfo, FileOutcome, OpenFile, OpenMode, Outcome } from '../builtins/files.ts';
export * as params from '../builtins/params.ts';
export type { Builtin, Param } from '../builtins/registry.ts';
export { builtin, Registry } from '../builtins/registry.ts';
export type * from '../builtins/sockets/backend.ts';
export { Failure } from '../builtins/sockets/backend.ts';
export { socketBuiltins } from '../builtins/sockets/builtins.ts';
export type { SocketPolicy } from '../builtins/sockets/policy.ts';
export { networkPolicy } from '../builtins/sockets/policy.ts';
export type { SocketEvent, SocketWatch } from '../builtins/sockets/watch.ts';
export type { Input } from '../embedding/input.ts';
export type { FileContents } from '../embedding/memory-files.ts';
export { MemoryFiles } from '../embedding/memory-files.ts';
export type { Limits, NetworkPolicy, RuntimeOptions, StopSignal } from '../embedding/options.ts';
export type { Place, ProblemData, Span, StopReason } from '../embedding/problems.ts';
export { MagnoliaError, StoppedError } from '../embedding/problems.ts';
export type { Ended, LoadedProgram, ProgramSource, Runtime } from '../embedding/runtime.ts';
export type { JsFunction, JsInput, JsValue, MagnoliaFunction, ToJsOptions } from '../embedding/values.ts';
export { Boxed, Float, fromJs, toJs } from '../embedding/values.ts';
export type { TraceEntry } from '../language/diagnostics/problem.ts';
export type { FoundModule, ModuleFinder } from '../language/modules.ts';
export { ProgramError } from '../language/runtime/errors.ts';
export type { Machine } from '../language/runtime/machine.ts';
export type { Fn, Value } from '../language/values/values.ts';
export { atom, EMPTY, failure, Obj, Str, str } from '../language/values/values.ts';
