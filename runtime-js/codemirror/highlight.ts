/** What each word of a program is, for colours: the tokens of the language's own lexer, and the comments between them. */
import { lex, type Token, type TokenKind } from '../../language/syntax/lexer.ts';
import { Source } from '../../language/syntax/source.ts';

export type Style = 'keyword' | 'constant' | 'string' | 'number' | 'atom' | 'function' | 'property' | 'operator' | 'comment';

/** A piece of the text, in UTF-16 units. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly style: Style;
}

const FIXED: { readonly [kind in TokenKind]?: Style } = {
  if: 'keyword',
  fn: 'keyword',
  with: 'keyword',
  cs: 'keyword',
  true: 'constant',
  false: 'constant',
  _: 'constant',
  '?': 'constant',
  number: 'number',
  string: 'string',
};
const PLAIN: ReadonlySet<TokenKind> = new Set<TokenKind>([',', '.', '(', ')', '[', ']', '{', '}', ':', '...', 'end']);

/** All coloured pieces of a text, in order. */
export function pieces(text: string): Piece[] {
  const units = unitsOf(text);
  const tokens = lex(new Source('', text)).tokens.filter(({ start, end, kind }) => start < end || kind === 'end');
  const found: Piece[] = [];
  let behind = 0;
  let inAtom = false;
  for (const [i, token] of tokens.entries()) {
    const start = units(token.start);
    const end = units(token.end);
    addComments(text, behind, start, found);
    const style: Style | null = inAtom ? 'atom' : styleOf(token, tokens[i - 1], tokens[i + 1]);
    if (style !== null) found.push({ start, end, style });
    inAtom = style === 'atom' && token.kind === ':';
    behind = end;
  }
  return found;
}

/** The token that covers a place, given and answered in UTF-16 units; null between tokens. */
export function tokenAt(text: string, at: number): { readonly start: number; readonly end: number } | null {
  const units = unitsOf(text);
  for (const token of lex(new Source('', text)).tokens) {
    const [start, end] = [units(token.start), units(token.end)];
    if (start <= at && at < end) return { start, end };
    if (start > at) return null;
  }
  return null;
}

function styleOf(token: Token, before: Token | undefined, after: Token | undefined): Style | null {
  const fixed = FIXED[token.kind];
  if (fixed !== undefined) return fixed;
  if (token.kind === ':') return isAtom(token, before, after) ? 'atom' : null;
  if (token.kind !== 'name') return PLAIN.has(token.kind) ? null : 'operator';

  if (before?.kind === 'fn' || before?.kind === 'cs') return 'function';
  if (after?.kind === '(' && after.start === token.end) return 'function';
  if (before?.kind === '.' || (after?.kind === ':' && after.start === token.end)) return 'property';
  return null;
}

/** What can follow the colon of an atom, and what can precede the colon of a key. */
const ATOM = /^(name|number|if|fn|with|cs|true|false)$/;
const KEY = /^(name|string|number|[)\]}]|true|false|if|fn|with|cs)$/;

/** A colon right behind what can be a key, as in `{a: b}`, ends that key; others begin an atom. */
function isAtom(colon: Token, before: Token | undefined, after: Token | undefined): boolean {
  if (before?.end === colon.start && KEY.test(before.kind)) return false;
  return after?.start === colon.end && ATOM.test(after.kind);
}

function addComments(text: string, from: number, to: number, found: Piece[]): void {
  if (to - from < 2) return;
  for (const match of text.slice(from, to).matchAll(/(?:\/\/|^#!).*/g)) {
    const start = from + match.index;
    found.push({ start, end: start + match[0].length, style: 'comment' });
  }
}

/** Places in code points, which grow from call to call, as places in UTF-16 units. */
function unitsOf(text: string): (point: number) => number {
  const mark = text.startsWith('\ufeff') ? 1 : 0;
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return (point) => point + mark;

  let points = 0;
  let units = mark;
  return (point) => {
    for (; points > point; points--) units -= units > 1 && (text.codePointAt(units - 2) ?? 0) > 0xffff ? 2 : 1;
    for (; points < point; points++) units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
    return units;
  };
}
