/**
 * The one layout of Magnolia programs: `magnolia fmt`.
 *
 * As gofmt, it neither breaks nor joins lines. It sets the indentation (tabs), the blanks between tokens, blank lines (at most one in a
 * row, none at the inside of a bracket), line ends (LF) and separators (none at the end of a line). Comments and the bytes of strings stay.
 *
 * How it works: each line is laid out from its tokens. The syntax tree answers what tokens cannot: whether a `:` begins an atom, a `-` is
 * a sign, a `(` is the bracket of a call, a `{` opens an object. A line begins one tab deeper than the line on which its bracket was
 * opened, and one more if the line before it ended in the middle of an expression.
 */
import type { Expr, Program } from '../language/syntax/ast.ts';
import { children } from '../language/syntax/ast-walk.ts';
import { CONTINUING, lex, type Token, type TokenKind } from '../language/syntax/lexer.ts';
import { parseProgram } from '../language/syntax/parser.ts';
import { Source } from '../language/syntax/source.ts';

/** Formats a program. Throws a `ParseError` if it has a syntax error. */
export function format(source: Source): string {
  const program = parseProgram(source);
  const { tokens } = lex(source);
  const text = new Layout(source.text, tokens, rolesOf(program, source.text)).run();
  if (!sameTokens(tokens, lex(new Source(source.file, text)).tokens)) throw new Error(`format would change ${source.file}`);
  return text;
}

/** What the tree knows about tokens, by the place of the token in code points. */
interface Roles {
  /** `:` of atoms, and the operators `-`, `!` and `~` in front of a value. */
  readonly prefixes: ReadonlySet<number>;
  /** `(` of calls. */
  readonly calls: ReadonlySet<number>;
  /** `{` and `}` of objects that are values. Those that take an object apart are spaced as blocks are: `{ a: b } := c`. */
  readonly objectBraces: ReadonlySet<number>;
}

function rolesOf(program: Program, text: string): Roles {
  const unitAt = unitsByPoint(text);
  const roles = { prefixes: new Set<number>(), calls: new Set<number>(), objectBraces: new Set<number>() };
  const patterns = new Set<Expr>();
  const waiting: Expr[] = [...program.body];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const { kind, at, start, end } = node;
    if (kind === 'assign') patterns.add(node.target);
    if (kind === 'atom' || kind === 'unary') roles.prefixes.add(start);
    else if ((kind === 'int' || kind === 'float') && text[unitAt(start)] === '-') roles.prefixes.add(start);
    else if (kind === 'call') roles.calls.add(at);
    else if (kind === 'object' && !patterns.has(node)) roles.objectBraces.add(start).add(end - 1);
    for (const child of children(node)) waiting.push(child);
  }
  return roles;
}

/** Turns code point offsets into those of UTF-16 units. */
function unitsByPoint(text: string): (point: number) => number {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return (point) => point;

  const units: number[] = [];
  for (let unit = 0; unit < text.length; unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1) units.push(unit);
  return (point) => units[point] ?? text.length;
}

const OPENERS: ReadonlySet<TokenKind> = new Set<TokenKind>(['(', '[', '{']);
const CLOSERS: ReadonlySet<TokenKind> = new Set<TokenKind>([')', ']', '}']);
/** What separates tokens beside comments: the lexer's white space, which JavaScript's class lacks U+0085 of. */
const EDGE_BLANKS = /^[\s\u0085]+|[\s\u0085]+$/g;

/** An open bracket. */
interface Bracket {
  /** The indentation of the line that opened it. */
  readonly indent: number;
  /** Whether an expression inside of it began on its own line. One that began on the bracket's line continues at the same depth. */
  hasLines: boolean;
}

class Layout {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #roles: Roles;
  readonly #unitAt: (point: number) => number;
  readonly #lines: string[] = [];
  readonly #brackets: Bracket[] = [];
  /** The line in the making: its text so far, null before its first token. */
  #line: string | null = null;
  #indent = 0;
  #previous: Token | null = null;
  /** Whether the last token is `fn`, or the name of the function or class that is being defined. */
  #isFunctionHead = false;

  constructor(text: string, tokens: readonly Token[], roles: Roles) {
    this.#text = text;
    this.#tokens = tokens.filter(({ start, end, kind }) => start < end || kind === 'end'); // without the commas that the lexer made
    this.#roles = roles;
    this.#unitAt = unitsByPoint(text);
  }

