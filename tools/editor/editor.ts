/**
 * What an editor asks of a language: about texts, by positions in lines and UTF-16 units. The language server and the playground
 * answer with it.
 */

import { lex } from '../../language/syntax/lexer.ts';
import { ParseError } from '../../language/syntax/parse-error.ts';
import { Source } from '../../language/syntax/source.ts';
import { utf8Decode } from '../../language/values/bytes.ts';
import { Checker } from '../check/check.ts';
import type { Diagnostic } from '../check/diagnostic.ts';
import { type Position, type Range, rangeOf } from '../check/range.ts';
import { format } from '../format.ts';
import { Completer, type Completion, type Signature } from './complete.ts';
import type { Knowledge } from './knowledge.ts';
import { Meanings } from './meaning.ts';
import { bindingOf, sameNames } from './names.ts';
import { offsetOf } from './position.ts';

/** A range in a text. */
export interface Location {
  readonly source: Source;
  readonly range: Range;
}

export interface DocumentSymbol {
  readonly name: string;
  readonly kind: 'function' | 'class' | 'module' | 'variable';
  /** The name itself. */
  readonly range: Range;
}

/** Why a word cannot be renamed, for a person. */
export class RenameError extends Error {}

export class Editor {
  readonly #checker: Checker;
  readonly #meanings: Meanings;
  readonly #completer: Completer;

  constructor(knowledge: Knowledge) {
    this.#checker = new Checker(knowledge);
    this.#meanings = new Meanings(this.#checker, knowledge);
    this.#completer = new Completer(this.#checker, knowledge, this.#meanings);
  }

  /** The mistakes in a text; what it imports is read, and not reported. */
  diagnostics(source: Source): readonly (Diagnostic & { readonly range: Range })[] {
    return this.#checker.check(source).map((one) => ({ ...one, range: rangeOf(source, one.start, one.end) }));
  }

  /** Markdown about the word at a position. */
  hover(source: Source, position: Position): { readonly text: string; readonly range: Range } | null {
    const found = this.#meanings.hover(source, offsetOf(source, position));
    return found === null ? null : { text: found.text, range: rangeOf(source, found.start, found.end) };
  }

  complete(source: Source, position: Position): readonly Completion[] {
    return this.#completer.complete(source, position);
  }

  signature(source: Source, position: Position): Signature | null {
    return this.#completer.signature(source, position);
  }

  definition(source: Source, position: Position): Location | null {
    const place = this.#meanings.definition(source, offsetOf(source, position));
    return place === null ? null : { source: place.source, range: rangeOf(place.source, place.start, place.end) };
  }

  /** All places in the text that mean the variable at a position, with or without those that give it a value. */
  references(source: Source, position: Position, withDeclaration: boolean): readonly Range[] {
    const meaning = this.#meanings.at(source, offsetOf(source, position));
    if (meaning?.kind !== 'variable') return [];
    const analysis = this.#checker.analysis(source);
    const declaration = bindingOf(analysis, meaning.variable);
    return sameNames(analysis, meaning.occurrence)
      .filter(({ start }) => withDeclaration || start !== declaration?.start)
      .map(({ start, end }) => rangeOf(source, start, end));
  }

  /** The name at a position, if it can be renamed. Throws a RenameError if it cannot. */
  renameable(source: Source, position: Position): Range {
    const meaning = this.#meanings.at(source, offsetOf(source, position));
    switch (meaning?.kind) {
      case 'variable':
        return rangeOf(source, meaning.occurrence.start, meaning.occurrence.end);
      case 'builtin':
        throw new RenameError(`${meaning.name} is a builtin, or defined nowhere: it cannot be renamed`);
      case 'member':
      case 'module':
        throw new RenameError(`This is a name of the module ${meaning.module}: rename it there`);
      default:
        throw new RenameError('There is no name here that could be renamed');
    }
  }

  /** The places that get the new name. Throws a RenameError if that would change what the program means. */
  rename(source: Source, position: Position, name: string): readonly Range[] {
    this.renameable(source, position);
    const [token, ...rest] = lex(new Source('', name)).tokens.filter(({ start, end }) => start < end);
    if (token?.kind !== 'name' || rest.length > 0) throw new RenameError(`${name} is not a name`);
    const analysis = this.#checker.analysis(source);
    const taken = [
      ...analysis.names.definitions.values(),
      ...analysis.names.named.values(),
      ...[...analysis.names.params.values()].flat(),
    ];
    if (taken.some((one) => one !== null && utf8Decode(one.name) === name))
      throw new RenameError(`${name} is the name of something else here`);
    return this.references(source, position, true);
  }

  /** What a text defines at its top level. */
  symbols(source: Source): readonly DocumentSymbol[] {
    const analysis = this.#checker.analysis(source);
    return [...analysis.names.moduleVariables.values()].flatMap((variable): DocumentSymbol[] => {
      const binding = bindingOf(analysis, variable);
      if (binding === null) return [];
      const value = analysis.valueOfVariable(variable);
      const kind =
        value?.kind === 'fn'
          ? 'function'
          : value?.kind === 'class'
            ? 'class'
            : value?.kind === 'call' && isImport(value)
              ? 'module'
              : 'variable';
      return [{ name: utf8Decode(variable.name), kind, range: rangeOf(source, binding.start, binding.end) }];
    });
  }

  /** The text in the one style; null if it has a syntax error. */
  format(source: Source): string | null {
    try {
      return format(source);
    } catch (error) {
      if (error instanceof ParseError) return null;
      throw error;
    }
  }
}

function isImport({ callee }: { readonly callee: { readonly kind: string; readonly name?: string } }): boolean {
  return callee.kind === 'name' && callee.name === 'import';
}
