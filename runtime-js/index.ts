/**
 * The package for browsers: pages, workers, and every other host that is not Node.
 *
 *     import { createRuntime } from 'magnolia-socket/browser';
 *
 *     const runtime = createRuntime({ output: (text) => { page.textContent += text; } });
 *     const { status } = await runtime.run("std := import('std'), std.println('hello')");
 */

import type { SocketBackend } from '../builtins/sockets/backend.ts';
import { memoryNetwork as networkInMemory } from '../builtins/sockets/memory-network.ts';
import type { RuntimeOptions } from '../embedding/options.ts';
import { Runtime } from '../embedding/runtime.ts';
import { connectionHttp, fetchHttp } from './loaded-on-call.ts';
import { browserPlatform } from './platform.ts';

/** Programs of `magnolia build` are one file, and have no part that is loaded later. */
const platform = { ...browserPlatform, system: { ...browserPlatform.system, http: connectionHttp, fetch: fetchHttp } };

/** A runtime for one program. It has neither files nor a network unless the options give it some. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  return new Runtime(options, platform);
}

/** A network in memory: the programs of all runtimes that are given it can talk to each other, and only to each other. */
export function memoryNetwork(): SocketBackend {
  return networkInMemory(browserPlatform.clock.defer); // in turns of the event loop, so that programs in a conversation can be stopped
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
export type { GatewayNetwork, GatewayOptions } from './gateway-network.ts';
export { gatewayNetwork } from './gateway-network.ts';
