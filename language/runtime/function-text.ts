/**
 * Functions as text. A function value carries nothing but its JavaScript name, which ends in the position of its `fn` or `cs`;
 * its name and text are found by parsing its unit again, on demand.
 */

import type { ClassExpr, FnExpr, Program } from '../syntax/ast.ts';
import { nodeAt } from '../syntax/ast-walk.ts';
import { parseProgram } from '../syntax/parser.ts';
import { syntaxText } from '../syntax/syntax-text.ts';
import type { Fn } from '../values/values.ts';
import { definitionOf, type Unit, unitAt } from './units.ts';

/** What was found out about a unit, for as long as there is memory for it. */
class Parsed {
  readonly texts = new Map<FnExpr | ClassExpr, string>();
  constructor(readonly program: Program) {}
}

const parsedUnits = new WeakMap<Unit, WeakRef<Parsed>>();

/** The tree of a unit's source. */
export function programOf(unit: Unit): Program {
  return parsed(unit).program;
}

function parsed(unit: Unit): Parsed {
  const known = parsedUnits.get(unit)?.deref();
  if (known !== undefined) return known;
  const made = new Parsed(parseProgram(unit.source()));
  parsedUnits.set(unit, new WeakRef(made));
  return made;
}

function definition(fn: Fn): { node: FnExpr | ClassExpr; unit: Unit } | undefined {
  const position = definitionOf(fn);
  return position === undefined ? undefined : definitionAt(position);
}

/** The function or class whose `fn` or `cs` stands at a global position. */
export function definitionAt(position: number): { node: FnExpr | ClassExpr; unit: Unit } | undefined {
  const unit = unitAt(position);
  if (unit === undefined) return undefined;
  const { program } = parsed(unit);
  const node = nodeAt(program, position - unit.base, 'fn') ?? nodeAt(program, position - unit.base, 'class');
  return node?.kind === 'fn' || node?.kind === 'class' ? { node, unit } : undefined;
}

/** A function or class as the text of its syntax tree, on one line. */
export function functionText(fn: Fn): string {
  const found = definition(fn);
  if (found === undefined) return `fn ${fn.name} { <native fn> }`;
  const { texts } = parsed(found.unit);
  const known = texts.get(found.node);
  if (known !== undefined) return known;
  const text = syntaxText(found.node);
  texts.set(found.node, text);
  return text;
}

/** The name of a function, class or builtin; '' for an anonymous function. */
export function functionName(fn: Fn): string {
  return definitionOf(fn) === undefined ? fn.name : (definition(fn)?.node.name ?? '');
}
