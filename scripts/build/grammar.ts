/**
 * `npm run grammar`: editors/textmate/magnolia.tmLanguage.json, the grammar for editors that take TextMate grammars, from the words that
 * the lexer knows. A test holds it to the lexer on every program here.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KEYWORDS } from '../../language/syntax/lexer.ts';
import { replaceFile } from './files.ts';

/** What can follow in a name. */
const WORD = '[\\p{L}\\p{Nd}_?!]';
/** What a name can begin with: anything that no other rule claims. */
const NAME = `[^\\s,.()\\[\\]{}:?+\\-*/%^&|!~=<>'0-9]${WORD}*`;

function wholeWord(words: readonly string[]): string {
  return `(?:${words.join('|')})(?!${WORD})`;
}

/** The grammar, as the file has it. */
export function grammar(): string {
  const words = [...KEYWORDS.keys()];
  const constants = words.filter((word) => ['true', 'false', '_'].includes(word));
  const keywords = words.filter((word) => !constants.includes(word));
  const value = {
    $schema: 'https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json',
    name: 'Magnolia',
    scopeName: 'source.magnolia',
    fileTypes: ['oak', 'ok', 'mag', 'mg'],
    patterns: [
      { name: 'comment.line.shebang.magnolia', match: '\\A#!.*$' },
      { name: 'comment.line.double-slash.magnolia', match: '//.*$' },
      {
        name: 'string.quoted.single.magnolia',
        begin: "'",
        end: "'",
        patterns: [{ name: 'constant.character.escape.magnolia', match: '\\\\(?:x[0-9A-Fa-f]{2}|.|$)' }],
      },
      { name: 'constant.numeric.magnolia', match: '0[xX][0-9A-Fa-f]*|0[bB][01]*|[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]*)*' },
      { name: 'keyword.control.magnolia', match: wholeWord(keywords) },
      { name: 'constant.language.magnolia', match: `${wholeWord(constants)}|\\?` },
      { name: 'keyword.operator.magnolia', match: ':=|<-|->|\\|>|<<|>>|\\*\\*|==|!=|<=|>=|\\.\\.\\.|[-+*/%^&|!~=<>]' },
      { name: 'constant.other.symbol.magnolia', match: `:(?:${NAME}|[0-9][0-9A-Fa-fxX]*)` },
      { name: 'entity.name.function.magnolia', match: `${NAME}(?=\\()` },
      { name: 'variable.other.property.magnolia', match: `(?<=\\.)${NAME}` },
      { name: 'variable.other.magnolia', match: NAME },
      { name: 'punctuation.magnolia', match: '[,.:()\\[\\]{}]' },
    ],
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The grammar's file, below the top of the repository. */
export const GRAMMAR_FILE = 'editors/textmate/magnolia.tmLanguage.json';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(fileURLToPath(import.meta.url), '../../..');
  void replaceFile(join(root, GRAMMAR_FILE), grammar());
}
