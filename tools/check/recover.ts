/**
 * All mistakes of syntax in a text, and the tree of what is left without them.
 *
 * The parser stops at the first mistake. Here the expression that holds it is replaced by blanks, so that every other place stays where
 * it is, and the text is parsed again. A second error on the same line comes from what the first one left, and is not reported.
 */
import type { Program } from '../../language/syntax/ast.ts';
import { lex, type Token } from '../../language/syntax/lexer.ts';
import { ParseError } from '../../language/syntax/parse-error.ts';
import { parseProgram } from '../../language/syntax/parser.ts';
import { Source } from '../../language/syntax/source.ts';

export interface Recovered {
  readonly program: Program;
  readonly errors: readonly ParseError[];
  /** Names (byte text) in what could not be parsed: they may be defined or used there. */
  readonly mentioned: ReadonlySet<string>;
  /** The lines of that: what is left of them says little. */
  readonly brokenLines: ReadonlySet<number>;
  /** Whether all of the text was parsed or replaced; else nothing is known about the rest. */
  readonly complete: boolean;
}

/** After this many mistakes the rest of a text is not read. */
const MOST_ERRORS = 50;

/** Code points from `start` to `end`. */
interface Region {
  readonly start: number;
  readonly end: number;
}

/** Parses as much of a text as can be parsed. */
export function parseWithRecovery(source: Source): Recovered {
  const errors: ParseError[] = [];
  const lines = new Set<number>();
  const mentioned = new Set<string>();
  const brokenLines = new Set<number>();
  let text = new Text(source);
  for (let round = 0; round < 2 * MOST_ERRORS && errors.length < MOST_ERRORS; round++) {
    try {
      return { program: parseProgram(text.source), errors, mentioned, brokenLines, complete: true };
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const { tokens } = lex(text.source);
      const region = text.broken(error, tokens);
      const line = source.lineAndColumn(error.at ?? region.start).line;
      if (!lines.has(line) && !brokenLines.has(line)) errors.push(error);
      lines.add(line);
      const last = source.lineAndColumn(region.end - 1).line;
      for (let broken = source.lineAndColumn(region.start).line; broken <= last; broken++) brokenLines.add(broken);
      for (const { kind, text: name, start } of tokens)
        if (kind === 'name' && start >= region.start && start < region.end) mentioned.add(name);
      text = text.without(region);
    }
  }
  return { program: { body: [] }, errors, mentioned, brokenLines, complete: false };
}

/** A text in which parts may have been replaced by blanks. */
class Text {
  readonly source: Source;
  readonly #points: readonly string[];

  constructor(source: Source) {
    this.source = source;
    this.#points = [...source.text];
  }

  without({ start, end }: Region): Text {
    const blank = this.#points.map((point, at) => (at >= start && at < end && point !== '\n' ? ' ' : point));
    return new Text(new Source(this.source.file, blank.join('')));
  }

  /** The part to be left out because of an error; never empty. */
  broken(error: ParseError, tokens: readonly Token[]): Region {
    const index = tokens.findIndex(({ kind, at }) => kind !== ',' && at === error.at);
    const token = tokens[index];
    if (token?.kind === 'string' && token.end === (tokens.at(-1) as Token).end) return this.#line(token.start); // never closed
    if (error.related !== null) {
      const { at: place } = error.related;
      const opener = tokens.findIndex(({ start, end }) => start === place && end > start);
      return tokens[opener]?.kind === 'string' ? this.#line(place) : this.#indented(place, tokens, opener);
    }
    const made = tokens.findIndex(({ at, start, end }) => at === error.at && start === end);
    const at = index !== -1 ? index : made !== -1 ? made : tokens.length - 1;
    return this.#expression(tokens, at);
  }

  /** From a place to the end of its line. */
  #line(start: number): Region {
    const newline = this.#points.indexOf('\n', start);
    return { start, end: newline === -1 ? this.#points.length : newline };
  }

  /** From the expression of an opening bracket to the next line that is not indented further than the line of the bracket. */
  #indented(bracket: number, tokens: readonly Token[], index: number): Region {
    const { source } = this;
    const first = source.lineAndColumn(bracket).line;
    const start = tokens[startsOf(tokens, index).at(-1) ?? index]?.start ?? bracket;
    const limit = indentation(source.line(first));
    let end = this.#line(bracket).end;
    for (let line = first + 1; line <= source.lineCount; line++) {
      const text = source.line(line);
      if (text.trim() !== '' && indentation(text) <= limit) break;
      end += [...text].length + 1;
    }
    return { start, end: Math.max(bracket + 1, Math.min(end, this.#points.length)) };
  }

  /**
   * The expression around a token, between two commas or brackets. If there is nothing between them, it is that around
   * these brackets.
   */
  #expression(tokens: readonly Token[], index: number): Region {
    const starts = startsOf(tokens, index);
    for (let from = index, end = endOf(tokens, index); ; end = endOf(tokens, end + 1)) {
      from = starts.pop() ?? from;
      const first = tokens[from];
      const last = tokens[end];
      if (first !== undefined && last !== undefined && last.start > first.start)
        return { start: first.start, end: Math.max(last.start, first.start + 1) };
      if (starts.length > 0) continue;
      const [token] = [tokens[index] as Token]; // a bracket that closes nothing, or the end
      return { start: token.start, end: Math.max(token.end, token.start + 1) };
    }
  }
}

/** Where the expression in each bracket that is open before a token begins, outermost first. */
function startsOf(tokens: readonly Token[], index: number): number[] {
  const starts = [0];
  for (let i = 0; i < index; i++) {
    const kind = tokens[i]?.kind;
    if (kind === '(' || kind === '[' || kind === '{') starts.push(i + 1);
    else if (kind === ')' || kind === ']' || kind === '}') starts.pop();
    else if (kind === ',') starts[Math.max(0, starts.length - 1)] = i + 1;
  }
  return starts;
}

/** The comma or bracket at which the expression with this token ends. */
function endOf(tokens: readonly Token[], index: number): number {
  let depth = 0;
  for (let i = index; i < tokens.length; i++) {
    const kind = tokens[i]?.kind;
    if (kind === '(' || kind === '[' || kind === '{') depth++;
    if (kind === ')' || kind === ']' || kind === '}') depth--;
    if (depth < 0 || (depth === 0 && kind === ',')) return i;
  }
  return tokens.length - 1;
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}
