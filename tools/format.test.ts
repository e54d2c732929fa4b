import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { lex } from '../language/syntax/lexer.ts';
import { ParseError } from '../language/syntax/parse-error.ts';
import { Source } from '../language/syntax/source.ts';
import { OperatorProgram, Random, ScopeProgram } from '../language/testing/random-program.ts';
import { format } from './format.ts';

const root = join(__dirname, '..');
/** Specs that ask about layout. */
const ABOUT_LAYOUT = [
  'spec/language/lexing/',
  'spec/language/functions/param-trailing-newlines.oak',
  'spec/language/operators/operator-position-two-char-ge.oak',
];
const ROUNDS = Number(process.env.MAGNOLIA_FORMAT ?? 200);

const formatted = (text: string): string => format(new Source('p.oak', text));
const words = (text: string): string[] => lex(new Source('p.oak', text)).tokens.map((token) => `${token.kind} ${token.text}`);

/** All programs below some folders, also those that do not parse. */
function programs(...folders: string[]): [path: string, text: string][] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.oak'))
      .map((name): [string, string] => [`${folder}/${name}`, readFileSync(join(root, folder, name), 'utf8')]),
  );
}

/** Replaces the blanks between the tokens of a program, and adds comments and empty lines, without changing what it means. */
function ragged(text: string, random: Random): string {
  return text.replace(/'(?:\\[\s\S]|[^'\\])*'|\/\/.*|\n|[ \t]+/g, (piece) => {
    if (piece.startsWith("'") || piece.startsWith('//')) return piece;
    if (piece !== '\n') return random.pick([' ', '  ', '\t']);
    return random.pick(['\n', '  \n', '\n\n\n\n', ' // note\n', '\r\n', '\n   // alone\n', '\n\t\t']);
  });
}

describe('format', () => {
  const facts: [name: string, from: string, to: string][] = [
    ['blanks around operators', 'x:=1+2*3', 'x := 1 + 2 * 3\n'],
    ['signs have none', 'f( - 1,! a, ~ b, 2 - -1)', 'f(-1, !a, ~b, 2 - -1)\n'],
    ['calls and parameters', 'fn   add ( a,b )   add  (a) (b)', 'fn add(a, b) add(a)(b)\n'],
    ['a body in parentheses is not a call', 'fn(x)(x+1)', 'fn(x) (x + 1)\n'],
    ['a body that is an atom or a negative number', 'fn f():ok, fn g()-1', 'fn f() :ok, fn g() -1\n'],
    ['atoms and keys', '{ type : :ok,a:1 }', '{type: :ok, a: 1}\n'],
    ['taking an object apart', '{a:b}:=c', '{ a: b } := c\n'],
    ['blocks and arms', 'if x{1->{a,b},_->{}}', 'if x { 1 -> { a, b }, _ -> {} }\n'],
    ['rest and spread', 'fn(a,b ...)f(a,b ...)', 'fn(a, b...) f(a, b...)\n'],
    ['two indexes are not one float', 'x.0 .1', 'x.0 .1\n'],
    ['computed keys', 'a . ( k )', 'a.(k)\n'],
    ['pipes', 'x|>f()|>\ng(1)', 'x |> f() |>\n\tg(1)\n'],
    ['separators at the end of a line or before a bracket', '[1,\n2,\n]\nf(a,)\ng(),', '[1\n\t2\n]\nf(a)\ng()\n'],
    ['a comma behind which a comment ends the line', 'f(a, // why\nb)', 'f(a // why\n\tb)\n'],
    ['two brackets on a line indent once', 'f(fn(){\ng({\na:1\n})\n})', 'f(fn() {\n\tg({\n\t\ta: 1\n\t})\n})\n'],
    ['the middle of an expression', 'x := a +\nb +\nc\ny', 'x := a +\n\tb +\n\tc\ny\n'],
    ['the middle of an expression that began behind a bracket', 'f(a +\nb +\nc)', 'f(a +\n\tb +\n\tc)\n'],
    ['blank lines', '\n\na\n\n\n\nb\n{\n\nc\n\n}\n\n', 'a\n\nb\n{\n\tc\n}\n'],
    ['comments', '//one  \n   //two\nf(   //three\n//four\na)', '//one\n//two\nf( //three\n\t//four\n\ta)\n'],
    ['a shebang line', '#!/usr/bin/env magnolia  \nf( )', '#!/usr/bin/env magnolia\nf()\n'],
    ['line ends and a byte order mark', '\ufeffa\r\nb\r\n', 'a\nb\n'],
    ['strings keep their bytes', "x:='a  \r\n  , b\\'//'+'😀' + y", "x := 'a  \r\n  , b\\'//' + '😀' + y\n"],
    ['an empty text', '\n\n', ''],
  ];
  for (const [name, from, to] of facts) {
    it(name, () => {
      expect(formatted(from)).toBe(to);
      expect(formatted(to)).toBe(to);
    });
  }

  it('leaves a program with a syntax error alone', () => {
    expect(() => formatted('x := := 1')).toThrow(ParseError);
  });

  it('is how lib/, the examples and the programs in docs/ are written', () => {
    const ours = programs('lib', 'examples', 'runtime-js/playground/examples');
    expect(ours.filter(([, text]) => formatted(text) !== text).map(([path]) => path)).toEqual([]);
    for (const page of ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
      (name) => name.endsWith('.md') && name !== 'docs/stdlib.md', // which has lines, not programs
    )) {
      for (const [, text = ''] of readFileSync(join(root, page), 'utf8').matchAll(/^```oak\n([\s\S]*?)^```$/gm)) {
        expect([page, formatted(text)]).toEqual([page, text]);
      }
    }
  });

  it('is how the specs and the programs of scripts/ are written, but for those that ask about layout', () => {
    const differing = programs('spec', 'scripts').filter(([path, text]) => {
      if (ABOUT_LAYOUT.some((start) => path.startsWith(start))) return false;
      try {
        return formatted(text) !== text;
      } catch (error) {
        if (error instanceof ParseError) return false; // that is what the spec is about
        throw error;
      }
    });
    expect(differing.map(([path]) => path)).toEqual([]);
  });

  it('keeps the tokens and comments of every program here, and changes nothing the second time', () => {
    for (const [path, text] of programs('lib', 'examples', 'spec', 'runtime-js/playground/examples')) {
      let once = '';
      try {
        once = formatted(text);
      } catch (error) {
        if (error instanceof ParseError) continue;
        throw new Error(`${path}: ${error}`);
      }
      expect([path, words(once)]).toEqual([path, words(text)]);
      expect([path, formatted(once)]).toEqual([path, once]);
    }
  });

  it(`does the same with ${ROUNDS} random programs in random layout`, () => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(round);
      const text = (round % 2 === 0 ? new ScopeProgram(random) : new OperatorProgram(random)).text();
      const wild = ragged(text, random);
      const once = formatted(wild);
      expect([round, words(once)]).toEqual([round, words(wild)]);
      expect([round, formatted(once)]).toEqual([round, once]);
      expect([round, once.match(/^\t* |[ \t]$|\n\n\n|,$/m)]).toEqual([round, null]);
    }
  });
});
