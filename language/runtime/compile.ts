/** Compiled units: from a source text to a function that makes a module, and what is known about it for errors. */

import { emit } from '../compiler/emitter.ts';
import { type EmitOptions, type EmittedUnit, IN_ONE, type Layout } from '../compiler/unit.ts';
import { withinNativeStack } from '../syntax/nesting.ts';
import { ParseError } from '../syntax/parse-error.ts';
import { parseProgram } from '../syntax/parser.ts';
import type { Source } from '../syntax/source.ts';
import type { Fn, Obj, Value } from '../values/values.ts';
import { mistake } from './errors.ts';
import { partScript, registerUnit, reservePositions, scriptName, type Unit } from './units.ts';

/** A compiled program set up for a machine: its body, and accessors for its variables. */
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
  parts?: readonly string[],
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

/** `onStatement` is for coverage (coverage.ts). */
export type CompileOptions = Pick<EmitOptions, 'checkpoint' | 'onStatement' | 'layout'>;

/** Code that is evaluated in the process that made it need not be one text. */
const HERE: Layout = { ...IN_ONE, partNodes: 2000 };

/**
 * Compiles a source text. Throws a ParseError, a ProgramError where JavaScript may not be made from text, or what `checkpoint` throws,
 * which is called now and then.
 */
export function compile(source: Source, session = false, options: CompileOptions = {}): Compiled {
  const { length } = source.text;
  const base = reservePositions(length);
  const { text, calls, parts } = translateHere(source, { base, session, ...options });
  const script = scriptName(base);
  const unit: Unit = { base, length, script, source: () => source, calls: () => calls };
  registerUnit(unit);
  const made = evaluate(`${text}\n//# sourceURL=${script}`);
  if (parts.length === 0) return { factory: made, unit };
  const texts = parts.map((part) => `${part.text}\n//# sourceURL=${partScript(script, part.linesBefore)}`);
  return { factory: (support, machine, builtin, session) => made(support, machine, builtin, session, texts), unit };
}

/** The JavaScript of a source text that runs in this process. Throws a ParseError. */
export function translateHere(source: Source, options: EmitOptions): EmittedUnit {
  return translate(source, { layout: HERE, placeName: placeName(source), ...options });
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
