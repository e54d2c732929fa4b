/** Compiled units: from a source text to a function that makes a module, and what is known about it for errors. */

import { emit } from '../compiler/emitter.ts';
import { CALL_FIELDS } from '../compiler/step-printer.ts';
import type { EmitOptions, EmittedUnit } from '../compiler/unit.ts';
import type { AssignExpr, Program } from '../syntax/ast.ts';
import { nodeAt } from '../syntax/ast-walk.ts';
import { withinNativeStack } from '../syntax/nesting.ts';
import { ParseError } from '../syntax/parse-error.ts';
import { parseProgram } from '../syntax/parser.ts';
import type { Source } from '../syntax/source.ts';
import { syntaxText } from '../syntax/syntax-text.ts';
import type { Fn, Obj, Value } from '../values/values.ts';
import { briefText } from './brief.ts';
import { mistake } from './errors.ts';
import { programOf } from './function-text.ts';
import type { Quote } from './mistakes.ts';
import { registerUnit, reservePositions, type Unit } from './units.ts';

/** What a compiled program gives when it is set up for a machine: its body, and accessors for its variables. */
export interface Instance {
  readonly main: Fn;
  readonly variables: { [name: string]: Value | undefined };
}

/** Sets a compiled program up; `builtin` finds what its names mean before it binds them, `session` holds a REPL's variables. */
export type Factory = (
  support: object,
  machine: object,
  builtin: (name: string) => Fn | undefined,
  session: Obj | null,
) => Instance;

export interface Compiled {
  readonly factory: Factory;
  readonly unit: Unit;
}

/** The JavaScript of a source text. Throws a ParseError. */
export function translate(source: Source, options: EmitOptions): EmittedUnit {
  const program = parseProgram(source, options.checkpoint);
  return withinNativeStack(program, () => emit(program, options));
}

/**
 * Compiles a source text. Throws a ParseError, a ProgramError where JavaScript may not be made from text, or what `checkpoint` throws,
 * which is called now and then.
 */
export function compile(source: Source, session = false, checkpoint?: () => void): Compiled {
  const { length } = source.text;
  const base = reservePositions(length);
  const limits = checkpoint === undefined ? {} : { checkpoint };
  const { text, calls } = translate(source, { base, session, placeName: placeName(source), ...limits });
  const script = `magnolia-unit-${base}.js`;
  const unit: Unit = { base, length, script, source: () => source, calls: () => calls };
  registerUnit(unit);
  return { factory: evaluate(`${text}\n//# sourceURL=${script}`), unit };
}

/** File and line of a place in a source, for profiles. */
function placeName(source: Source): (at: number) => string {
  const file = source.file.slice(source.file.lastIndexOf('/') + 1).slice(0, 40);
  return (at) => `${file}_${source.lineAndColumn(at).line}`;
}

function evaluate(text: string): Factory {
  // Called through globalThis, the text sees nothing of this module. It holds no program text but literals and mangled names (emitter.ts).
  try {
    // biome-ignore lint/security/noGlobalEval: compiling to JavaScript is what this runtime does
    return globalThis.eval(text) as Factory;
  } catch (error) {
    if (error instanceof EvalError) throw mistake('code-generation', {});
    if (!(error instanceof SyntaxError)) throw error;
    throw new ParseError(`Too large to compile: ${error.message}`, { at: null, end: null }); // 65,535 parameters, say
  }
}

/** The call that stands on a line of a unit's JavaScript: its global position, and whether it is a tail call. */
export function callOnLine(unit: Unit, line: number): { readonly at: number; readonly tail: boolean } | undefined {
  const calls = unit.calls();
  for (let i = 0; i < calls.length; i += CALL_FIELDS) {
    if (calls[i] === line) return { at: calls[i + 1] as number, tail: calls[i + 2] === 0 }; // CALL_FIELDS numbers for each
  }
  return undefined;
}

/** The global positions of the calls that are the `site`th of their functions. */
export function callsOfSite(unit: Unit, site: number): number[] {
  const calls = unit.calls();
  const found: number[] = [];
  for (let i = 0; i < calls.length; i += CALL_FIELDS) if (calls[i + 2] === site) found.push(calls[i + 1] as number); // as above
  return found;
}

/** Gives parts of a unit's program as text, for the reasons of errors. */
export function quoteFrom(unit: Unit): Quote {
  const program = (): Program => programOf(unit);
  const assignment = (at: number): AssignExpr | null => nodeAt(program(), at - unit.base, 'assign');
  return {
    target: (at) => textOf(assignment(at)?.target),
    value: (at) => textOf(assignment(at)?.value),
    node: (at, kind) => textOf(nodeAt(program(), at - unit.base, kind)),
    className: (at) => briefText(nodeAt(program(), at - unit.base, 'class')?.name ?? ''),
    badElement: (at, index) => {
      const pattern = assignment(at)?.target;
      if (pattern?.kind === 'list')
        return `element ${textOf(pattern.items[index])} in destructured list ${textOf(pattern)} is not an identifier`;
      const value = pattern?.kind === 'object' ? pattern.entries[index]?.value : null;
      return `value ${textOf(value)} in destructured object ${textOf(pattern)} is not an identifier`;
    },
  };
}

function textOf(node: Parameters<typeof syntaxText>[0] | null | undefined): string {
  return node == null ? '' : briefText(syntaxText(node));
}
