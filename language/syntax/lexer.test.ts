import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { utf8Decode, utf8Encode } from '../values/bytes.ts';
import { formatFloat, parseFloatText, parseInt64 } from '../values/numbers.ts';
import { lex } from './lexer.ts';
import { Source } from './source.ts';

/** The kinds of all tokens, with the text of those that have one, and a made comma as `↵`. */
function words(text: string): string {
  const shown = lex(new Source('test', text)).tokens.map((token) => {
    if (token.kind === ',' && token.start === token.end) return '↵';
    return ['name', 'number', 'string'].includes(token.kind) ? `${token.kind}(${token.text})` : token.kind;
  });
  return shown.slice(0, -1).join(' ');
}

/** `line:column` of each token. */
function places(text: string): string[] {
  const source = new Source('test', text);
  return lex(source)
    .tokens.slice(0, -1)
    .map((token) => {
      const { line, column } = source.lineAndColumn(token.at);
      return `${token.kind} ${line}:${column}`;
    });
}

describe('lex', () => {
  for (const [text, expected] of [
    ['', ''],
    ['#!/usr/bin/magnolia', ''],
    ['#!x\na', 'name(a) ↵'],
    [' #!x', 'name(#!x) ↵'],
    ['\ufeffa', 'name(a) ↵'],
    ['a<-1 a<<b a|>b a->b', 'name(a) <- number(1) name(a) << name(b) name(a) |> name(b) name(a) -> name(b) ↵'],
    ['x!=1 x != 1', 'name(x!) = number(1) name(x) != number(1) ↵'],
    ['a... .. .', 'name(a) ... . . . ↵'],
    ['a$ $a "dq"', 'name(a) name($) name($a) name("dq) name(") ↵'],
    ['if? fn! _x __ _ if', 'name(if?) name(fn!) name(_x) name(__) _ if ↵'],
    ['007 0x1F 0Xff 0b101 0B1', 'number(007) number(0x1F) number(0Xff) number(0b101) number(0B1) ↵'],
    ['1.5 1. .5 1.2.3', 'number(1.5) number(1) . . number(5) number(1.2) . number(3) ↵'],
    ['1e5 1E+5 2.5e-3 1e5e5 1e', 'number(1e5) number(1E+5) number(2.5e-3) number(1e5e5) number(1e) ↵'],
    ['0b12 0xg 1_0 12abc', 'number(0b1) number(2) number(0x) name(g) number(1) name(_0) number(12) name(abc) ↵'],
    ['0123x5 0.5b1', 'number(0123x5) number(0.5b1) ↵'],
    ["'a\\tb\\x41' '\\xzz\\q\\'' '\\0'", "string(a\tbA) string(xzzq') string(0) ↵"],
    ["'\\xe9' 'é' '\\é'", 'string(\xe9) string(\xc3\xa9) string(\xc3\xa9) ↵'],
    ['a // b\n// c\n\n+ 1', 'name(a) ↵ + number(1) ↵'],
    ['a + // b\n 1', 'name(a) + number(1) ↵'],
    ['a **\n1', 'name(a) ** ↵ number(1) ↵'],
    ['f(1\n2)', 'name(f) ( number(1) ↵ number(2) ↵ ) ↵'],
    ['[1, 2,] {} ()', '[ number(1) , number(2) , ] { } ( ) ↵'],
    ['a\r\nb\rc', 'name(a) ↵ name(b) name(c) ↵'],
    ['a\u00a0\u2028\u3000b', 'name(a) name(b) ↵'],
    ['😀é٣ a😀', 'name(\xf0\x9f\x98\x80\xc3\xa9\xd9\xa3) name(a) name(\xf0\x9f\x98\x80) ↵'],
  ] as const) {
    it(`${JSON.stringify(text)} is ${expected === '' ? 'nothing' : expected}`, () => {
      expect(words(text)).toBe(expected);
    });
  }

  it('names the second character of six operators', () => {
    expect(places('<< <- <= != -> |> := == >= >> ** ...')).toEqual([
      '<< 1:2',
      '<- 1:5',
      '<= 1:8',
      '!= 1:11',
      '-> 1:14',
      '|> 1:17',
      ':= 1:19',
      '== 1:22',
      '>= 1:25',
      '>> 1:28',
      '** 1:31',
      '... 1:34',
      ', 1:36',
    ]);
  });

  it('puts a made comma on the last column, on the bracket, or at the end of input', () => {
    expect(places('a  // x\nf(b)\n')).toEqual(['name 1:1', ', 1:7', 'name 2:1', '( 2:2', 'name 2:3', ', 2:4', ') 2:4', ', 2:4']);
    expect(places('a +\n')).toEqual(['name 1:1', '+ 1:3', ', 2:0']);
  });

  it('counts code points, not UTF-16 units', () => {
    expect(places("'😀' 😀 // 😀\nb 😀😀 c")).toEqual([
      'string 1:1',
      'name 1:5',
      ', 1:10',
      'name 2:1',
      'name 2:3',
      'name 2:4',
      'name 2:6',
      ', 2:6',
    ]);
  });

  it('tells of a string without an end', () => {
    expect(lex(new Source('test', "a\n'b\\'")).unclosedString).toMatchObject({ text: "b'", at: 2, end: 6 });
    expect(lex(new Source('test', "'b'")).unclosedString).toBeNull();
  });

  it('returns tokens in order, each within the text, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const length = [...new Source('test', text).text].length;
        let end = 0;
        for (const token of lex(new Source('test', text)).tokens) {
          expect(token.start).toBeGreaterThanOrEqual(end);
          expect(token.end).toBeGreaterThanOrEqual(token.start);
          end = token.end;
        }
        expect(end).toBeLessThanOrEqual(length);
      }),
    );
  });
});

