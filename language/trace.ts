/**
 * What was running when an error was made: the Magnolia stack, read off the JavaScript stack and the saved frames.
 *
 * Emitted functions bear the global position of their keyword in their names, and each call stands on a line of its own, so
 * name and line of a native frame tell the function and the call. A frame that stands at a tail call is left out: whether it is
 * still there depends on when the stack was last captured, and the language promises that it is not.
 */
import { MAIN } from './emitter.ts';
import { definitionAt } from './function-text.ts';
import type { Frame } from './machine.ts';
import type { TraceEntry } from './problem.ts';
import { callOnLine } from './unit-code.ts';
import { positionInName, type Unit, unitOfScript } from './units.ts';

interface NativeFrame {
  readonly name: string;
  readonly unit: Unit;
  readonly line: number;
}

/** The stack of an error in a thread, as far as it is Magnolia's. */
export interface Trace {
  /** The global position of the innermost call, for an error that was made by what it called; null if there is none. */
  readonly callAt: number | null;
  readonly entries: readonly TraceEntry[];
}

/** Reads the stack of an error; `frames` are those that the thread had saved. */
export function traceOf(error: Error, frames: Frame | null): Trace {
  const native = nativeFrames(error.stack ?? '');
  const names: string[] = [];
  let callAt: number | null = null;
  native.forEach(({ name, unit, line }, i) => {
    const call = callOnLine(unit, line);
    if (i === 0) callAt = call?.at ?? null;
    if (i === 0 || call?.tail !== true || isClass(native[i - 1]?.name ?? '')) names.push(name);
  });
  for (let frame = frames; frame !== null; frame = frame.next) names.push(frame.resume.name);
  const known = new Map<string, TraceEntry | undefined>(); // a deep recursion has the same few functions over and over
  for (const name of names) if (!known.has(name)) known.set(name, entryOf(name));
  return { callAt, entries: names.flatMap((name) => known.get(name) ?? []) };
}

/** V8 writes `at name (script:line:column)`, other engines `name@script:line:column`. */
const FRAME = /^\s*(?:at )?(?:new )?([^\s@(]+?)(?: \(|@)(.*):(\d+):\d+\)?$/;

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

function entryOf(name: string): TraceEntry | undefined {
  const position = positionInName(name);
  if (position === undefined || name.startsWith(`${MAIN}$`) || name.startsWith(`${MAIN}_r$`)) return undefined;
  const found = definitionAt(position);
  if (found === undefined) return undefined;
  const source = found.unit.source();
  return { name: found.node.name, file: source.file, ...source.lineAndColumn(position - found.unit.base) };
}
