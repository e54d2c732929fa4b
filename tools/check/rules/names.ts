/** Names that nothing defines, members and modules that do not exist, and what is defined but never used. */
import type { Variable } from '../../../language/compiler/resolver.ts';
import { nameLesson } from '../../../language/diagnostics/habits.ts';
import { nearest } from '../../../language/diagnostics/nearest.ts';
import { visibleNames } from '../../../language/diagnostics/visible-names.ts';
import type { Expr, NameExpr } from '../../../language/syntax/ast.ts';
import { utf8Decode } from '../../../language/values/bytes.ts';
import { importedPath, namesIn } from '../analysis.ts';
import type { Context, Module } from '../context.ts';
import { isNeverFunction } from '../types.ts';

/** `undefined-name`: nothing around a name binds it, and it is not a builtin. */
export function undefinedNames(context: Context): void {
  const { analysis } = context;
  for (const node of analysis.names.references.keys()) {
    if (!analysis.isUnbound(node) || context.isBuiltin(node) || analysis.isMentioned(node.name)) continue;
    if (node.name.startsWith('__') && context.inLibrary) continue;
    const name = utf8Decode(node.name);
    context.warn('undefined-name', node, `\`${name}\` is not defined`, undefinedHint(context, node, name));
  }
}

function undefinedHint(context: Context, node: NameExpr, name: string): string | null {
  const { analysis, world } = context;
  const lesson = nameLesson(name);
  if (lesson !== null) return lesson;
  const visible = [...visibleNames(analysis.program, node.start).keys(), ...world.builtins.keys()].map(utf8Decode);
  const open = world.library.modules.filter(({ inner }) => !inner);
  if (open.some(({ names }) => names.includes(name))) return `\`${name}\` is a library: ${name} := import('${name}')`;
  const homes = open.flatMap(({ names: [home], members }) => (members.some((one) => one.name === name) && home ? [home] : []));
  const meant = nearest(
    name,
    visible.filter((one) => !one.startsWith('__')),
  );
  if (homes.length > 0) return `there is one in ${homes.slice(0, 3).join(', ')}: { ${name}: ${name} } := import('${homes[0]}')`;
  return meant === null ? null : `did you mean \`${meant}\`?`;
}

/** `unknown-member`: a module has no such name. `unknown-import`: the module does not exist. */
export function members(context: Context): void {
  const { analysis } = context;
  const added = addedMembers(context);
  for (const node of analysis.nodes) {
    if (node.kind === 'property' && node.key.kind === 'name') {
      const module = context.moduleOf(node.object);
      if (module !== null && !added.has(node)) checkMember(context, module, node.key, node.key.name);
    } else if (node.kind === 'assign' && node.target.kind === 'object') {
      const module = context.moduleOf(node.value);
      if (module === null) continue;
      for (const { key } of node.target.entries) if (key.kind === 'name') checkMember(context, module, key, key.name);
    }
    const path = importedPath(node, analysis);
    if (path !== null && node.kind === 'call' && context.module(path) === null)
      context.warn('unknown-import', node.args[0] as Expr, `there is no module ${utf8Decode(path)}`, importHint(context, path));
  }
}

/** Properties that the text itself writes into a module, and what it reads of them. */
function addedMembers({ analysis }: Context): Set<Expr> {
  const written = new Set<string>();
  const nameOf = (node: Expr): string | null =>
    node.kind === 'property' && node.object.kind === 'name' && node.key.kind === 'name'
      ? `${node.object.name}.${node.key.name}`
      : null;
  for (const node of analysis.nodes) {
    const name = node.kind === 'assign' ? nameOf(node.target) : null;
    if (name !== null) written.add(name);
  }
  return new Set(analysis.nodes.filter((node) => written.has(nameOf(node) ?? '')));
}

function checkMember(context: Context, module: Module, node: Expr, bytes: string): void {
  const { members, library } = module;
  if (members.has(bytes) || bytes === 'import' || context.world.builtins.has(bytes)) return;
  if (library && bytes.startsWith('_')) return; // what the library keeps for itself can be read all the same
  const name = utf8Decode(bytes);
  const meant = nearest(name, [...members.keys()].map(utf8Decode));
  const home = context.world.library.modules.find((one) => !one.inner && one.members.some((member) => member.name === name));
  const hint = meant !== null ? `did you mean \`${meant}\`?` : home === undefined ? null : `there is one in ${home.names[0]}`;
  context.warn('unknown-member', node, `there is no \`${name}\` in ${module.name}`, hint);
}

function importHint({ world: { library } }: Context, path: string): string | null {
  const elsewhere = library.elsewhere.find(({ names }) => names.includes(path));
  if (elsewhere !== undefined) return `\`${path}\` is in the reference, not here: ${elsewhere.about}`;
  const meant = nearest(
    utf8Decode(path),
    library.modules.flatMap(({ names, inner }) => (inner ? [] : names)),
  );
  return meant === null ? null : `the library is called \`${meant}\``;
}

/** `shadowed-builtin`: a call of a builtin whose name the text has given to a value that is not a function. */
export function shadowedBuiltins(context: Context): void {
  const { analysis, world } = context;
  for (const node of analysis.nodes) {
    if (node.kind !== 'call' || node.callee.kind !== 'name' || !world.builtins.has(node.callee.name)) continue;
    const value = analysis.valueOf(node.callee);
    if (value === null || !isNeverFunction(value)) continue;
    const { line } = analysis.source.lineAndColumn(value.start);
    const name = utf8Decode(node.callee.name);
    const message = `\`${name}\` is not the builtin here: line ${line} gives its name to another value`;
    context.warn('shadowed-builtin', node.callee, message, 'give the value another name');
  }
}

/** `unused-name`: a variable of a function or block, or an import, that nothing reads. */
export function unusedNames(context: Context): void {
  const { analysis } = context;
  const unused = (name: NameExpr): Variable | null => {
    const variable = analysis.names.definitions.get(name);
    if (variable === undefined || analysis.read.has(variable)) return null;
    return name.name.startsWith('_') || analysis.isMentioned(name.name) ? null : variable;
  };
  for (const node of analysis.nodes) {
    if (node.kind !== 'assign' || !node.define) continue;
    const names = namesIn(node.target);
    const unread = names.filter((name) => unused(name) !== null);
    if (unread.length === 0) continue;
    const imports = importedPath(node.value, analysis) !== null;
    const local = unused(unread[0] as NameExpr)?.kind !== 'module';
    if (local ? unread.length < names.length && !imports : !imports || context.inLibrary) continue;
    if (local && !analysis.dropped.has(node) && !imports) continue; // the value of the assignment is that of the body
    for (const name of unread) {
      const hint = imports ? 'take the import away' : 'take it away, or begin its name with _';
      context.warn('unused-name', name, `\`${utf8Decode(name.name)}\` is never used`, hint);
    }
  }
}