describe('Source', () => {
  it('has lines without their ends', () => {
    const source = new Source('test', '\ufeffa\r\n😀b\n');
    expect(source.lineCount).toBe(3);
    expect([0, 1, 2, 3, 4].map((n) => source.line(n))).toEqual(['', 'a', '😀b', '', '']);
  });

  it('finds the line and column that counting from the start finds', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '\n', '😀', 'é')), (characters) => {
        const source = new Source('test', characters.join(''));
        let line = 1;
        let column = 0;
        characters.forEach((character, at) => {
          column++;
          if (character === '\n') {
            line++;
            column = 0;
          }
          expect(source.lineAndColumn(at)).toEqual({ line, column });
        });
      }),
    );
  });
});

describe('byte text', () => {
  it('is the UTF-8 encoding, one character a byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Encode(text)).toBe(Buffer.from(text, 'utf8').toString('latin1'));
        expect(utf8Decode(utf8Encode(text))).toBe(text);
      }),
    );
  });

  it('turns each byte that is not UTF-8, and each lone surrogate, into U+FFFD', () => {
    expect(utf8Decode('a\xffb\xe2\x82c\xc0\x80')).toBe('a\ufffdb\ufffd\ufffdc\ufffd\ufffd');
    expect(utf8Decode('\xed\xa0\x80')).toBe('\ufffd\ufffd\ufffd');
    expect(utf8Encode('a\ud800b')).toBe('a\xef\xbf\xbdb');
  });
});

describe('numbers', () => {
  for (const [x, shown] of [
    [3, '3'],
    [0.1 + 0.2, '0.30000000000000004'],
    [999999.5, '999999.5'],
    [1e6, '1e+06'],
    [1700000000.123, '1.700000000123e+09'],
    [1.2345678901234568e17, '1.2345678901234568e+17'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e100, '1e+100'],
    [5e-324, '5e-324'],
    [-0, '-0'],
    [-1e6, '-1e+06'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [NaN, 'NaN'],
    [1.0000005e6, '1.0000005e+06'],
  ] as const) {
    it(`shows ${Object.is(x, -0) ? '-0' : x} as ${shown}`, () => expect(formatFloat(x)).toBe(shown));
  }

  it('shows floats so that they read back as themselves', () => {
    fc.assert(fc.property(fc.double({ noNaN: true }), (x) => expect(parseFloatText(formatFloat(x))).toBe(x)));
  });

  for (const [text, value] of [
    ['42', 42],
    ['+42', 42],
    ['-0', 0],
    ['007', 7],
    [' 42', null],
    ['4.5', null],
    ['', null],
    ['0x1F', null],
    ['1_000', null],
    ['-', null],
    ['9007199254740992', 9007199254740992n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775808', null],
    ['00000000000000000000000000000005', 5],
  ] as const) {
    it(`int('${text}') is ${value}`, () => expect(parseInt64(text)).toBe(value));
  }

  for (const [text, value] of [
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['.', null],
    ['1e3', 1000],
    ['-1E-2', -0.01],
    [' 1', null],
    ['', null],
    ['1e400', null],
    ['e5', null],
    ['inf', Infinity],
    ['-Infinity', -Infinity],
    ['NaN', NaN],
    ['+nan', null],
    ['infi', null],
    ['0x10', null],
    ['0x1p4', 16],
    ['-0x1.8p-1', -0.75],
    ['0x.8P0', 0.5],
    ['1_0', 10],
    ['1__0', null],
    ['_1', null],
    ['1_', null],
    ['0x1p2000', null],
    ['0x1p-2000', 0],
  ] as const) {
    it(`float('${text}') is ${value}`, () => expect(parseFloatText(text)).toBe(value));
  }
});
