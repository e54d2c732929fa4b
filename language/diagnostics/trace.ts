/**
 * What was running when an error was made: the Magnolia stack, read off the JavaScript stack and the saved frames.
 *
 * Emitted functions bear the global position of their keyword in their names, and each call stands on its own line, so
 * name and line of a native frame tell the function and the call. A frame at a tail call is left out: whether it is
 * still there depends on when the stack was last captured, and the language promises that it is not.
 */

import { MAIN } from '../compiler/unit.ts';
import { callOnLine, callsOfSite } from '../runtime/call-sites.ts';
import { definitionAt, programOf } from '../runtime/function-text.ts';
import { type Frame, passOn } from '../runtime/machine.ts';
import { isLibrary, linesBefore, positionInName, type Unit, unitAt, unitOfFrame } from '../runtime/units.ts';
import type { Expr, Program } from '../syntax/ast.ts';
import { children, nodeAt } from '../syntax/ast-walk.ts';
import type { Place, TraceEntry } from './problem.ts';
import { visibleNames } from './visible-names.ts';

interface NativeFrame {
  readonly name: string;
  readonly unit: Unit;
  readonly line: number;
}

/** The stack of an error in a thread, as far as it is Magnolia's. */
export interface Trace {
  /** The global position of the innermost call, for an error that was made by what it called; null if there is none. */
  readonly callAt: number | null;
  /** The global position of the call that the innermost function runs for itself, so that its arguments are that call's. */
  calledAt(): number | null;
  /** The same of the innermost call outside the standard library. */
  callerAt(): number | null;
  readonly entries: readonly TraceEntry[];
  /** How many are left out in the middle. */
  readonly omitted: number;
}

/** The entries of a deep stack that are kept: the innermost and the outermost ones. */
const INNERMOST = 1000;
const OUTERMOST = 100;

/** A function that was running: its JavaScript name, and where the call is that it was making. */
interface Running {
  readonly name: string;
  readonly callAt: () => number | undefined;
  caller: Running | null;
}

/** Reads the stack of an error; `frames` are those that the thread had saved. */
export function traceOf(error: Error, frames: Frame | null): Trace {
  const native = nativeFrames(error.stack ?? '');
  const inner: Running[] = [];
  const outer: Running[] = [];
  let omitted = 0;
  let last: Running | null = null;
  const shown = new Map<string, boolean>(); // a deep recursion has the same few functions over and over
  const add = (name: string, callAt: () => number | undefined): void => {
    if (!shown.has(name)) shown.set(name, isTopLevel(name) || definitionOf(name) !== undefined);
    if (shown.get(name) !== true) return;
    const running: Running = { name, callAt, caller: null };
    if (last !== null) last.caller = running;
    last = running;
    if (inner.length < INNERMOST) inner.push(running);
    else if (outer.push(running) >= 2 * OUTERMOST) omitted += outer.splice(0, OUTERMOST).length;
  };

  let callAt: number | null = null;
  native.forEach(({ name, unit, line }, i) => {
    const call = callOnLine(unit, line);
    if (i === 0) callAt = call?.at ?? null;
    // Who calls a class in tail position is still there, but no longer knows where.
    if (i === 0 || call?.tail !== true) add(name, () => call?.at);
    else if (isClass(native[i - 1]?.name ?? '')) add(name, () => undefined);
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
  const known = new Map<string, TraceEntry | undefined>();
  const entries = [...inner, ...outer].flatMap((running) => {
    const own = isTopLevel(running.name) ? running.callAt() : undefined;
    const key = `${running.name} ${own} ${running.caller?.callAt()}`;
    if (!known.has(key)) known.set(key, entryOf(running, own));
    return known.get(key) ?? [];
  });
  const [first] = inner;
  const calledAt = (): number | null => {
    const call = first?.caller?.callAt();
    return call !== undefined && first !== undefined && calledFunction(call) === positionInName(first.name) ? call : null;
  };
  return { callAt, calledAt, callerAt, entries: entries.every(({ name }) => name === null) ? [] : entries, omitted };
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
    const position = name === undefined ? undefined : positionInName(name);
    if (name === undefined || script === undefined || position === undefined) continue;
    const unit = unitOfFrame(position, script);
    if (unit !== undefined) found.push({ name, unit, line: Number(line) + linesBefore(script) });
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

function definitionOf(name: string): ReturnType<typeof definitionAt> {
  const position = positionInName(name);
  return position === undefined ? undefined : definitionAt(position);
}

/** `own` is the call that a top level was making, which is its place. */
function entryOf({ name, caller }: Running, own: number | undefined): TraceEntry | undefined {
  const callAt = caller?.callAt();
  const calledAt = callAt === undefined ? null : placeInFile(callAt);
  if (isTopLevel(name)) {
    const place = own === undefined ? null : placeInFile(own);
    return place === null ? undefined : { name: null, ...place, calledAt, tailCalls: false };
  }
  const found = definitionOf(name) as NonNullable<ReturnType<typeof definitionOf>>; // else it was not noted
  const place = placeInFile(found.unit.base + found.node.at);
  const called = callAt === undefined ? null : calledFunction(callAt);
  const tailCalls = called !== null && called !== found.unit.base + found.node.start;
  return place === null ? undefined : { name: found.node.name, ...place, calledAt, tailCalls };
}

/** The file, line and column of a global position. */
export function placeInFile(position: number): Place | null {
  const unit = unitAt(position);
  if (unit === undefined) return null;
  const source = unit.source();
  return { file: source.file, ...source.lineAndColumn(position - unit.base) };
}

/**
 * The global position of the function that the call at a place certainly calls: it is called by the name of one that nothing else is
 * called. When another one runs for that call, the first has ended in a tail call.
 */
function calledFunction(callAt: number): number | null {
  const unit = unitAt(callAt);
  if (unit === undefined) return null;
  const program = programOf(unit);
  const call = nodeAt(program, callAt - unit.base, 'call');
  if (call?.callee.kind !== 'name') return null;
  const [only, ...others] = visibleNames(program, call.start).get(call.callee.name) ?? [];
  if (only === undefined || others.length > 0 || !only.lasting || only.imports !== null || only.valueStart === null) return null;
  return unit.base + only.valueStart;
}

/**
 * The global position of a call site: the `site`th call of the function with this JavaScript name. Calls are numbered function by
 * function, so of those with the number it is the one that is in this function and in none inside it.
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
