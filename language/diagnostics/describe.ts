/** From what was thrown to a problem: the wording, the place, the hint and the trace. */
import { limitMistake, ProgramError } from '../runtime/errors.ts';
import { programOf } from '../runtime/function-text.ts';
import type { Frame, Thread } from '../runtime/machine.ts';
import { type Facts, type Mistake, wording } from '../runtime/mistakes.ts';
import { quoteFrom } from '../runtime/quote.ts';
import { isLibrary, unitAt } from '../runtime/units.ts';
import { nodeAt } from '../syntax/ast-walk.ts';
import { ParseError } from '../syntax/parse-error.ts';
import type { Source } from '../syntax/source.ts';
import { hintFor, type Scene } from './hints.ts';
import type { Problem } from './problem.ts';
import { callAtSite, placeInFile, type Trace, traceOf } from './trace.ts';

const NOTHING = { hint: null, related: null, importedAt: null, trace: [], omitted: 0, thread: null } as const;

/** Why a text is not a program; null for an error that does not say so. */
export function parseProblem(source: Source, error: unknown): Problem | null {
  if (!(error instanceof ParseError)) return null;
  const { at, end, reason, hint, related } = error;
  const place = { source, at: at ?? endOf(source), start: at ?? endOf(source), end: end ?? endOf(source) + 1 };
  return { ...NOTHING, kind: 'parse', code: 'syntax', reason, place, hint, related };
}

/** Why a text could not be compiled: as above, or because the host forbids to compile anything. */
export function compileProblem(source: Source, error: unknown): Problem | null {
  if (!(error instanceof ProgramError)) return parseProblem(source, error);
  return { ...NOTHING, kind: 'runtime', code: error.mistake.code, reason: error.reason, place: null };
}

/** The end of a text, where what is missing should have been: in code points, and not behind its last line end. */
function endOf(source: Source): number {
  return [...source.text.trimEnd()].length;
}

/** What a hint may name. */
type Known = Pick<Scene, 'names' | 'library'>;

/**
 * Describes an error that ended a thread; `frames` are those that the thread had saved, `inReach` what the program could have used.
 * Anything but a mistake in the program is a bug of ours, and thrown on.
 */
export function runtimeProblem(error: unknown, frames: Frame | null, thread: string | null, inReach: Known): Problem {
  const mistake = mistakeOf(error);
  const trace = traceOf(error as Error, frames); // a ProgramError or a RangeError
  const at = (error instanceof ProgramError ? error.at : null) ?? trace.callAt;
  const unit = at === null || at < 0 ? undefined : unitAt(at);
  const known = unit !== undefined && at !== null;
  const problem = {
    ...NOTHING,
    kind: 'runtime',
    code: mistake.code,
    reason: wording(mistake, at ?? 0, unit === undefined ? undefined : quoteFrom(unit)),
    trace: trace.entries,
    omitted: trace.omitted,
    thread,
    ...(mistake.code === 'host-function' ? { cause: mistake.facts.cause } : {}),
  } as const;
  if (!known) return { ...problem, place: null };

  if (mistake.code === 'import-syntax') return { ...problem, ...moduleProblem(mistake.facts), importedAt: placeInFile(at) };
  const callerAt = isLibrary(unit) ? trace.callerAt() : null; // a mistake that the library meets was made by its caller
  const hint = callerAt === null ? hintAt(at, mistake, inReach, trace) : callerHint(callerAt, mistake, inReach, trace);
  return { ...problem, place: placeAt(callerAt ?? at), hint };
}

function hintAt(at: number, mistake: Mistake, inReach: Known, { calledAt }: Trace): string | null {
  const unit = unitAt(at);
  if (unit === undefined) return null;
  const caller = calledAt();
  const from = caller === null ? undefined : unitAt(caller);
  const runsFor = caller === null || from === undefined ? null : nodeAt(programOf(from), caller - from.base, 'call');
  return hintFor({ mistake, source: unit.source(), program: programOf(unit), at: at - unit.base, runsFor, ...inReach });
}

/** The same for the caller of the library, if the mistake is about the arguments of that call. */
function callerHint(at: number, mistake: Mistake, inReach: Known, trace: Trace): string | null {
  return mistake.code === 'not-a-socket' ? hintAt(at, mistake, inReach, trace) : null;
}

/** An error as a mistake in the program; throws it on when it is a bug of ours. */
function mistakeOf(error: unknown): Mistake {
  if (error instanceof ProgramError) return error.mistake;
  const limit = limitMistake(error);
  if (limit === null) throw error;
  return limit;
}

/** What is wrong with a module, where it is wrong. */
function moduleProblem({ source, error }: Facts['import-syntax']): Pick<Problem, 'place' | 'hint' | 'related'> {
  const { place = null, hint = null, related = null } = parseProblem(source, error) ?? {};
  return { place, hint, related };
}

function placeAt(position: number): Problem['place'] {
  const unit = unitAt(position);
  if (unit === undefined) return null;
  const at = position - unit.base;
  const node = nodeAt(programOf(unit), at);
  return { source: unit.source(), at, start: node?.start ?? at, end: node?.end ?? at + 1 };
}

/** The most waiting threads whose places are shown. */
const SHOWN_PLACES = 10;

/** Every thread left waits for another. */
export function deadlockProblem(stuck: readonly Thread[]): Problem {
  const places = stuck.flatMap((thread) => {
    for (let frame = thread.frames; frame !== null; frame = frame.next) {
      const at = callAtSite(frame.resume.name, frame.pc);
      const unit = at === undefined ? undefined : unitAt(at);
      if (unit !== undefined && at !== undefined) return [{ unit, at: at - unit.base }];
    }
    return [];
  });
  const where = places.slice(0, SHOWN_PLACES).map(({ unit, at }) => {
    const { line, column } = unit.source().lineAndColumn(at);
    return `waiting at [${line}:${column}]`;
  });
  const left = stuck.length - where.length; // some because a call in tail position left no trace
  if (left > 0 && where.length > 0) where.push(`and ${left} more`);
  const waits = stuck.length === 1 ? 'the only thread left waits' : `all ${stuck.length} threads left wait`;
  const [first] = places;
  return {
    ...NOTHING,
    kind: 'runtime',
    code: 'deadlock',
    reason: wording({ code: 'deadlock', facts: { waits, where } }),
    place: first === undefined ? null : { source: first.unit.source(), at: first.at, start: first.at, end: first.at + 1 },
  };
}
