/** Compiled units: from a source text to a function that makes a module, and what is known about it for errors. */
import type { AssignExpr, Expr, Program } from './ast.ts';
import { CALL_FIELDS } from './code.ts';
import { emit } from './emitter.ts';
import type { Quote } from './errors.ts';
import { definitionAt, programOf } from './function-text.ts';
import { nodeAt, parseProgram } from './parser.ts';
import type { Source } from './source.ts';
import { syntaxText } from './syntax-text.ts';
import { children } from './tree.ts';
import { registerUnit, reservePositions, type Unit } from './units.ts';
import type { Fn, Obj, Value } from './values.ts';

/** What a compiled program gives when it is set up for a machine: its body, and accessors for its variables. */
export interface Instance {
  readonly main: Fn;
  readonly variables: { [name: string]: Value | undefined };
}

/** Sets a compiled program up; `builtin` finds what its names mean before it binds them, `session` holds a REPL's variables. */
export type Factory = (support: object, machine: object, builtin: (name: string) => Fn | undefined, session: Obj | null) => Instance;

export interface Compiled {
  readonly factory: Factory;
  readonly unit: Unit;
}

/** Compiles a source text. Throws a ParseError. */
export function compile(source: Source, session = false): Compiled {
  const program = parseProgram(source);
  const length = source.text.length;
  const base = reservePositions(length);
  const { text, calls } = emit(program, { base, session });
  const script = `magnolia-unit-${base}.js`;
  const unit: Unit = { base, length, script, source: () => source, calls: () => calls };
  registerUnit(unit);
  // Indirect eval: the text sees nothing of this module. It holds no program text but literals and mangled names (emitter.ts).
  // biome-ignore lint/security/noGlobalEval: compiling to JavaScript is what this runtime does
  const factory = (0, eval)(`${text}\n//# sourceURL=${script}`) as Factory;
  return { factory, unit };
}

/** The call that stands on a line of a unit's JavaScript: its global position, and whether it is a tail call. */
export function callOnLine(unit: Unit, line: number): { readonly at: number; readonly tail: boolean } | undefined {
  const calls = unit.calls();
  for (let i = 0; i < calls.length; i += CALL_FIELDS) {
    if (calls[i] === line) return { at: calls[i + 1] as number, tail: calls[i + 2] === 0 }; // CALL_FIELDS numbers for each
  }
  return undefined;
}

/** The global position of a call site of a function: the function's keyword stands at `position` (global), `site` is its number. */
export function callAtSite(unit: Unit, position: number, site: number): number | undefined {
  const calls = unit.calls();
  const owner = definitionAt(position)?.node;
  for (let i = 0; i < calls.length; i += CALL_FIELDS) {
    const at = calls[i + 1] as number; // CALL_FIELDS numbers for each
    if (calls[i + 2] === site && innermostFunction(programOf(unit), at - unit.base) === owner) return at;
  }
  return undefined;
}

/** The function or class that a code point belongs to; undefined for the program itself. */
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

/** Gives parts of a unit's program as text, for the reasons of errors. */
export function quoteFrom(unit: Unit): Quote {
  const program = (): Program => programOf(unit);
  const assignment = (at: number): AssignExpr | null => nodeAt(program(), at - unit.base, 'assign');
  return {
    target: (at) => textOf(assignment(at)?.target),
    value: (at) => textOf(assignment(at)?.value),
    node: (at, kind) => textOf(nodeAt(program(), at - unit.base, kind)),
    className: (at) => nodeAt(program(), at - unit.base, 'class')?.name ?? '',
    badElement: (at, index) => {
      const pattern = assignment(at)?.target;
      if (pattern?.kind === 'list') return `element ${textOf(pattern.items[index])} in destructured list ${textOf(pattern)} is not an identifier`;
      const value = pattern?.kind === 'object' ? pattern.entries[index]?.value : null;
      return `value ${textOf(value)} in destructured object ${textOf(pattern)} is not an identifier`;
    },
  };
}

function textOf(node: Parameters<typeof syntaxText>[0] | null | undefined): string {
  return node == null ? '' : syntaxText(node);
}
