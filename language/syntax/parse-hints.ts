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

/** What nothing can end with. */
const GOING_ON: ReadonlySet<TokenKind> = new Set<TokenKind>([...BINARY, '-', '!', '~', ':=', '<-', '->', '|>', '.']);

const KEYWORDS: ReadonlySet<TokenKind> = new Set<TokenKind>(['if', 'fn', 'with', 'cs', 'true', 'false', '_']);

const VALUE_ENDS: ReadonlySet<TokenKind> = new Set<TokenKind>([')', ']', '}', 'name', 'string', 'number', 'true', 'false']);

/** Operators of other languages: two tokens that touch, where the second one has no place. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['& &', '"and" is a single &'],
  ['| |', '"or" is a single |'],
  ['= >', 'a branch is written with ->, as in: if x { 1 -> 2 }; a function with fn, as in: fn(x) x + 1'],
  ['== >', "a branch is written with ->, as in: if x { 1 -> 'one' }"],
  ['== =', 'deep equality is ==, identity is ='],
  ['!= =', 'deep inequality is !='],
  ['+ =', 'there is no +=, write: x <- x + 1'],
  ['* =', 'there is no *=, write: x <- x * 2'],
  ['/ =', 'there is no /=, write: x <- x / 2'],
  ['% =', 'there is no %=, write: x <- x % 2'],
  ['- =', 'there is no -=, write: x <- x - 1'],
  ['+ +', 'there is no ++, write: x <- x + 1; strings are joined with +'],
  ['/ *', 'comments begin with // and end with the line'],
]);

const VARIABLE = 'a variable is made with := alone, as in: x := 1';
const LOOP = 'there are no loops; a function calls itself, or use each() and loop() of std';
const FUNCTION = 'a function begins with fn, as in: fn add(a, b) a + b';
const CLASS = 'a class begins with cs, as in: cs Point(x, y) { x: x, y: y }';
const BRANCHES = 'the cases of an if are branches: if x { 1 -> a, 2 -> b, _ -> c }';
const FAILURE = 'there are no exceptions; what fails returns an error value: if result.type { :error -> result.error, _ -> … }';
const TYPED = 'a variable is made with := and has no declared type, as in: x := 1';

const FOREIGN_WORDS: ReadonlyMap<string, string> = new Map([
  ['else', 'there is no else; the other case is a branch: if x { true -> a, _ -> b }'],
  ['elif', BRANCHES],
  ['elsif', BRANCHES],
  ['elseif', BRANCHES],
  ['switch', BRANCHES],
  ['case', BRANCHES],
  ['match', BRANCHES],
  ['unless', BRANCHES],
  ['then', 'an if has branches in braces: if x { true -> a, _ -> b }'],
  ['end', 'a block ends with }'],
  ['return', 'there is no return; the value of a function is its last expression'],
  ['let', VARIABLE],
  ['var', VARIABLE],
  ['const', VARIABLE],
  ['local', VARIABLE],
  ['val', VARIABLE],
  ['mut', VARIABLE],
  ['global', VARIABLE],
  ['function', FUNCTION],
  ['func', FUNCTION],
  ['fun', FUNCTION],
  ['def', FUNCTION],
  ['lambda', FUNCTION],
  ['class', CLASS],
  ['struct', CLASS],
  ['while', LOOP],
  ['for', LOOP],
  ['foreach', LOOP],
  ['do', LOOP],
  ['until', LOOP],
  ['repeat', LOOP],
  ['in', LOOP],
  ['try', FAILURE],
  ['catch', FAILURE],
  ['except', FAILURE],
  ['throw', FAILURE],
  ['raise', FAILURE],
  ['await', 'there is no await; a call waits by itself, and other threads go on meanwhile'],
  ['async', 'there is no async; any function may wait, and go(fn() …) runs one in a thread of its own'],
  ['and', '"and" is a single &'],
  ['or', '"or" is a single |'],
  ['not', '"not" is !'],
  ['new', 'there is no new; a class is called like a function: Point(1, 2)'],
  ['typeof', 'type is a function: type(x)'],
  ['delete', 'a key is taken away with _ : object.key := _'],
  ['export', 'what a file defines at its top level can be imported: there is no export'],
  ['package', 'a file is a module by itself: there is no package'],
  ['from', "import is a function: name := import('name')"],
  ['int', TYPED],
  ['float', TYPED],
  ['double', TYPED],
  ['string', TYPED],
  ['bool', TYPED],
  ['auto', TYPED],
]);

/** Of these, the names of builtins. */
const CALLED: ReadonlySet<string> = new Set(['int', 'float', 'string']);

/** A hint for the token at `index`, which is not what the parser could use there. Null if we know none. */
export function hintFor(tokens: readonly Token[], index: number): string | null {
  const token = tokens[index];
  const before = tokens[index - 1];
  if (token?.kind === '/' && tokens[index + 1]?.kind === '*') return FOREIGN.get('/ *') ?? null;
  if (token === undefined || before === undefined) return null;
  return (
    headHint(tokens, index) ??
    foreignHint(token, before, tokens[index - 2]) ??
    keywordHint(tokens, index) ??
    bracketHint(tokens, index, token) ??
    lineHint(tokens, index, token, before)
  );
}