  run(): string {
    let behind = 0;
    if (this.#text.startsWith('#!')) {
      const end = this.#text.indexOf('\n');
      behind = end === -1 ? this.#text.length : end;
      this.#lines.push(this.#text.slice(0, behind).replace(EDGE_BLANKS, ''));
    }
    for (const [i, token] of this.#tokens.entries()) {
      const start = this.#unitAt(token.start);
      this.#gap(this.#text.slice(behind, start), token);
      behind = this.#unitAt(token.end);
      if (token.kind !== 'end') this.#add(token, this.#tokens[i + 1]);
    }
    this.#endLine();
    while (this.#lines.at(-1) === '') this.#lines.pop();
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  /** Comments, line ends and blank lines between the last token and the next one. */
  #gap(gap: string, next: Token): void {
    const pieces = gap.split('\n');
    let blank = false;
    for (const [i, piece] of pieces.entries()) {
      const comment = piece.replace(EDGE_BLANKS, '');
      if (i > 0) this.#endLine();
      if (comment === '') {
        blank ||= i > 0 && i < pieces.length - 1;
      } else if (this.#line !== null) {
        this.#line += ` ${comment}`;
      } else {
        if (blank) this.#blankLine();
        blank = false;
        this.#lines.push(tabs(this.#depth(null)) + comment);
      }
    }
    if (blank && !CLOSERS.has(next.kind)) this.#blankLine();
  }

  /** Not at the top of the file, and not behind an opening bracket. */
  #blankLine(): void {
    const last = this.#lines.at(-1);
    if (last === undefined || last === '') return;
    const opens = this.#previous !== null && OPENERS.has(this.#previous.kind);
    if (!opens || last.trimStart().startsWith('//')) this.#lines.push('');
  }

  #add(token: Token, next: Token | undefined): void {
    const { kind } = token;
    if (kind === ',' && this.#endsLine(token, next)) return;

    if (this.#line === null) {
      this.#indent = this.#depth(token);
      this.#line = tabs(this.#indent);
      const bracket = this.#brackets.at(-1);
      if (bracket !== undefined && !this.#goesOn) bracket.hasLines = true;
    } else if (this.#previous !== null && this.#isSpaced(this.#previous, token, next)) {
      this.#line += ' ';
    }
    this.#line += this.#text.slice(this.#unitAt(token.start), this.#unitAt(token.end));
    if (OPENERS.has(kind)) this.#brackets.push({ indent: this.#indent, hasLines: false });
    else if (CLOSERS.has(kind)) this.#brackets.pop();
    const named = kind === 'name' && (this.#previous?.kind === 'fn' || this.#previous?.kind === 'cs');
    this.#isFunctionHead = kind === 'fn' || named;
    this.#previous = token;
  }

  /** Whether a separator is the last token of its line, or is followed by a closing bracket: the lexer makes one there. */
  #endsLine(comma: Token, next: Token | undefined): boolean {
    if (next === undefined || next.kind === 'end') return true;
    if (this.#previous === null || CONTINUING.has(this.#previous.kind)) return false;
    return CLOSERS.has(next.kind) || this.#text.slice(this.#unitAt(comma.end), this.#unitAt(next.start)).includes('\n');
  }

  /** How many tabs a line begins with whose first token is `first`; null for a comment. */
  #depth(first: Token | null): number {
    const bracket = this.#brackets.at(-1);
    if (bracket === undefined) return this.#goesOn ? 1 : 0;
    if (first !== null && CLOSERS.has(first.kind)) return bracket.indent;
    return bracket.indent + (this.#goesOn && bracket.hasLines ? 2 : 1);
  }

  /** Whether the last token is in the middle of an expression. */
  get #goesOn(): boolean {
    if (this.#previous === null) return false;
    const { kind } = this.#previous;
    return CONTINUING.has(kind) && !OPENERS.has(kind) && kind !== ',';
  }

  #endLine(): void {
    if (this.#line !== null) this.#lines.push(this.#line);
    this.#line = null;
  }

  /** Whether a blank goes between two tokens of a line. */
  #isSpaced(left: Token, right: Token, next: Token | undefined): boolean {
    const { prefixes, calls, objectBraces } = this.#roles;
    if (left.kind === '(' || left.kind === '[' || left.kind === '.' || prefixes.has(left.start)) return false;
    switch (right.kind) {
      case ',':
      case ')':
      case ']':
      case '...':
        return false;
      case '.': // `x.0 .1` are two indexes, `x.0.1` is one float
        return left.kind === 'number' && next?.kind === 'number';
      case ':':
        return prefixes.has(right.start) && !isObjectOpen(left, objectBraces);
      case '(':
        return !calls.has(right.start) && !this.#isFunctionHead && !isObjectOpen(left, objectBraces);
      case '}':
        return left.kind !== '{' && !objectBraces.has(right.start);
      default:
        return !isObjectOpen(left, objectBraces);
    }
  }
}

function isObjectOpen(token: Token, objectBraces: ReadonlySet<number>): boolean {
  return token.kind === '{' && objectBraces.has(token.start);
}

function tabs(count: number): string {
  return '\t'.repeat(count);
}

function sameTokens(one: readonly Token[], other: readonly Token[]): boolean {
  return one.length === other.length && one.every(({ kind, text }, i) => kind === other[i]?.kind && text === other[i]?.text);
}
