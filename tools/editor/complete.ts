/** What can be written at a place: members, names, options and imports; and what a call takes. */
import type { Expr } from '../../language/syntax/ast.ts';
import { lex, type Token } from '../../language/syntax/lexer.ts';
import type { Source } from '../../language/syntax/source.ts';
import { utf8Decode, utf8Encode } from '../../language/values/bytes.ts';
import type { Analysis } from '../check/analysis.ts';
import type { Checker } from '../check/check.ts';
import type { Position } from '../check/range.ts';
import type { Knowledge } from './knowledge.ts';
import { callOf, type Meanings } from './meaning.ts';
import { lineBefore, offsetOf } from './position.ts';

export interface Completion {
  readonly label: string;
  readonly kind: 'function' | 'variable' | 'member' | 'option' | 'module' | 'keyword';
  /** How it is called, or where it is from. */
  readonly detail: string;
}

/** A call around a place. */
export interface Signature {
  /** `socket.connect(address, options?)` */
  readonly label: string;
  readonly parameters: readonly string[];
  readonly active: number;
  readonly text: string;
}

const KEYWORDS = ['if', 'fn', 'with', 'cs', 'true', 'false'];
const MEMBER = /(?:^|[^\w?!.])([\p{L}_][\p{L}\p{Nd}_?!]*)\.[\p{L}\p{Nd}_?!]*$/u;
const IMPORT = /\bimport\('([^']*)$/;

export class Completer {
  readonly #checker: Checker;
  readonly #knowledge: Knowledge;
  readonly #meanings: Meanings;

  constructor(checker: Checker, knowledge: Knowledge, meanings: Meanings) {
    this.#checker = checker;
    this.#knowledge = knowledge;
    this.#meanings = meanings;
  }

  /** What fits at a position; the editor leaves out what does not begin as the word there. */
  complete(source: Source, position: Position): Completion[] {
    const before = lineBefore(source, position);
    const offset = offsetOf(source, position);
    if (IMPORT.test(before)) return this.#imports(source);
    if (isInText(source, offset)) return [];
    const [, object] = MEMBER.exec(before) ?? [];
    if (object !== undefined) return this.#members(source, object, offset);
    if (/[.:]\s*[\w?!]*$/.test(before) && !/:\s/.test(before.slice(-2))) return []; // a member of who knows what, or an atom
    return [...this.#options(source, offset), ...this.#names(source)];
  }

  #imports(source: Source): Completion[] {
    const library = this.#knowledge.library.modules.filter(({ inner }) => !inner);
    const modules = library.flatMap(({ names, about }) =>
      names.map((label): Completion => ({ label, kind: 'module', detail: about[0] ?? '' })),
    );
    const files = this.#knowledge.filesAround(source).map((label): Completion => ({ label, kind: 'module', detail: 'file' }));
    return [...modules, ...files];
  }

