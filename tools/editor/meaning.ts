/** What the word at a place means: a variable of the text, a member of a module, a builtin or an imported module. */
import type { Variable } from '../../language/compiler/resolver.ts';
import type { ManifestMember, ManifestModule } from '../../language/diagnostics/library.ts';
import { documentation } from '../../language/syntax/doc-comments.ts';
import type { Source } from '../../language/syntax/source.ts';
import { utf8Decode } from '../../language/values/bytes.ts';
import { type Analysis, importedPath } from '../check/analysis.ts';
import type { Checker } from '../check/check.ts';
import type { Knowledge } from './knowledge.ts';
import { bindingOf, type Occurrence, occurrenceAt } from './names.ts';

export type Meaning =
  | { readonly kind: 'variable'; readonly occurrence: Occurrence; readonly variable: Variable }
  | { readonly kind: 'member'; readonly module: string; readonly member: string; readonly start: number; readonly end: number }
  | { readonly kind: 'builtin'; readonly name: string; readonly start: number; readonly end: number }
  | { readonly kind: 'module'; readonly module: string; readonly start: number; readonly end: number };

/** A place in a text. */
export interface Place {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export class Meanings {
  readonly #checker: Checker;
  readonly #knowledge: Knowledge;

  constructor(checker: Checker, knowledge: Knowledge) {
    this.#checker = checker;
    this.#knowledge = knowledge;
  }

  /** What the word at a code point means; null if it means nothing that is known. */
  at(source: Source, offset: number): Meaning | null {
    const analysis = this.#checker.analysis(source);
    for (const node of analysis.nodes) {
      const { start, end } = node;
      if (node.kind === 'string' && start <= offset && offset <= end) {
        const importing = analysis.nodes.find((one) => one.kind === 'call' && one.args[0] === node);
        const path = importing === undefined ? null : importedPath(importing, analysis);
        return path === null ? null : { kind: 'module', module: utf8Decode(path), start, end };
      }
      if (node.kind !== 'property' || node.key.kind !== 'name') continue;
      if (offset < node.key.start || offset > node.key.end) continue;
      const module = node.object.kind === 'name' ? this.moduleOf(analysis, node.object.name, node.object.start) : null;
      if (module === null) return null;
      return { kind: 'member', module, member: utf8Decode(node.key.name), start: node.key.start, end: node.key.end };
    }
    const occurrence = occurrenceAt(analysis, offset);
    if (occurrence === null) return null;
    const bound = occurrence.variables.find(({ bindings }) => bindings > 0);
    const [variable] = occurrence.variables;
    if (bound !== undefined) return { kind: 'variable', occurrence, variable: bound };
    if (variable === undefined) return null;
    return { kind: 'builtin', name: utf8Decode(variable.name), start: occurrence.start, end: occurrence.end };
  }

  /** The path that a name was imported from: the last `name := import('path')` in front of a place, else the first behind it. */
  moduleOf(analysis: Analysis, name: string, before: number): string | null {
    let found: string | null = null;
    for (const node of analysis.nodes) {
      if (node.kind !== 'assign' || node.target.kind !== 'name' || node.target.name !== name) continue;
      const path = importedPath(node.value, analysis);
      if (found === null || node.start < before) found = path === null ? null : utf8Decode(path);
    }
    return found;
  }

  /** A module of the library by a name that `import` takes. */
  libraryModule(name: string): ManifestModule | null {
    return this.#knowledge.library.modules.find(({ names }) => names.includes(name)) ?? null;
  }

  /** A member of a library module. */
  libraryMember(module: string, member: string): ManifestMember | null {
    return this.libraryModule(module)?.members.find(({ name }) => name === member) ?? null;
  }

  /** The text of an imported file; null for the library and for what is not there. */
  file(path: string, from: Source): Source | null {
    const found = this.#knowledge.resolve(path, from);
    return found?.kind === 'file' ? found.source : null;
  }

