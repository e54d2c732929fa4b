/** Which names a place in a program can see, as far as the source shows. For hints, not for running. */
import type { Expr, Program } from '../syntax/ast.ts';
import { children } from '../syntax/ast-walk.ts';

/** Something that gives a name a value. */
export interface Binding {
  /** Where it is, in code points. */
  readonly start: number;
  /** Where its value is; null when it is not a single expression. */
  readonly valueStart: number | null;
  /** The value is a function, a class or an imported module: once this has run, the name is not `?`. */
  readonly lasting: boolean;
  /** The path of the module, when it is `import('path')`. Byte text. */
  readonly imports: string | null;
}

/** The names (byte text) that are bound somewhere around a place, with everything in the source that binds them. */
export function visibleNames(program: Program, at: number): Map<string, Binding[]> {
  const names = new Map<string, Binding[]>();
  const bind = (name: string, start: number, value: Expr | null): void => {
    const imports = value === null ? null : importedPath(value);
    const lasting = imports !== null || value?.kind === 'fn' || value?.kind === 'class';
    const known = names.get(name);
    const binding = { start, valueStart: value?.start ?? null, lasting, imports };
    if (known === undefined) names.set(name, [binding]);
    else known.push(binding);
  };

  const rest: Expr[] = [...program.body];
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    const around = node.start <= at && at < node.end;
    switch (node.kind) {
      case 'fn':
      case 'class':
        if (node.name !== '') bind(node.name, node.start, node);
        if (!around) continue;
        for (const param of [...node.params, node.rest]) if (param !== null) bind(param, node.start, null);
        break;
      case 'block':
        if (node.scope && !around) continue;
        break;
      case 'assign':
        bindTarget(node.target, node.start, node.value, node.define, bind);
        break;
      default:
    }
    rest.push(...children(node));
  }
  return names;
}

function bindTarget(
  target: Expr,
  start: number,
  value: Expr,
  define: boolean,
  bind: (name: string, start: number, value: Expr | null) => void,
): void {
  switch (target.kind) {
    case 'name':
      bind(target.name, start, define ? value : null);
      break;
    case 'list':
      for (const item of target.items) if (item.kind === 'name') bind(item.name, start, null);
      break;
    case 'object':
      for (const entry of target.entries) if (entry.value.kind === 'name') bind(entry.value.name, start, null);
      break;
    default:
  }
}

/** The path of `import('path')`; null for anything else. */
export function importedPath(node: Expr): string | null {
  if (node.kind !== 'call' || node.callee.kind !== 'name' || node.callee.name !== 'import') return null;
  const [path] = node.args;
  return path?.kind === 'string' ? path.text : null;
}