  #members(source: Source, object: string, offset: number): Completion[] {
    const analysis = this.#checker.analysis(source);
    const name = utf8Encode(object);
    const path = this.#meanings.moduleOf(analysis, name, offset);
    if (path === null) return literalKeys(analysis, name, offset);
    const library = this.#meanings.libraryModule(path);
    if (library !== null)
      return library.members.map(({ name: label, signature }) => ({ label, kind: 'member', detail: signature }));
    const file = this.#meanings.file(path, source);
    if (file === null) return [];
    const other = this.#checker.analysis(file);
    return [...other.names.moduleVariables].flatMap(([label, { bindings }]): Completion[] =>
      bindings === 0 ? [] : [{ label: utf8Decode(label), kind: 'member', detail: path }],
    );
  }

  /** The options of the call in whose last argument, an object, the place is. */
  #options(source: Source, offset: number): Completion[] {
    const tokens = tokensBefore(source, offset);
    const brace = openBracket(tokens, tokens.length);
    if (brace === null || tokens[brace]?.kind !== '{') return [];
    const call = openBracket(tokens, brace);
    if (call === null || tokens[call]?.kind !== '(') return [];
    return this.#optionNames(source, tokens, call, offset).map((label) => ({ label, kind: 'option', detail: 'option' }));
  }

  #optionNames(source: Source, tokens: readonly Token[], bracket: number, offset: number): readonly string[] {
    const { object, name } = calleeBefore(tokens, bracket);
    if (object === null) return this.#knowledge.builtins.get(name)?.options?.names ?? [];
    const module = this.#meanings.moduleOf(this.#checker.analysis(source), utf8Encode(object), offset);
    return module === null ? [] : (this.#meanings.libraryMember(module, name)?.options ?? []);
  }

  /** Everything that a name can mean: the variables of the text, the builtins and the words of the language. */
  #names(source: Source): Completion[] {
    const analysis = this.#checker.analysis(source);
    const found = new Map<string, Completion>();
    const add = (label: string, kind: Completion['kind'], detail: string): void => {
      if (!found.has(label)) found.set(label, { label, kind, detail });
    };
    for (const variable of new Set([...analysis.names.definitions.values(), ...analysis.names.named.values()])) {
      const value = analysis.valueOfVariable(variable);
      const name = utf8Decode(variable.name);
      if (value?.kind === 'fn' || value?.kind === 'class') add(name, 'function', callOf(value, name));
      else add(name, 'variable', '');
    }
    for (const params of analysis.names.params.values())
      for (const one of params) if (one !== null) add(utf8Decode(one.name), 'variable', '');
    for (const name of this.#knowledge.builtins.keys()) if (!name.startsWith('__')) add(name, 'function', 'builtin');
    for (const word of KEYWORDS) add(word, 'keyword', '');
    return [...found.values()];
  }

  /** The call in whose brackets a position is. */
  signature(source: Source, position: Position): Signature | null {
    const offset = offsetOf(source, position);
    const tokens = tokensBefore(source, offset);
    let bracket = openBracket(tokens, tokens.length);
    while (bracket !== null && tokens[bracket]?.kind !== '(') bracket = openBracket(tokens, bracket);
    if (bracket === null) return null;
    const { object, name } = calleeBefore(tokens, bracket);
    const found = name === '' ? null : this.#callable(source, object, name, offset);
    if (found === null) return null;
    const parameters =
      /\((.*?)\)/
        .exec(found.label)?.[1]
        ?.split(', ')
        .filter((one) => one !== '') ?? [];
    const active = Math.min(commasIn(tokens, bracket), Math.max(0, parameters.length - 1));
    return { ...found, parameters, active };
  }

  #callable(source: Source, object: string | null, name: string, offset: number): Pick<Signature, 'label' | 'text'> | null {
    const analysis = this.#checker.analysis(source);
    if (object !== null) {
      const module = this.#meanings.moduleOf(analysis, utf8Encode(object), offset);
      const member = module === null ? null : this.#meanings.libraryMember(module, name);
      return member === null ? null : { label: `${object}.${member.signature}`, text: member.text.join('\n') };
    }
    const variable = analysis.names.moduleVariables.get(utf8Encode(name));
    const value = variable === undefined ? null : analysis.valueOfVariable(variable);
    if (value?.kind === 'fn' || value?.kind === 'class') return { label: callOf(value, name), text: '' };
    const [label, ...text] = this.#knowledge.builtinHelp(name)?.split('\n') ?? [];
    return label === undefined ? null : { label, text: text.join('\n').trim() };
  }
}

/** The keys of the object literal that a name was given last in front of a place. */
function literalKeys(analysis: Analysis, name: string, before: number): Completion[] {
  let value: Expr | null = null;
  for (const node of analysis.nodes)
    if (node.kind === 'assign' && node.target.kind === 'name' && node.target.name === name && node.start < before)
      value = node.value;
  if (value?.kind !== 'object') return [];
  return value.entries.flatMap(({ key }): Completion[] =>
    key.kind === 'name' ? [{ label: utf8Decode(key.name), kind: 'member', detail: '' }] : [],
  );
}

/** The tokens that begin in front of a place, without the separators that the lexer has made. */
function tokensBefore(source: Source, offset: number): readonly Token[] {
  return lex(source).tokens.filter(({ start, end }) => start < offset && start < end);
}

function isInText(source: Source, offset: number): boolean {
  const last = tokensBefore(source, offset).at(-1);
  if (last?.kind === 'string' && offset < last.end) return true;
  const { line, column } = source.lineAndColumn(offset);
  const before = column === 0 ? source.line(line - 1) : [...source.line(line)].slice(0, column - 1).join('');
  return /^(?:[^'/]|'(?:\\.|[^'\\])*'|\/(?!\/))*\/\//.test(before);
}

/** The index of the bracket that is open at a token; null at the top. */
function openBracket(tokens: readonly Token[], at: number): number | null {
  let closed = 0;
  for (let i = at - 1; i >= 0; i--) {
    const kind = tokens[i]?.kind;
    if (kind === ')' || kind === ']' || kind === '}') closed++;
    else if ((kind === '(' || kind === '[' || kind === '{') && closed-- === 0) return i;
  }
  return null;
}

/** The name in front of the bracket of a call, and the object whose member it is. */
function calleeBefore(tokens: readonly Token[], bracket: number): { readonly object: string | null; readonly name: string } {
  const callee = tokens[bracket - 1];
  if (callee?.kind !== 'name' || tokens[bracket - 2]?.kind === 'fn' || tokens[bracket - 2]?.kind === 'cs')
    return { object: null, name: '' };
  const name = utf8Decode(callee.text);
  const object = tokens[bracket - 3];
  if (tokens[bracket - 2]?.kind !== '.') return { object: null, name };
  return object?.kind === 'name' ? { object: utf8Decode(object.text), name } : { object: null, name: '' };
}

function commasIn(tokens: readonly Token[], bracket: number): number {
  let depth = 0;
  let commas = 0;
  for (const { kind } of tokens.slice(bracket + 1)) {
    if (kind === '(' || kind === '[' || kind === '{') depth++;
    else if (kind === ')' || kind === ']' || kind === '}') depth--;
    else if (kind === ',' && depth === 0) commas++;
  }
  return commas;
}
