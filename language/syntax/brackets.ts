/** Which bracket closes which, and which one was left open. */

import type { Token, TokenKind } from './lexer.ts';
import type { RelatedPlace } from './parse-error.ts';

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
 * The bracket that an error at the token `index` is about: the innermost one still open there, if that token is the end of input or
 * a closing bracket of another kind.
 */
export function openBracket(tokens: readonly Token[], index: number): RelatedPlace | null {
  const wrong = tokens[index];
  if (wrong === undefined) return null;

  const open: Token[] = [];
  for (const token of tokens.slice(0, index)) {
    if (CLOSING.has(token.kind)) open.push(token);
    else if (token.kind === ')' || token.kind === ']' || token.kind === '}') open.pop();
  }
  const last = open.at(-1);
  if (last === undefined) return null;
  const ended = wrong.kind === 'end' || (wrong.start === wrong.end && tokens[index + 1]?.kind === 'end');
  if (ended) return { at: last.start, note: `this ${last.kind} is never closed` };
  const closes = wrong.kind === ')' || wrong.kind === ']' || wrong.kind === '}';
  return closes && CLOSING.get(last.kind) !== wrong.kind ? { at: last.start, note: `this ${last.kind} is still open` } : null;
}
