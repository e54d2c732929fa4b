/**
 * What was running when an error was made: the Magnolia stack, read off the JavaScript stack and the saved frames.
 *
 * Emitted functions bear the global position of their keyword in their names, and each call stands on a line of its own, so
 * name and line of a native frame tell the function and the call. A frame that stands at a tail call is left out: whether it is
 * still there depends on when the stack was last captured, and the language promises that it is not.
 */

import { MAIN } from '../compiler/emit-unit.ts';
import { callOnLine, callsOfSite } from '../runtime/compile.ts';
import { definitionAt, programOf } from '../runtime/function-text.ts';
import { type Frame, passOn } from '../runtime/machine.ts';
import { isLibrary, positionInName, type Unit, unitAt, unitOfScript } from '../runtime/units.ts';
import type { Expr, Program } from '../syntax/ast.ts';
import { children } from '../syntax/ast-walk.ts';
import type { TraceEntry } from './problem.ts';

interface NativeFrame {
  readonly name: string;
  readonly unit: Unit;
  readonly line: number;
}

/** The stack of an error in a thread, as far as it is Magnolia's. */
export interface Trace {
  /** The global position of the innermost call, for an error that was made by what it called; null if there is none. */
  readonly callAt: number | null;
  /** The same of the innermost call outside the standard library. */
  callerAt(): number | null;
  readonly entries: readonly TraceEntry[];
  /** How many are left out in the middle. */
  readonly omitted: number;
}

/** The entries of a deep stack that are kept: the innermost and the outermost ones. */
const INNERMOST = 1000;
const OUTERMOST = 100;

/** Reads the stack of an error; `frames` are those that the thread had saved. */
export function traceOf(error: Error, frames: Frame | null): Trace {
  const native = nativeFrames(error.stack ?? '');
  const inner: TraceEntry[] = [];
  const outer: TraceEntry[] = [];
  let omitted = 0;
  const known = new Map<string, TraceEntry | undefined>(); // a deep recursion has the same few functions over and over
  const add = (name: string, callAt: () => number | undefined): void => {
    if (!known.has(name)) known.set(name, isTopLevel(name) ? topLevelEntry(callAt()) : functionEntry(name));
    const entry = known.get(name);
    if (entry === undefined) return;
    if (inner.length < INNERMOST) inner.push(entry);
    else if (outer.push(entry) >= 2 * OUTERMOST) omitted += outer.splice(0, OUTERMOST).length;
  };

  let callAt: number | null = null;
  native.forEach(({ name, unit, line }, i) => {
    const call = callOnLine(unit, line);
    if (i === 0) callAt = call?.at ?? null;
    if (i === 0 || call?.tail !== true || isClass(native[i - 1]?.name ?? '')) add(name, () => call?.at);
  });
  for (let frame = frames; frame !== null; frame = frame.next) {
    const { resume, pc } = frame;
    if (native.length === 0) callAt ??= callAtSite(resume.name, pc) ?? null; // a builtin has gone on after a wait
    if (resume === passOn) add(`$${pc}`, () => undefined);
    else add(resume.name, () => callAtSite(resume.name, pc));
  }
  const callerAt = (): number | null => {
    for (const { unit, line } of native) {
      const at = callOnLine(unit, line)?.at;
      if (isOutsideLibrary(at)) return at;
    }
    for (let frame = frames; frame !== null; frame = frame.next) {
      const at = frame.resume === passOn ? undefined : callAtSite(frame.resume.name, frame.pc);
      if (isOutsideLibrary(at)) return at;
    }
    return null;
  };
  const entries = [...inner, ...outer];
  return { callAt, callerAt, entries: entries.every(({ name }) => name === null) ? [] : entries, omitted };
}

function isOutsideLibrary(position: number | undefined): position is number {
  const unit = position === undefined ? undefined : unitAt(position);
  return unit !== undefined && !isLibrary(unit);
}

/** V8 writes `at Receiver.name [as key] (script:line:column)`, other engines `name@script:line:column`. */
const FRAME = /^\s*(?:at )?(?:new )?(?:[^\s@(]*\.)?([^\s@(.]+?)(?: \[as [^\]]*\])?(?: \(|@)(.*):(\d+):\d+\)?$/;

function nativeFrames(stack: string): NativeFrame[] {
  const found: NativeFrame[] = [];
  for (const text of stack.split('\n')) {
    const [, name, script, line] = FRAME.exec(text) ?? [];
    if (name === undefined || script === undefined || positionInName(name) === undefined) continue;
    const unit = unitOfScript(script);
    if (unit !== undefined) found.push({ name, unit, line: Number(line) });
  }
  return found;
}

function isClass(name: string): boolean {
  const position = positionInName(name);
  return position !== undefined && definitionAt(position)?.node.kind === 'class';
}

function isTopLevel(name: string): boolean {
  return name.startsWith(`${MAIN}$`) || name.startsWith(`${MAIN}_r$`);
}

function functionEntry(name: string): TraceEntry | undefined {
  const position = positionInName(name);
  const found = position === undefined ? undefined : definitionAt(position);
  if (found === undefined || position === undefined) return undefined;
  const source = found.unit.source();
  return { name: found.node.name, file: source.file, ...source.lineAndColumn(position - found.unit.base) };
}

function topLevelEntry(callAt: number | undefined): TraceEntry | undefined {
  const unit = callAt === undefined ? undefined : unitAt(callAt);
  if (unit === undefined || callAt === undefined) return undefined;
  const source = unit.source();
  return { name: null, file: source.file, ...source.lineAndColumn(callAt - unit.base) };
}

/**
 * The global position of a call site: the `site`th call of the function with this JavaScript name. Calls are numbered function by
 * function, so of those with the number it is the one that stands in this function and in none inside it.
 */
export function callAtSite(name: string, site: number): number | undefined {
  const position = positionInName(name);
  const unit = position === undefined ? undefined : unitAt(position);
  if (unit === undefined || position === undefined) return undefined;
  const owner = isTopLevel(name) ? undefined : definitionAt(position)?.node;
  const program = programOf(unit);
  return callsOfSite(unit, site).find((at) => innermostFunction(program, at - unit.base) === owner);
}

/** The function or class that a code point belongs to; undefined for the top level. */
function innermostFunction(program: Program, at: number): Expr | undefined {
  let found: Expr | undefined;
  let level: readonly Expr[] = program.body;
  while (level.length > 0) {
    const around = level.filter(({ start, end }) => start <= at && at < end);
    found = around.find(({ kind }) => kind === 'fn' || kind === 'class') ?? found;
    level = around.flatMap(children);
  }
  return found;
}
