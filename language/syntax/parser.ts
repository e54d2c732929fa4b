/**
 * Tokens to a tree.
 *
 * Each method is one rule of the grammar. A rule begins at the current token and leaves behind itself. `expression` knows of
 * precedence, `postfix` of calls and properties, `unit` of all that begins with a word or bracket of its own.
 *
 * Depth: only what nests in the source (brackets, bodies, right sides) makes the parser call itself. Chains of operators,
 * properties, calls and pipes are loops, and grow the tree to the left; see `tree.ts` for how to walk it.
 */

import type {
  AtomExpr,
  BinaryOperator,
  BlockExpr,
  CallExpr,
  ClassExpr,
  Expr,
  FnExpr,
  IfArm,
  IfExpr,
  ListExpr,
  ObjectEntry,
  Program,
} from './ast.ts';
import { explainingPlace, matchBrackets } from './brackets.ts';
import { ClassRewriter, isAssignmentOnly } from './classes.ts';
import { type Lexed, lex, type Token, type TokenKind } from './lexer.ts';
import { numeralError, tokenText, wordNode } from './literals.ts';
import { DEPTH_LIMIT, nestedTooDeeply } from './nesting.ts';
import { ParseError, unclosed } from './parse-error.ts';
import { hintFor } from './parse-hints.ts';
import type { Source } from './source.ts';
import { syntaxText } from './syntax-text.ts';

// biome-ignore format: a table
const PRECEDENCE: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>([
  ['%', 80], ['**', 75], ['*', 50], ['/', 50], ['+', 40], ['-', 40],
  ['=', 30], ['==', 30], ['!=', 30], ['<', 30], ['>', 30], ['<=', 30], ['>=', 30],
  ['&', 20], ['^', 15], ['|', 10], ['<<', 1], ['>>', 1],
]);

const ATOM_WORDS: ReadonlySet<TokenKind> = new Set<TokenKind>(['name', 'number', 'if', 'fn', 'with', 'cs', 'true', 'false']);

/** The tree of a whole source text. Throws a `ParseError` if it is not a program, and what `checkpoint` throws, which is called now and then. */
export function parseProgram(source: Source, checkpoint?: () => void): Program {
  const parser = new Parser(lex(source, checkpoint), checkpoint);
  try {
    return parser.program();
  } catch (error) {
    throw error instanceof RangeError ? nestedTooDeeply(parser.place) : error; // the native stack is smaller than usual
  }
}

type Parameters = Pick<FnExpr, 'params' | 'rest'>;

class Parser {
  readonly #lexed: Lexed;
  readonly #tokens: readonly Token[];
  readonly #unclosedString: Token | null;
  #index = 0;
  #current: Token;
  /** The end of the last token taken: where a node that is complete now ends. */
  #end = 0;
  #depth = 0;
  #levels = 0;
  /** Whether a class in the current top-level expression has a body to rewrite. */
  #hasFields = false;
  #closers: Int32Array | null = null;

  constructor(
    lexed: Lexed,
    readonly checkpoint: (() => void) | undefined,
  ) {
    this.#lexed = lexed;
    this.#tokens = lexed.tokens;
    this.#unclosedString = lexed.unclosedString;
    this.#current = this.#token(0);
  }

  /** `{ expr "," }` */
  program(): Program {
    const rewriter = new ClassRewriter();
    const body: Expr[] = [];
    while (this.#current.kind !== 'end') {
      this.#hasFields = false;
      const node = this.#expression(0);
      body.push(this.#hasFields ? rewriter.rewrite(node) : node);
      this.#expect(',');
    }
    if (this.#unclosedString !== null) throw unclosed(this.#unclosedString);
    return { body };
  }

  // Tokens

  #token(index: number): Token {
    return this.#tokens[index] ?? { kind: 'end', text: '', at: 0, start: 0, end: 0 };
  }

  #take(): Token {
    const token = this.#current;
    this.#end = token.end;
    this.#current = this.#token(++this.#index);
    return token;
  }

  #skip(kind: TokenKind): boolean {
    if (this.#current.kind !== kind) return false;
    this.#take();
    return true;
  }

  #expect(kind: TokenKind): Token {
    if (this.#current.kind !== kind) throw this.#unexpected(kind === 'name' ? 'var()' : kind);
    return this.#take();
  }

