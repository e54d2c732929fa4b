/**
 * Help for people at a parse error: what they probably meant. The reason itself is worded as in the reference; this is the
 * extra line below it, for the habits of other languages and the few places where Magnolia's line ends surprise.
 */

import type { Token, TokenKind } from './lexer.ts';

const BINARY: ReadonlySet<TokenKind> = new Set<TokenKind>([
  '+',
  '*',
  '/',
  '%',
  '**',
  '^',
  '&',
  '|',
  '<<',
  '>>',
  '=',
  '==',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
]);

/** Operators after which the next line does not go on. */
const ENDING: ReadonlySet<TokenKind> = new Set<TokenKind>(['**', '==', '!=', '>>', '~']);

const KEYWORDS: ReadonlySet<TokenKind> = new Set<TokenKind>(['if', 'fn', 'with', 'cs', 'true', 'false', '_']);

const VALUE_ENDS: ReadonlySet<TokenKind> = new Set<TokenKind>([')', ']', '}', 'name', 'string', 'number']);

/** Operators of other languages: two tokens that touch, where the second one has no place. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['& &', '"and" is a single &'],
  ['| |', '"or" is a single |'],
  ['= >', "a branch is written with ->, as in: if x { 1 -> 'one' }"],
  ['== >', "a branch is written with ->, as in: if x { 1 -> 'one' }"],
  ['== =', 'deep equality is ==, identity is ='],
  ['!= =', 'deep inequality is !='],
  ['+ =', 'there is no +=, write: x <- x + 1'],
  ['* =', 'there is no *=, write: x <- x * 2'],
  ['/ =', 'there is no /=, write: x <- x / 2'],
  ['% =', 'there is no %=, write: x <- x % 2'],
  ['- =', 'there is no -=, write: x <- x - 1'],
  ['+ +', 'there is no ++, write: x <- x + 1'],
  ['/ *', 'comments begin with // and end with the line'],
]);

const FOREIGN_WORDS: ReadonlyMap<string, string> = new Map([
  ['else', 'there is no else; the other case is a branch: if x { true -> a, _ -> b }'],
  ['return', 'there is no return; the value of a function is its last expression'],
  ['let', 'a variable is made with := alone, as in: x := 1'],
  ['var', 'a variable is made with := alone, as in: x := 1'],
  ['const', 'a variable is made with := alone, as in: x := 1'],
  ['function', 'a function begins with fn, as in: fn add(a, b) a + b'],
  ['def', 'a function begins with fn, as in: fn add(a, b) a + b'],
  ['class', 'a class begins with cs, as in: cs Point(x, y) { x: x, y: y }'],
  ['while', 'there are no loops; a function calls itself, or use each() and loop() of std'],
  ['for', 'there are no loops; a function calls itself, or use each() and loop() of std'],
]);

/** A hint for the token at `index`, which is not what the parser could use there. Null if we know none. */
export function hintFor(tokens: readonly Token[], index: number): string | null {
  const token = tokens[index];
  const before = tokens[index - 1];
  if (token?.kind === '/' && tokens[index + 1]?.kind === '*') return FOREIGN.get('/ *') ?? null;
  if (token === undefined || before === undefined) return null;
  return foreignHint(token, before, tokens[index - 2]) ?? keywordHint(tokens, index) ?? lineHint(tokens, index, token, before);
}

function foreignHint(token: Token, before: Token, earlier: Token | undefined): string | null {
  if (before.end === token.start) {
    const pair = FOREIGN.get(`${before.kind} ${token.kind}`);
    if (pair !== undefined) return pair;
    if (token.kind === '[' && VALUE_ENDS.has(before.kind))
      return 'there is no index bracket; write: list.0, or list.(i) for a variable';
  }
  for (const word of [token, before, earlier]) {
    if (word?.kind !== 'name') continue;
    if (word.text.startsWith('"')) return 'strings are written in single quotes';
    if (word !== earlier && word.text === ';') return 'expressions are separated by new lines or commas, not by ;';
    const foreign = word === earlier ? undefined : FOREIGN_WORDS.get(word.text);
    if (foreign !== undefined) return foreign;
  }
  return null;
}

/** `o.if` and `{if: 1}`: the error comes one to three tokens after the keyword. */
function keywordHint(tokens: readonly Token[], index: number): string | null {
  for (let i = index; i > 0 && i > index - 4; i--) {
    const word = tokens[i];
    if (word === undefined || !KEYWORDS.has(word.kind)) continue;
    const place = tokens[i - 1]?.kind;
    if (place === '.') return `${word.text} is a keyword; as a property name it needs quotes: .'${word.text}'`;
    if ((place === '{' || place === ',') && tokens[i + 1]?.kind === ':') {
      return `${word.text} is a keyword; as a key it needs quotes: {'${word.text}': ...}`;
    }
  }
  return null;
}

function lineHint(tokens: readonly Token[], index: number, token: Token, before: Token): string | null {
  const made = token.kind === ',' && token.start === token.end;
  const next = tokens[index + 1];
  if (made && next?.kind === '{') return 'the { must stand on the same line as what it belongs to';
  if (made && ENDING.has(before.kind)) return `a line cannot end in ${before.kind}: its right side must stand on the same line`;
  if (made && before.kind === ')') return 'a body must begin on the same line';

  if (before.kind !== ',' || before.start !== before.end) return null;
  if (token.kind === '.') return 'a line cannot begin with . : put it at the end of the line before';
  if (token.kind === '|>') return 'a line cannot begin with |> : put it at the end of the line before';
  if (!BINARY.has(token.kind)) return null;
  if (ENDING.has(token.kind)) return `a line cannot begin with ${token.kind} : both of its sides must stand on the same line`;
  return `a line cannot begin with ${token.kind} : put it at the end of the line before`;
}
