/** What errors quote of a program's text. */
import type { AssignExpr, Program } from '../syntax/ast.ts';
import { nodeAt } from '../syntax/ast-walk.ts';
import { syntaxText } from '../syntax/syntax-text.ts';
import { briefText } from './brief.ts';
import { programOf } from './function-text.ts';
import type { Quote } from './mistakes.ts';
import type { Unit } from './units.ts';

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
