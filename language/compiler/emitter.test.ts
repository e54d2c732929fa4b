import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runProgram } from '../../builtins/testing/test-run.ts';
import { ParseError } from '../syntax/parse-error.ts';
import { parseProgram } from '../syntax/parser.ts';
import { Source } from '../syntax/source.ts';
import { utf8Decode, utf8Encode } from '../values/bytes.ts';
import { emit } from './emitter.ts';
import { literal } from './nodes.ts';

const emitted = (text: string, session = false): string =>
  emit(parseProgram(new Source('test', text)), { base: 1000, session }).text;

/** What the runtime's own text consists of, apart from names with a `$` and names after a dot. */
const WORDS = new Set(
  (
    'const let function return if else for while break continue case switch new null undefined true false typeof ' +
    'Array main variables names prototype get set v NaN Infinity instanceof'
  ).split(' '),
);
/** A mangled name, or one of the runtime's. */
const NAME = /^(?:\$[A-Za-z]*\d*|[A-Za-z_][A-Za-z0-9_$]*\$\d+|\$unit(?:_r)?\$\d+)$/;

/** The words in emitted text that are neither the runtime's nor mangled: none, if nothing of a program got through. */
function foreignWords(text: string): string[] {
  const bare = text.replace(/"(?:[^"\\\n]|\\[^\n])*"/g, '""').replace(/'(number|function|boolean|bigint)'/g, '""');
  expect(bare).not.toMatch(/['`\\]/);
  const words = [...bare.matchAll(/(\.?)(?<![\w$])([A-Za-z_$][\w$]*)/g)];
  const helpers = new Set([...bare.matchAll(/(\w+): \$\w+/g)].map((match) => match[1]));
  return words.flatMap(([, dot, word = '']) =>
    dot === '.' || WORDS.has(word) || helpers.has(word) || NAME.test(word) ? [] : [word],
  );
}

const JS_WORDS = (
  'arguments eval undefined NaN Infinity null this super new delete var let const class function return yield await async static ' +
  'implements interface package private public protected enum export extends typeof void in instanceof do while for switch case ' +
  'break continue default try catch finally throw debugger else globalThis process require module exports Object Array Function'
).split(' ');
const INHERITED = (
  '__proto__ constructor prototype toString valueOf hasOwnProperty length caller apply call bind then toJSON get set ' +
  '__defineGetter__ __lookupSetter__ raw text entries value isPrototypeOf'
).split(' ');
const RUNTIME_NAMES =
  '$ $x $m $S $s $v $pc $rt $b $M $E $t0 $t1 $k0 $add $Obj $again $main $args $mk1000 _24x _24_x fn2 x_r'.split(' ');
const STRANGE = [
  '"',
  '\\',
  '#',
  '@',
  ';',
  '`',
  '\x01',
  '\x7f',
  'é',
  '日本',
  '😀',
  '\ud7ff',
  '_?',
  'f!',
  '__',
  'a?b!',
  '٣x',
  '\u200b',
];

/** Uses a word for everything that can have a name. Prints the same whatever the word is. */
const everyUse = (word: string): string => `
${word} := 1
p(${word})
${word} <- 2, p(${word})
f := fn(${word}) ${word}
p(f(3))
fn g() { ${word} := 4, h := fn() { ${word} <- ${word} + 1, ${word} }, h(), ${word} }
p(g())
o := {'k': 1}
o.${word} := 6, p(o.${word})
p({${word}: 7}.${word})
{${word}: z} := {${word}: 8}
p(z)
fn rest(${word}...) ${word}
p(rest(9))
fn ${word}(n) if n { 0 -> 'ten', _ -> ${word}(n - 1) }
p(${word}(5))
fn outer() { fn ${word}(n) if n { 0 -> 11, _ -> ${word}(n - 1) + 0 }, ${word}(3) }
p(outer())
p(string(:${word}) = string(name(${word})))
cs ${word}(a) { ${word} := a }
p(${word}(12).${word})
cs K { ${word} := 13, () -> {} }
p(K.${word})
`;
const EVERY_USE = '1 2 3 5 6 7 8 [9] ten 11 true 12 13 ';
const PRELUDE = "p := fn(x) print(string(x) + ' ')\n";

describe('a name in a program', () => {
  const words = [...JS_WORDS, ...INHERITED, ...RUNTIME_NAMES, ...STRANGE];
  for (const word of new Set(words)) {
    it(`may be ${JSON.stringify(word.slice(0, 20))}`, () => {
      const { output, errors } = runProgram(PRELUDE + everyUse(word), { fuel: 3 });
      expect(errors).toEqual([]);
      expect(output).toBe(EVERY_USE);
      expect(foreignWords(emitted(everyUse(word)))).toEqual([]);
    });
  }

  for (const word of ['x'.repeat(100_000), `_${'é?'.repeat(30_000)}`]) {
    it(`may be long: ${word.slice(0, 3)}...`, () => {
      const program = `${word} := 3\nfn f(${word}) if ${word} { 0 -> {${word}: 1}.${word}, _ -> f(${word} - 1) }\nf(${word})`;
      expect(runProgram(program).value).toBe(1);
    });
  }

  it('is a separate variable however it is mangled', () => {
    const names = [
      '$a',
      '_24a',
      '_24_a',
      '$24a',
      '#',
      '_23',
      '_?',
      '_3f',
      '_!',
      '_21',
      `${'y'.repeat(50)}a`,
      `${'y'.repeat(50)}b`,
    ];
    const text = [...names.map((name, i) => `${name} := ${i}`), `p([${names.join(', ')}])`].join('\n');
    const { output } = runProgram(`${PRELUDE}(fn() {\n${text}\n})()\n${text}\n`);
    const list = `[${names.map((_, i) => i).join(', ')}] `;
    expect(output).toBe(list + list);
  });

  it('is a variable of a module, too, and of its object', () => {
    const words = [...JS_WORDS, ...INHERITED, ...RUNTIME_NAMES.filter((word) => word !== '$m'), ...STRANGE];
    const module = words.map((word, i) => `${word} := ${i}\n`).join('');
    const program = words.map(
      (word, i) =>
        `if m.'${word.replace('\\', '\\\\')}' != ${i} -> p('${i}'), m.${word} := ${-i}, if m.${word} != ${-i} -> p('-${i}')\n`,
    );
    const { output, errors } = runProgram(`${PRELUDE}m := import('words')\n${program.join('')}p('done')`, {
      modules: { words: module },
    });
    expect(errors).toEqual([]);
    expect(output).toBe('done ');
  });
});

describe('the text of a program', () => {
  const breakouts = [
    `'); throw new Error('out'); ('`,
    `\\'); out(); //`,
    `"); out(); //`,
    '`${out()}`',
    '*/ out(); /*',
    '// out()',
    '</script><script>',
    '\u2028out()\u2029',
    '\r\nout()\r\n',
    '\0',
    '\\u0022',
    '\\x22',
    '\\',
    '\\\\',
    '"',
    '${',
    '__proto__',
  ];
  for (const text of breakouts) {
    it(`stays inside of its literal: ${JSON.stringify(text)}`, () => {
      const quoted = `'${text.replace(/[\\']/g, '\\$&')}'`;
      const source = `s := ${quoted}\no := {${quoted}: 1, (${quoted}): 2}\np(o.${quoted})\np(s == ${quoted})\nif s { ${quoted} -> p(3) }\np(s)`;
      const { output, errors } = runProgram(PRELUDE + source);
      expect(errors).toEqual([]);
      expect(output).toBe(`2 true 3 ${utf8Encode(text)} `);
      expect(foreignWords(emitted(source))).toEqual([]);
    });
  }

  it('can hold every byte', () => {
    const bytes = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    const escaped = Array.from({ length: 256 }, (_, i) => `\\x${i.toString(16).padStart(2, '0')}`).join('');
    expect(runProgram(`print('${escaped}')`).output).toBe(bytes);
    expect(runProgram(`o := {'${escaped}': 1}, print(keys(o).0)`).output).toBe(bytes);
    expect(emitted(`'${escaped}'`)).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('can be long', () => {
    const text = `${'\\"é'.repeat(70_000)}`;
    const quoted = text.replace(/\\/g, '\\\\');
    expect(utf8Decode(runProgram(`print('${quoted}')`).output)).toBe(text);
    expect(runProgram(`o := {'${quoted}': 5}, o.'${quoted}'`).value).toBe(5);
  });

  it('is JSON and ASCII in a literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const code = literal(text);
        expect(code).toMatch(/^"[\x20-\x7e]*"$/);
        expect(JSON.parse(code)).toBe(text);
      }),
    );
  });

  it('becomes nothing but literals and mangled names, whatever it is', () => {
    const pieces = [
      'x',
      ':=',
      '<-',
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      ',',
      '.',
      'fn',
      'if',
      '->',
      'cs',
      'with',
      '\n',
      "'a\\'b'",
      "'\\x22'",
      '"',
      '\\',
      ':',
      '?',
      '_',
      '1',
      '2.5',
      '9007199254740993',
      '+',
      '-',
      '*',
      '=',
      '!',
      '|>',
      '...',
      'out()',
      'constructor',
      '__proto__',
      'eval',
      '`',
      '$',
      '//',
      '\u2028',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), fc.boolean(), (parts, session) => {
        let text: string;
        try {
          text = emitted(parts.join(' '), session);
        } catch (error) {
          if (error instanceof ParseError) return;
          throw error;
        }
        expect(foreignWords(text)).toEqual([]);
        // biome-ignore lint/security/noGlobalEval: what it was compiled for
        expect(typeof globalThis.eval(text)).toBe('function');
      }),
      { numRuns: 3000 },
    );
  });
});
