/** What embedders receive when something goes wrong. */

import type { Problem, ProblemCode, TraceEntry } from '../language/diagnostics/problem.ts';
import { report } from '../language/diagnostics/report.ts';
import type { Source } from '../language/syntax/source.ts';
import { utf8Decode } from '../language/values/bytes.ts';

/** A place in a text. Lines and columns count characters from 1; `offset` is that of JavaScript strings, a byte order mark left out. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** A part of a text: `text.slice(start.offset, end.offset)`. It may be empty, where something is missing. */
export interface Span {
  readonly start: Place;
  readonly end: Place;
}

/** An error of a program as plain data, which can be stored, or sent to another process. All texts are ordinary text. */
export interface ProblemData {
  /** Whether the text is not a program, or something went wrong while it ran. */
  readonly kind: 'parse' | 'runtime';
  /** What went wrong, for programs: `syntax`, `not-callable` and so on (docs/embedding.md has the list). */
  readonly code: ProblemCode;
  readonly reason: string;
  /** Where; null when it is not known. Lines and columns count from 1. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** The part of the text that is to blame, around that place. */
  readonly span: Span | null;
  /** A sentence that may help. */
  readonly hint: string | null;
  /** The functions that were running, innermost first. */
  readonly trace: readonly TraceEntry[];
  /** Whether it happened in a thread other than the main one; that does not end the program. */
  readonly inThread: boolean;
}

/** An error of a Magnolia program: `message` is the reason, `problem` has it as data, `report` as text for people. */
export class MagnoliaError extends Error {
  static override readonly name = 'MagnoliaError'; // however a bundler calls the class
  override name = 'MagnoliaError';
  readonly problem: ProblemData;
  /** The reason, the place with the source around it, the hint and the trace: what `magnolia FILE` prints. */
  readonly report: string;

  constructor(problem: Problem) {
    const { cause } = problem;
    super(utf8Decode(problem.reason), cause === undefined ? undefined : { cause });
    this.problem = problemData(problem);
    this.report = report(problem, { colour: false });
    this.stack = stackOf(this, this.problem);
  }
}

/** What ended a program from outside: a limit, `stop()`, or a call that came when it had ended. */
export type StopReason = 'timeMs' | 'memoryBytes' | 'threads' | 'outputBytes' | 'stop' | 'exit' | 'ended';

/** The program was stopped, or has ended, before what was asked for was done. */
export class StoppedError extends Error {
  static override readonly name = 'StoppedError';
  override name = 'StoppedError';
  /** The limit that was reached (the name of its option), or what else it was. */
  readonly reason: StopReason;
  /** What `exit` was given, when that ended the program. */
  readonly status: number;

  constructor(reason: StopReason, message: string, status = 1) {
    super(message);
    this.reason = reason;
    this.status = status;
  }
}

/** Maximum number of Magnolia frames in a stack; V8 adds up to ten frames. */
const MOST_FRAMES = 20;
/** Maximum number of characters of a name in it. */
const MOST_OF_NAME = 200;

/** The stack of an error: the functions of the program, each where it was running, then those of JavaScript, all in the form of the engine. */
function stackOf({ name, message, stack = '' }: Error, { file, line, column, trace }: ProblemData): string {
  const isV8 = stack === '' || stack.startsWith('Error') || stack.startsWith(name); // V8 may put the text together as late as here
  const first = stack.search(/^ {4}at /m);
  const own = isV8 ? (first < 0 ? '' : stack.slice(first)) : stack;
  const innermost = file === null ? [] : [{ name: trace[0]?.name ?? null, place: `${file}:${line}:${column}` }];
  const callers = trace.slice(1, MOST_FRAMES).map((entry, i) => {
    const at = trace[i]?.calledAt ?? entry;
    return { name: entry.name, place: `${at.file}:${at.line}:${at.column}` };
  });
  const frames = [...innermost, ...callers].map(({ name: fn, place }) => {
    const called = fn === '' ? '<anonymous>' : (fn?.slice(0, MOST_OF_NAME) ?? null);
    if (!isV8) return `${called ?? ''}@${place}`;
    return called === null ? `    at ${place}` : `    at ${called} (${place})`;
  });
  return [`${name}: ${message}`, ...frames, own].join('\n');
}

function problemData(problem: Problem): ProblemData {
  const { kind, code, reason, place, hint, trace, thread } = problem;
  const at = place === null ? null : place.source.lineAndColumn(place.at);
  return {
    kind,
    code,
    reason: utf8Decode(reason),
    file: place?.source.file ?? null,
    line: at?.line ?? null,
    column: at?.column ?? null,
    span: place === null ? null : spanOf(place),
    hint,
    trace: trace.map((entry) => ({ ...entry, name: entry.name === null ? null : utf8Decode(entry.name) })),
    inThread: thread !== null,
  };
}

function spanOf({ source, start, end }: NonNullable<Problem['place']>): Span {
  const before = unitsOf(source.text, 0, start);
  const inside = unitsOf(source.text, before, end - start);
  const shown = [...source.text.slice(before, inside)].length; // what is missing at the end of a text is not there to be marked
  return {
    start: { ...placeOf(source, start), offset: before },
    end: { ...placeOf(source, start + shown), offset: inside },
  };
}

/** Where that many characters behind an offset end, as an offset. */
function unitsOf(text: string, from: number, characters: number): number {
  let at = from;
  for (let left = characters; left > 0 && at < text.length; left--) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

/** `Source` names the end of a line as column 0 of the next one, which no editor does. */
function placeOf(source: Source, at: number): { line: number; column: number } {
  const { line, column } = source.lineAndColumn(at);
  return column > 0 ? { line, column } : { line: line - 1, column: [...source.line(line - 1)].length + 1 };
}
