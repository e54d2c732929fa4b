import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { loadWASM, OnigScanner, OnigString } from 'vscode-oniguruma';
import { type IGrammar, INITIAL, Registry, type StateStack } from 'vscode-textmate';
import { lex, type TokenKind } from '../../language/syntax/lexer.ts';
import { Source } from '../../language/syntax/source.ts';
import { GRAMMAR_FILE, grammar } from './grammar.ts';

const root = resolve(__dirname, '../..');
let loaded: IGrammar;

beforeAll(async () => {
  await loadWASM(readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm')));
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new OnigScanner(patterns),
      createOnigString: (text) => new OnigString(text),
    }),
    loadGrammar: async () => JSON.parse(grammar()),
  });
  const found = await registry.loadGrammar('source.magnolia');
  if (found === null) throw new Error('The grammar was not loaded');
  loaded = found;
});

/** The scope of each UTF-16 unit of a text; '' for none. */
function scopes(text: string): string[] {
  const found: string[] = [];
  let state: StateStack = INITIAL;
  for (const line of text.split('\n')) {
    const result = loaded.tokenizeLine(line, state);
    const here = Array.from({ length: line.length + 1 }, () => '');
    for (const {
      startIndex,
      endIndex,
      scopes: [, scope = ''],
    } of result.tokens)
      here.fill(scope, startIndex, endIndex);
    found.push(...here);
    state = result.ruleStack;
  }
  return found;
}

const EXPECTED: { readonly [kind in TokenKind]?: RegExp } = {
  name: /^(variable|entity|constant\.other\.symbol)/,
  number: /^constant\.(numeric|other\.symbol)/,
  string: /^string/,
  if: /^(keyword\.control|constant\.other\.symbol)/,
  fn: /^(keyword\.control|constant\.other\.symbol)/,
  with: /^(keyword\.control|constant\.other\.symbol)/,
  cs: /^(keyword\.control|constant\.other\.symbol)/,
  true: /^constant/,
  false: /^constant/,
  _: /^constant/,
  '?': /^constant\.language/,
  ':=': /^keyword\.operator/,
  '|>': /^keyword\.operator/,
  '<<': /^keyword\.operator/,
  '->': /^keyword\.operator/,
};

it('is what the file has (npm run grammar)', () => {
  expect(readFileSync(join(root, GRAMMAR_FILE), 'utf8')).toBe(grammar());
});

it('agrees with the lexer on every token of lib/, examples/ and spec/', () => {
  for (const folder of ['lib', 'examples', 'spec']) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.oak')) continue;
      const text = readFileSync(join(root, folder, name), 'utf8').replace(/^\ufeff/, '');
      if (/[\ud800-\udfff]/.test(text)) continue; // places of the lexer are code points
      const lexed = lex(new Source(name, text));
      if (lexed.unclosedString !== null) continue;
      const found = scopes(text);
      const wrong = lexed.tokens.flatMap(({ kind, start, end, text: spelling }) => {
        const expected = EXPECTED[kind];
        if (expected === undefined || start === end) return [];
        const first = found[start] ?? '';
        const isRight = expected.test(first) && (kind === 'string' || expected.test(found[end - 1] ?? ''));
        return isRight ? [] : [`${folder}/${name} ${start}: ${kind} ${spelling.slice(0, 20)} is ${first}`];
      });
      expect(wrong.slice(0, 5)).toEqual([]);
    }
  }
});