  /** Where the word at a code point is defined. */
  definition(source: Source, offset: number): Place | null {
    const meaning = this.at(source, offset);
    switch (meaning?.kind) {
      case 'variable': {
        const analysis = this.#checker.analysis(source);
        const taken = analysis.takenFrom.get(meaning.variable);
        if (taken !== undefined) return this.#memberPlace(utf8Decode(taken.path), utf8Decode(taken.member), source);
        const binding = bindingOf(analysis, meaning.variable);
        return binding === null ? null : { source, start: binding.start, end: binding.end };
      }
      case 'member':
        return this.#memberPlace(meaning.module, meaning.member, source);
      case 'module': {
        const target = this.#moduleSource(meaning.module, source);
        return target === null ? null : { source: target, start: 0, end: 0 };
      }
      default:
        return null;
    }
  }

  /** What a person wants to read about the word at a code point, as Markdown, and where the word is. */
  hover(source: Source, offset: number): { readonly text: string; readonly start: number; readonly end: number } | null {
    const meaning = this.at(source, offset);
    if (meaning === null) return null;
    const text = this.#explain(meaning, source);
    const { start, end } = meaning.kind === 'variable' ? meaning.occurrence : meaning;
    return text === null ? null : { text, start, end };
  }

  #explain(meaning: Meaning, source: Source): string | null {
    switch (meaning.kind) {
      case 'variable': {
        const analysis = this.#checker.analysis(source);
        const taken = analysis.takenFrom.get(meaning.variable);
        if (taken !== undefined) return this.#explainMember(utf8Decode(taken.path), utf8Decode(taken.member), source);
        return explainVariable(analysis, meaning.variable);
      }
      case 'member':
        return this.#explainMember(meaning.module, meaning.member, source);
      case 'builtin': {
        const help = this.#knowledge.builtinHelp(meaning.name);
        if (help === null) return null;
        const [call = '', about = '', ...more] = help.split('\n');
        return page(call, [about.trim(), ...more]);
      }
      case 'module': {
        const library = this.libraryModule(meaning.module);
        return library === null ? null : library.about.join('\n');
      }
    }
  }

  #explainMember(module: string, member: string, from: Source): string | null {
    const inLibrary = this.libraryMember(module, member);
    const found = inLibrary ?? documented(this.file(module, from), member);
    return found === null ? null : page(inLibrary === null ? found.signature : `${module}.${found.signature}`, found.text);
  }

  #memberPlace(module: string, member: string, from: Source): Place | null {
    const home = this.libraryMember(module, member)?.home ?? module;
    const source = this.#moduleSource(home, from);
    if (source === null) return null;
    const analysis = this.#checker.analysis(source);
    const variable = [...analysis.names.moduleVariables.values()].find((one) => utf8Decode(one.name) === member);
    const binding = variable === undefined ? null : bindingOf(analysis, variable);
    return binding === null ? null : { source, start: binding.start, end: binding.end };
  }

  #moduleSource(module: string, from: Source): Source | null {
    return this.file(module, from) ?? (this.libraryModule(module) === null ? null : this.#knowledge.librarySource(module));
  }
}

/** A call in a fence, and what the comment says. Lines that are indented are code, which in Markdown needs an empty line before it. */
function page(call: string, text: readonly string[]): string {
  const markdown = text
    .join('\n')
    .trim()
    .replace(/^(?! {4})(.+)\n(?= {4})/gm, '$1\n\n');
  return `\`\`\`magnolia\n${call}\n\`\`\`\n\n${markdown}`;
}

function documented(
  source: Source | null,
  name: string,
): { readonly signature: string; readonly text: readonly string[] } | null {
  if (source === null) return null;
  return documentation(source.text).members.find((one) => one.name === name) ?? null;
}

function explainVariable(analysis: Analysis, variable: Variable): string {
  const name = utf8Decode(variable.name);
  const value = analysis.valueOfVariable(variable);
  const comment = variable.kind === 'module' ? documented(analysis.source, name) : null;
  if (value?.kind === 'fn' || value?.kind === 'class')
    return page(`${value.kind === 'fn' ? 'fn' : 'cs'} ${callOf(value, name)}`, comment?.text ?? []);
  return page(variable.kind === 'param' ? `${name} (a parameter)` : name, comment?.text ?? []);
}

/** `add(a, b, rest...)` */
export function callOf(
  { params, rest }: { readonly params: readonly (string | null)[]; readonly rest: string | null },
  name: string,
): string {
  const all = params.map((param) => (param === null ? '_' : utf8Decode(param)));
  return `${name}(${[...all, ...(rest === null ? [] : [`${utf8Decode(rest)}...`])].join(', ')})`;
}
