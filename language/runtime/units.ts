/**
 * Every source text that was compiled, and where its positions lie.
 *
 * Each unit (a file, a text for `eval`, an input of the REPL) owns a range of *global positions*: `base` plus a code point
 * offset in its source. One number in emitted code so names file and place, and the JavaScript name of each emitted function ends
 * in the global position of its `fn` or `cs` keyword (`total$10234`), from which its Magnolia name and text are found.
 * The table holds units weakly; what runs their code holds them.
 */
import type { Source } from '../syntax/source.ts';
import type { Fn } from '../values/values.ts';

export interface Unit {
  readonly base: number;
  /** How many positions it owns. */
  readonly length: number;
  /** The name of its script in JavaScript stack traces. */
  readonly script: string;
  /** The text; read when it is first asked for, because the library's is not loaded with its code. */
  source(): Source;
  /** Where the calls are in its JavaScript: `CALL_FIELDS` numbers for each. */
  calls(): readonly number[];
}

/** A unit, held weakly. */
interface Entry {
  readonly base: number;
  readonly unit: WeakRef<Unit>;
}

const entries: Entry[] = []; // in order of their bases
/** The standard library, compiled at build time, owns what lies below; every other unit is given its range here. */
export const FIRST_FREE_BASE = 1 << 22;
let nextBase = FIRST_FREE_BASE;

/** The first position of the next range. */
export function nextPosition(): number {
  return nextBase;
}

/** Reserves a range of positions for a source of this length. */
export function reservePositions(length: number): number {
  const base = nextBase;
  nextBase += length + 1; // the end of the text is a position, too
  return base;
}

/** Whether a unit is a module of the standard library, whose files are named `(lib:NAME)`. */
export function isLibrary(unit: Unit): boolean {
  return unit.source().file.startsWith('(lib:');
}

/** Makes a unit known, so that positions and functions of it can be explained. */
export function registerUnit(unit: Unit): void {
  entries.splice(indexAfter(unit.base), 0, { base: unit.base, unit: new WeakRef(unit) });
  if (entries.length % 256 !== 0) return;
  const living = entries.filter((entry) => entry.unit.deref() !== undefined);
  entries.splice(0, entries.length, ...living);
}

/** The index of the first entry whose base is above a position. */
function indexAfter(position: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as Entry).base > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The unit that owns a global position. */
export function unitAt(position: number): Unit | undefined {
  for (let i = indexAfter(position) - 1; i >= 0; i--) {
    const unit = entries[i]?.unit.deref();
    if (unit !== undefined) return position <= unit.base + unit.length ? unit : undefined;
  }
  return undefined;
}

/** The unit whose code a JavaScript stack frame names, by the position in the function's name and by the script. */
export function unitOfFrame(position: number, script: string): Unit | undefined {
  const unit = unitAt(position);
  return unit !== undefined && script.endsWith(unit.script) ? unit : undefined;
}

/** The name of the script of a part of a unit, which contains the number of lines before it. */
export function partScript(script: string, linesBefore: number): string {
  return `${linesBefore}/${script}`;
}

/** The script of a unit that was compiled in this process. */
export function scriptName(base: number): string {
  return `magnolia-unit-${base}.js`;
}

/** How many lines of its unit are counted before those of a script. */
export function linesBefore(script: string): number {
  return Number(/(\d+)\/[^/]*$/.exec(script)?.[1] ?? 0);
}

/** The global position of the `fn` or `cs` keyword that made a function; undefined for a builtin. */
export function definitionOf(fn: Fn): number | undefined {
  return positionInName(fn.name);
}

/** The same from the bare JavaScript name. */
export function positionInName(name: string): number | undefined {
  const mark = name.lastIndexOf('$');
  if (mark < 0) return undefined;
  const position = Number(name.slice(mark + 1));
  return Number.isInteger(position) && mark + 1 < name.length ? position : undefined;
}