function foreignHint(token: Token, before: Token, earlier: Token | undefined): string | null {
  if (before.end === token.start) {
    const pair = FOREIGN.get(`${before.kind} ${token.kind}`);
    if (pair !== undefined) return pair;
    if (token.kind === '[' && VALUE_ENDS.has(before.kind))
      return 'there is no index bracket; write: list.0, or list.(i) for a variable';
  }
  if (token.kind === '?' && VALUE_ENDS.has(before.kind)) return 'there is no ? : operator; write: if x > 3 { true -> a, _ -> b }';
  if (token.kind === '<-' && !VALUE_ENDS.has(before.kind))
    return 'a channel is read with thread.recv(channel), and written with thread.send';
  if (token.kind === '.' && before.kind === '.') return 'a range is a function of std: range(0, 5)';
  if (before.kind === 'name' && before.text === 'import' && token.kind === 'name') {
    return `import is a function: ${token.text} := import('${token.text}')`;
  }
  if (before.kind === 'string' && before.end === token.start && token.kind === 'name') {
    if (before.text.includes('\n')) return 'a single quote is missing: the string before this goes on over the end of its line';
    return "a string ends at the next single quote; inside of it one is written \\'";
  }
  if (before.kind === 'name' && token.kind === 'string' && before.end < token.start) {
    return `the arguments of a call stand in parentheses: ${before.text}(…)`;
  }
  for (const word of [token, before, earlier]) {
    if (word?.kind !== 'name') continue;
    if (word.text.startsWith('"')) return 'strings are written in single quotes';
    if (word.text.startsWith('`')) return "strings are written in single quotes and joined with +, as in: 'hello ' + name";
    if (word.text.startsWith('#')) return 'comments begin with // and end with the line';
    if (word !== earlier && word.text === ';') return 'expressions are separated by new lines or commas, not by ;';
    const foreign = word === earlier ? undefined : FOREIGN_WORDS.get(word.text);
    if (foreign !== undefined) return foreign;
  }
  return null;
}

/** Something in the parentheses of `for (…)` or `switch (…)`, or right behind them. */
function headHint(tokens: readonly Token[], index: number): string | null {
  const open = openAt(tokens, tokens[index - 1]?.kind === ')' ? index - 1 : index);
  const word = open === null || tokens[open]?.kind !== '(' ? undefined : tokens[open - 1];
  return word?.kind === 'name' && !CALLED.has(word.text) ? (FOREIGN_WORDS.get(word.text) ?? null) : null;
}

/** The text in braces that were opened before the token at `index`, and what is not closed. */
function bracketHint(tokens: readonly Token[], index: number, token: Token): string | null {
  const open = openAt(tokens, index);
  if (open === null && (token.kind === '}' || token.kind === ')' || token.kind === ']')) {
    return `this ${token.kind} closes nothing: there is one too many, or an opening bracket is missing`;
  }
  if (token.kind === ':' && open !== null && opensParameters(tokens, open))
    return 'a parameter has no declared type: fn add(a, b) a + b';
  if (token.kind === '=' && open !== null && opensParameters(tokens, open)) {
    return 'a parameter has no default; an argument that is not given is ?';
  }
  if (token.kind === '}' && open !== null && opensBranches(tokens, open)) {
    return 'an if has branches: if x { true -> a, _ -> b }';
  }
  return null;
}

/** The innermost bracket that is open before `index`; null if there is none. */
function openAt(tokens: readonly Token[], index: number): number | null {
  let closed = 0;
  for (let i = index - 1; i >= 0; i--) {
    const kind = tokens[i]?.kind;
    if (kind === ')' || kind === ']' || kind === '}') closed++;
    if ((kind === '(' || kind === '[' || kind === '{') && closed-- === 0) return i;
  }
  return null;
}

/** Whether a bracket opens the parameters of a function or class. */
function opensParameters(tokens: readonly Token[], open: number): boolean {
  const word = tokens[open - 1]?.kind === 'name' ? tokens[open - 2]?.kind : tokens[open - 1]?.kind;
  return tokens[open]?.kind === '(' && (word === 'fn' || word === 'cs');
}

/** Whether a brace opens the branches of an `if`: the word is before it on the same level. */
function opensBranches(tokens: readonly Token[], open: number): boolean {
  let closed = 0;
  for (let i = open - 1; i >= 0; i--) {
    const kind = tokens[i]?.kind;
    if (kind === ')' || kind === ']' || kind === '}') closed++;
    if (kind === '(' || kind === '[' || kind === '{') closed--;
    if (closed < 0 || (closed === 0 && kind === ',')) return false;
    if (closed === 0 && kind === 'if') return true;
  }
  return false;
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
  if (made && next?.kind === 'end' && GOING_ON.has(before.kind))
    return `the text ends after ${before.kind}, where it has to go on`;
  if (token.kind === '->' && before.kind === ')') {
    const open = openAt(tokens, index - 1);
    if (open !== null && opensParameters(tokens, open))
      return 'a function has no declared result; its body follows at once: fn add(a, b) a + b';
  }
  if (made && before.kind === ')') {
    const open = openAt(tokens, index - 1);
    return open !== null && opensParameters(tokens, open) ? 'a body must begin on the same line' : null;
  }

  if (before.kind !== ',' || before.start !== before.end) return null;
  if (token.kind === '.') return 'a line cannot begin with . : put it at the end of the line before';
  if (token.kind === '|>') return 'a line cannot begin with |> : put it at the end of the line before';
  if (!BINARY.has(token.kind)) return null;
  if (ENDING.has(token.kind)) return `a line cannot begin with ${token.kind} : both of its sides must stand on the same line`;
  return `a line cannot begin with ${token.kind} : put it at the end of the line before`;
}
