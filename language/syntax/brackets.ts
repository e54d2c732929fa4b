/** Which bracket closes which, and which one was left open. */

import type { Lexed, Token, TokenKind } from './lexer.ts';
import type { RelatedPlace } from './parse-error.ts';
import type { Source } from './source.ts';

const CLOSING: ReadonlyMap<TokenKind, TokenKind> = new Map<TokenKind, TokenKind>([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** For each opening bracket the index of the one that closes it, or 0. */
export function matchBrackets(tokens: readonly Token[]): Int32Array {
  const closers = new Int32Array(tokens.length);
  const open: number[] = [];
  tokens.forEach(({ kind }, i) => {
    if (kind === '(' || kind === '[' || kind === '{') open.push(i);
    if (kind !== ')' && kind !== ']' && kind !== '}') return;
    const opener = open.pop();
    if (opener !== undefined && CLOSING.get(tokens[opener]?.kind ?? 'end') === kind) closers[opener] = i;
  });
  return closers;
}

/**
 * The place that explains an error at the token `index`: a string in front of it that goes on over the end of its line, or the bracket
 * that is still open there, if that token is the end of input or a closing bracket of another kind.
 */
export function explainingPlace({ tokens, source }: Lexed, index: number): RelatedPlace | null {
  const wrong = tokens[index];
  const before = tokens[index - 1];
  if (wrong === undefined) return null;
  if (before?.kind === 'string' && before.end === wrong.start && before.text.includes('\n')) {
    return { at: before.start, note: 'this string goes on over the end of its line' };
  }
  const last = openBrackets(tokens, index).at(-1);
  if (last === undefined) return null;
  const ended = wrong.kind === 'end' || (wrong.start === wrong.end && tokens[index + 1]?.kind === 'end');
  if (ended) {
    const { kind, start } = indentedBracket(tokens, index, source) ?? last;
    return { at: start, note: `this ${kind} is never closed` };
  }
  const closes = wrong.kind === ')' || wrong.kind === ']' || wrong.kind === '}';
  return closes && CLOSING.get(last.kind) !== wrong.kind ? { at: last.start, note: `this ${last.kind} is still open` } : null;
}

/** The brackets that are open before the token `index`, outermost first. */
function openBrackets(tokens: readonly Token[], index: number): Token[] {
  const open: Token[] = [];
  for (const token of tokens.slice(0, index)) {
    if (CLOSING.has(token.kind)) open.push(token);
    else if (token.kind === ')' || token.kind === ']' || token.kind === '}') open.pop();
  }
  return open;
}

/**
 * The bracket whose closing one is missing, as far as indentation tells: a closing bracket at the start of a line is indented like the
 * line of a bracket further out than the one that it would close. Null if all are as they should be.
 */
function indentedBracket(tokens: readonly Token[], index: number, source: Source): Token | null {
  const open: { readonly token: Token; readonly indent: number }[] = [];
  let line = 0;
  let indent = 0;
  for (const token of tokens.slice(0, index)) {
    if (token.start === token.end) continue; // a comma that the lexer has made
    const place = source.lineAndColumn(token.start);
    const first = place.line !== line;
    if (first) [line, indent] = [place.line, place.column];
    if (CLOSING.has(token.kind)) {
      open.push({ token, indent });
    } else if (token.kind === ')' || token.kind === ']' || token.kind === '}') {
      const inner = open.pop();
      if (first && inner !== undefined && inner.indent > indent && open.some((one) => one.indent === indent)) return inner.token;
    }
  }
  return null;
}