  /** Whether a list that ends in `close` has no more items. */
  #ended(close: TokenKind): boolean {
    return this.#current.kind === close || this.#current.kind === 'end';
  }

  #unexpected(expected: string): ParseError {
    const token = this.#current;
    if (token.kind !== 'end') return this.#error(`Unexpected token ${tokenText(token)}, expected ${expected}`, token);
    const open = this.#unclosedString;
    const related =
      open === null ? explainingPlace(this.#lexed, this.#index) : { at: open.start, note: 'this string is never closed' };
    const hint = related === null ? null : `a closing one is missing: ${related.note}`;
    return new ParseError(`Unexpected end of input, expected ${expected}`, { at: null, end: null, hint, related });
  }

  /** An error about a token, explained by the current token. */
  #error(reason: string, token: Token, hint = hintFor(this.#tokens, this.#index)): ParseError {
    if (token === this.#unclosedString) return unclosed(token);
    const related = explainingPlace(this.#lexed, this.#index);
    return new ParseError(reason, { at: token.at, end: Math.max(token.end, token.at + 1), hint, related });
  }

  #enter(): void {
    if (++this.#depth > DEPTH_LIMIT) throw nestedTooDeeply(this.#current, `Nested too deeply: more than ${DEPTH_LIMIT} levels`);
  }

  /** The token that the parser has reached. */
  get place(): Token {
    return this.#current;
  }

  // Expressions

  /** An expression that is a level of nesting by itself: in brackets, a body, the right side of an assignment. */
  #expression(lowest: number): Expr {
    this.#enter();
    if ((++this.#levels & 1023) === 0) this.checkpoint?.();
    const node = this.#sameLevel(lowest);
    this.#depth--;
    return node;
  }

  /** `postfix` and all operators, pipes and assignments that bind tighter than `lowest`. */
  #sameLevel(lowest: number): Expr {
    const start = this.#current.start;
    let node = this.#postfix();
    while (this.#current.kind === '|>') node = this.#pipe(node, start);
    const kind = this.#current.kind;
    return kind === ':=' || kind === '<-' ? this.#assign(node, start, lowest) : this.#binary(node, start, lowest);
  }

  #assign(target: Expr, start: number, lowest: number): Expr {
    const { at, kind } = this.#take();
    const value = this.#expression(lowest);
    return { kind: 'assign', define: kind === ':=', target, value, at, start, end: this.#end };
  }

  #binary(first: Expr, start: number, lowest: number): Expr {
    let left = first;
    for (;;) {
      const precedence = PRECEDENCE.get(this.#current.kind);
      if (precedence === undefined || precedence <= lowest) return left;
      const { at, kind } = this.#take();
      const right = this.#sameLevel(precedence); // binds tighter each time, so this goes only a few levels down
      left = { kind: 'binary', op: kind as BinaryOperator, left, right, at, start, end: this.#end }; // it has a precedence
    }
  }

  /** `left |> call`: the left side becomes the first argument. */
  #pipe(left: Expr, start: number): CallExpr {
    const pipe = this.#take();
    const call = this.#postfix();
    if (call.kind !== 'call') {
      throw this.#error(`Expected function call after |>, got ${shown(call)}`, pipe, 'after |> comes a call, as in: x |> f()');
    }
    return { ...call, args: [left, ...call.args], start };
  }

  /** `unit { "." unit | "(" args ")" }` */
  #postfix(): Expr {
    const start = this.#current.start;
    let node = this.#unit();
    for (;;) {
      if (this.#current.kind === '.') {
        const { at } = this.#take();
        const key = this.#unit();
        node = { kind: 'property', object: node, key, at, start, end: this.#end };
      } else if (this.#current.kind === '(') {
        node = this.#call(node, start);
      } else {
        return node;
      }
    }
  }

  /** `"(" { expr "," } [ expr "..." "," ] ")"` */
  #call(callee: Expr, start: number): CallExpr {
    const { at } = this.#take();
    const args: Expr[] = [];
    let spread: Expr | null = null;
    while (spread === null && !this.#ended(')')) {
      const arg = this.#expression(0);
      if (this.#skip('...')) spread = arg;
      else args.push(arg);
      this.#expect(',');
    }
    this.#expect(')');
    return { kind: 'call', callee, args, spread, at, start, end: this.#end };
  }

  // Units

  #unit(): Expr {
    switch (this.#current.kind) {
      case '[':
        return this.#list();
      case '{':
        return this.#braces();
      case '(':
        return this.#group();
      case ':':
        return this.#atom();
      case 'fn':
        return this.#fn();
      case 'cs':
        return this.#class();
      case 'if':
        return this.#if();
      case 'with':
        return this.#with();
      case '-':
      case '!':
      case '~':
        return this.#unary(this.#current.kind);
      default:
        return this.#word();
    }
  }

  /** The units of a single token. */
  #word(): Expr {
    const node = wordNode(this.#current);
    if (node === null) throw this.#noUnit();
    this.#take();
    return node;
  }

  #noUnit(): ParseError {
    const token = this.#current;
    switch (token.kind) {
      case 'end':
        return this.#unexpected('a value');
      case 'number':
        return new ParseError(numeralError(token.text), { at: token.at, end: token.end });
      default:
        return this.#error(`Unexpected token ${tokenText(token)} at start of unit`, token);
    }
  }

  /** `"-" postfix`: a prefix operator takes the whole chain. */
  #unary(op: '-' | '!' | '~'): Expr {
    this.#enter();
    const { at, start } = this.#take();
    const value = this.#postfix();
    this.#depth--;
    return { kind: 'unary', op, value, at, start, end: this.#end };
  }

  /** `":" word`; the word may be on the next line. */
  #atom(): AtomExpr {
    const colon = this.#take();
    if (!ATOM_WORDS.has(this.#current.kind)) {
      throw this.#error(`Expected identifier after ':', got ${tokenText(this.#current)}`, colon, null);
    }
    const word = this.#take();
    return { kind: 'atom', name: word.text, at: colon.at, start: colon.start, end: word.end };
  }

  /** `"[" [ expr { "," expr } [ "," ] ] "]"` */
  #list(): ListExpr {
    const { at, start } = this.#take();
    const items: Expr[] = [];
    while (!this.#ended(']')) {
      items.push(this.#expression(0));
      if (!this.#skip(',') && !this.#ended(']')) throw this.#unexpected('comma or ]');
    }
    this.#expect(']');
    return { kind: 'list', items, at, start, end: this.#end };
  }

  /** An object if a `:` follows the first expression or there is none, else a block. */
  #braces(): Expr {
    const { at, start } = this.#take();
    if (this.#skip('}')) return { kind: 'object', entries: [], at, start, end: this.#end };
    if (this.#current.kind === 'end') throw this.#unexpected('}');

    const first = this.#expression(0);
    if (this.#current.kind === ':') return this.#object(first, at, start);
    this.#expect(',');
    return this.#block([first, ...this.#expressions('}')], at, start);
  }

  /** `key ":" value "," { key ":" value "," } "}"`, after the first key. */
  #object(firstKey: Expr, at: number, start: number): Expr {
    const entries: ObjectEntry[] = [];
    for (let key = firstKey; ; key = this.#expression(0)) {
      this.#expect(':');
      entries.push({ key, value: this.#expression(0) });
      this.#expect(',');
      if (this.#ended('}')) break;
    }
    this.#expect('}');
    return { kind: 'object', entries, at, start, end: this.#end };
  }

  /** `( expr )` is that expression, save a lone name: it stays a block, so that `a.(k)` is not `a.k`. */
  #group(): Expr {
    const { at, start } = this.#take();
    const body = this.#expressions(')');
    const [only] = body;
    if (body.length === 1 && only !== undefined && only.kind !== 'name') return only;
    return this.#block(body, at, start);
  }

  #block(body: readonly Expr[], at: number, start: number): BlockExpr {
    const scope = body.some((node) => node.kind === 'assign' && node.define);
    return { kind: 'block', body, scope, at, start, end: this.#end };
  }

  /** `{ expr "," } close` */
  #expressions(close: TokenKind): Expr[] {
    const nodes: Expr[] = [];
    while (!this.#ended(close)) {
      nodes.push(this.#expression(0));
      this.#expect(',');
    }
    this.#expect(close);
    return nodes;
  }

  /** `"with" call expr`: the expression becomes the last argument, before a spread. */
  #with(): CallExpr {
    const word = this.#take();
    const call = this.#sameLevel(0);
    if (call.kind !== 'call') {
      const hint = 'after with comes a call, then its last argument, as in: with each(list) fn(x) print(x)';
      throw this.#error(`with keyword should be followed by a function call, found ${shown(call)}`, word, hint);
    }
    const last = this.#current.kind === 'fn' ? this.#sameLevel(0) : this.#expression(0);
    return { ...call, args: [...call.args, last], start: word.start, end: this.#end };
  }

  /** `"if" [ expr ] "{" { branch } "}" | "if" expr "->" expr`; a brace after `if` always begins the branches. */
  #if(): IfExpr {
    const { at, start, end } = this.#take();
    const yes: Expr = { kind: 'bool', value: true, at, start, end };
    const subject = this.#current.kind === '{' ? yes : this.#expression(0);
    const arms: IfArm[] = [];
    if (this.#current.kind === '->') {
      this.#take();
      arms.push({ target: yes, body: this.#expression(0) });
    } else {
      this.#expect('{');
      while (!this.#ended('}')) this.#branch(arms);
      this.#expect('}');
    }
    return { kind: 'if', subject, arms, at, start, end: this.#end };
  }

  /** `[ target { "," target } [ "," ] ] "->" body ","`: one arm for each target. */
  #branch(arms: IfArm[]): void {
    const targets: Expr[] = [];
    while (!this.#ended('->')) {
      targets.push(this.#expression(0));
      if (this.#current.kind !== '->') this.#expect(',');
    }
    this.#expect('->');
    const body = this.#expression(0);
    this.#expect(',');
    for (const target of targets) arms.push({ target, body });
  }

  /** `"fn" [ name ] [ params ] expr`; an empty object as the body is an empty block. */
  #fn(): FnExpr {
    const { at, start } = this.#take();
    const name = this.#current.kind === 'name' ? this.#take().text : '';
    const { params, rest } = this.#parameters();
    const body = emptyBlock(this.#current.kind === '{' ? this.#sameLevel(0) : this.#expression(0));
    return { kind: 'fn', name, params, rest, body, at, start, end: this.#end };
  }

  /** `"(" { ( name | "_" ) "," } [ name "..." "," ] ")"`, or nothing */
  #parameters(): Parameters {
    const params: (string | null)[] = [];
    let rest: string | null = null;
    if (!this.#skip('(')) return { params, rest };

    while (rest === null && !this.#ended(')')) {
      if (this.#current.kind === 'name') {
        const { text } = this.#take();
        if (this.#skip('...')) rest = text;
        else params.push(text);
      } else {
        this.#expect('_');
        params.push(null);
      }
      this.#expect(',');
    }
    this.#expect(')');
    return { params, rest };
  }

  // Classes

  /** `"cs" name [ params ] ( inherit | expr )` */
  #class(): ClassExpr {
    const { at, start } = this.#take();
    const name = this.#expect('name').text;
    const { params, rest } = this.#parameters();

    const parentsAt = this.#current.kind === '{' ? this.#findParents() : -1;
    const statics = parentsAt === -1 ? [] : this.#statics(parentsAt);
    const parents = parentsAt === -1 ? null : this.#expressions(')');
    const body = parents === null ? emptyBlock(this.#expression(0)) : this.#ownPart();
    if (isAssignmentOnly(body)) this.#hasFields = true;
    return { kind: 'class', name, params, rest, statics, parents, body, at, start, end: this.#end };
  }

  /**
   * Looks ahead for `( ... ) ->` as a whole expression directly inside the brace at the current token: the inheritance form.
   * Nothing else can be written so, hence no need to try and go back, which takes exponential time in nested classes.
   * Returns the index of the `(`, or -1.
   */
  #findParents(): number {
    this.#closers ??= matchBrackets(this.#tokens);
    for (let i = this.#index + 1; ; i++) {
      const { kind } = this.#token(i);
      if (kind === 'end' || kind === '}' || kind === ')' || kind === ']') return -1;
      if (kind !== '(' && kind !== '{' && kind !== '[') continue;

      const closer = this.#closers[i] ?? 0;
      if (closer === 0) return -1;
      const begins = i === this.#index + 1 || this.#token(i - 1).kind === ',';
      if (kind === '(' && begins && this.#token(closer + 1).kind === '->') return i;
      i = closer;
    }
  }

  /** `"{" { static "," } "("`: up to and with the `(` of the parents. */
  #statics(end: number): Expr[] {
    this.#take();
    const statics: Expr[] = [];
    while (this.#index < end) {
      statics.push(this.#expression(0));
      this.#expect(',');
    }
    this.#expect('(');
    return statics;
  }

  /** `"->" expr [ "," ] "}"`. If more follows, the braces are a block, in which an arrow is wrong: the reference says so. */
  #ownPart(): Expr {
    const arrow = this.#expect('->');
    const own = this.#expression(0);
    this.#skip(',');
    if (this.#current.kind === 'end') throw this.#unexpected('}');
    if (!this.#skip('}')) {
      const hint = 'the parents and the part after -> must come last in a class';
      throw new ParseError('Unexpected token ->, expected ,', { at: arrow.at, end: arrow.end, hint });
    }
    return own;
  }
}

function emptyBlock(body: Expr): Expr {
  if (body.kind !== 'object' || body.entries.length > 0) return body;
  return { kind: 'block', body: [], scope: false, at: body.at, start: body.start, end: body.end };
}

/** A tree as errors show it, in byte text: classes are rewritten by then in the reference. */
function shown(node: Expr): string {
  return syntaxText(new ClassRewriter().rewrite(node));
}
