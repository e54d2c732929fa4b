import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Manifest, ManifestMember } from '../../language/diagnostics/library.ts';
import { Source } from '../../language/syntax/source.ts';
import { OperatorProgram, Random, ScopeProgram } from '../../language/testing/random-program.ts';
import { Checker } from './check.ts';
import { rangeOf } from './range.ts';
import type { Callable, World } from './world.ts';

function builtin(name: string, least: number, most: number | null, options: readonly string[] | null = null): [string, Callable] {
  return [
    name,
    {
      name,
      least,
      most,
      options: options === null ? null : { index: most === null ? 0 : most - 1, names: options },
      resultNeeded: name === 'len',
    },
  ];
}

function member(signature: string, more: Partial<ManifestMember> = {}): ManifestMember {
  return { name: signature.replace(/\(.*/, ''), signature, text: [], options: [], ...more };
}

const library: Manifest = {
  modules: [
    {
      names: ['std'],
      file: 'std',
      inner: false,
      chunk: '',
      about: [],
      members: [
        member('map(xs, f)', { resultNeeded: true }),
        member('each(xs, f)'),
        member('println(xs...)'),
        member('range(end), range(start, end, step?)'),
      ],
    },
    {
      names: ['socket'],
      file: 'socket',
      inner: false,
      chunk: '',
      about: [],
      members: [
        member('connect(address, options?)', { options: ['timeout', 'tls'], resultNeeded: true }),
        member('close(socket)'),
      ],
    },
  ],
  elsewhere: [{ names: ['gui'], about: 'windows' }],
};

/** A world with some builtins, two modules of the library and these files. */
function world(files: { readonly [path: string]: string } = {}): World {
  const sources = new Map(Object.entries(files).map(([path, text]) => [path, new Source(path, text)]));
  return {
    builtins: new Map([
      builtin('print', 1, 1),
      builtin('len', 1, 1),
      builtin('string', 1, 1),
      builtin('go', 1, null),
      ['import', null],
    ]),
    library,
    resolve(path) {
      if (library.modules.some(({ names }) => names.includes(path))) return { kind: 'library', name: path };
      const source = sources.get(path);
      return source === undefined ? null : { kind: 'file', source };
    },
  };
}

/** What is found in a program: `line:column code`, and the hint. */
function check(text: string, files: { readonly [path: string]: string } = {}): string[] {
  const source = new Source('p.oak', text);
  return new Checker(world(files)).check(source).map(({ code, at }) => {
    const { line, column } = source.lineAndColumn(at);
    return `${line}:${column} ${code}`;
  });
}

const use = 'fn use(x) print(string(x))\n';

describe('a warning', () => {
  const cases: readonly (readonly [code: string, wrong: readonly (readonly [string, string])[], right: readonly string[]])[] = [
    [
      'undefined-name',
      [
        ['print(nme)', '1:7'],
        ['fn f(name) print(nme)\nf(1)', '1:18'],
        ['x := nil\nprint(x)', '1:6'],
        ['{ y := 1, print(string(y)) }\nprint(y)', '2:7'],
      ],
      [
        'fn f() later()\nfn later() print(string(f))\nlater()',
        'print(string({name: 1}.name))',
        'x := 1\nfn f() x <- 2\nf(), print(string(x))',
      ],
    ],
    [
      'unknown-member',
      [
        ["std := import('std')\nstd.mpa([1], print)", '2:5'],
        ["{ mpa: m } := import('std')\nm([1], print)", '1:3'],
        ["import('std').mpa([1], print)", '1:15'],
        ["part := import('./part')\nprint(part.b)", '2:12'],
      ],
      [
        "std := import('std')\nstd.each([1], print), std.print('x')",
        "part := import('./part')\nprint(part.a)",
        "part := import('./part')\npart.b := 'x'\nprint(part.b)",
        'o := {}\nprint(o.b)',
      ],
    ],
    [
      'unknown-import',
      [
        ["x := import('./nowhere')\nprint(x)", '1:13'],
        ["x := import('gui')\nprint(x)", '1:13'],
      ],
      ["fn f(name) import(name)\nf('gui')"],
    ],
    [
      'argument-count',
      [
        ['print()', '1:1'],
        ["print('a', 'b')", '1:12'],
        ["import('std').each([1])", '1:1'],
        ['fn add(a, b) a + b\nprint(add(1))', '2:7'],
        ['fn add(a, b) a + b\nprint(add(1, 2, 3))', '2:17'],
        ['fn call(f) f()\ncall()', '2:1'],
        ['fn name(o) o.name\nprint(name())', '2:7'],
        ['fn down(n) if n > 0 -> down()\ndown(1)', '1:24'],
      ],
      [
        'fn f(a, b) if b { ? -> a, _ -> b + a }\nprint(f(1))',
        'fn f(a, b) if b = ? { true -> a, _ -> b + a }\nprint(f(1))',
        'fn f(a, b) [a, b]\nprint(string(f(1)))',
        'fn f(a, rest...) a + len(rest)\nprint(string(f(1) + f(1, 2, 3)))',
        'fn f(a, b) a + b\nxs := [1, 2]\nprint(string(f(xs...)))',
        "{ range: range } := import('std')\nprint(string([range(1), range(1, 2), range(1, 2, 3)]))",
        'fn f(a) a + 1\nf <- fn(a, b) a + b\nprint(string(f(1, 2)))',
      ],
    ],
    [
      'unknown-option',
      [
        [`${use}use(import('socket').connect('x', { timout: 1 }))`, '2:37'],
        [`${use}socket := import('socket')\nuse(socket.connect('x', { TLS: true }))`, '3:27'],
        [`${use}socket := import('socket')\nuse(socket.connect('x', { 'tlS': true }))`, '3:27'],
      ],
      [
        `${use}socket := import('socket')\no := { timout: 1 }\nuse(socket.connect('x', { timeout: 1, tls: true })), use(socket.connect('y', o))`,
      ],
    ],
    [
      'unused-value',
      [
        ['x := 5\nx = 6\nprint(string(x))', '2:1'],
        ['x := 5\nx + 1\nprint(string(x))', '2:1'],
        ['x := 5\nx\nprint(string(x))', '2:1'],
        ["'text'\nprint('x')", '1:1'],
        ['fn f(n) {\n\tn = 1\n\tn\n}\nf(1)', '2:2'],
        ['x := 1\nif x { 1 -> x = 2, _ -> x <- 3 }\nprint(string(x))', '2:13'],
      ],
      [
        'x := [1]\nx << 2\n?\n_\nx',
        'fn f(n) { g(), n = 1 }\nfn g() ?\nf(1)',
        'x := true\nx & print("x")\nx'.replaceAll('"', "'"),
        'if 1 { 1 -> :a, _ -> 0 }\n?',
      ],
    ],
    [
      'unused-result',
      [
        ["import('socket').connect('x')\nprint('y')", '1:1'],
        ["std := import('std')\nstd.map([1], print)\nprint('y')", '2:1'],
        ["{ map: map } := import('std')\nmap([1], print)\nprint('y')", '2:1'],
        ["len('x')\nprint('y')", '1:1'],
      ],
      [
        "socket := import('socket')\nsocket.close(1)\nprint('y')",
        "x := len('x')\nprint(string(x))",
        "fn f() len('x')\nprint(string(f()))",
      ],
    ],
    [
      'condition',
      [
        ["xs := []\nif len(xs) -> print('a')", '2:4'],
        ["if 'x' -> print('a')", '1:4'],
        ["n := 3\nif n - 1 -> print('a')", '2:4'],
        ["n := 3\nif { n > 3 -> print('a'), n % 2 -> print('b'), _ -> ? }", '2:27'],
      ],
      [
        "xs := []\nif len(xs) { 0 -> print('a'), _ -> ? }",
        "fn f(ok) if ok -> print('a')\nf(true)",
        "fn f(a, b) if a + b -> print('a')\nf(true, false)",
        "if { true -> print('a') }",
      ],
    ],
    [
      'unreachable-arm',
      [
        ['n := 1\nprint(if n { _ -> :a, 1 -> :b })', '2:23'],
        ['n := 1\nprint(if n { 1 -> :a, 1 -> :b, _ -> :c })', '2:23'],
        ["n := 1\nprint(if n { 'a', 'b' -> :a, 'b' -> :b })", '2:30'],
      ],
      ['n := 1\nprint(if n { 1 -> :a, 1.0 -> :b, :x -> :c, _ -> :d })'],
    ],
    [
      'unused-name',
      [
        ["std := import('std')\nprint('x')", '1:1'],
        ["{ map: map, each: each } := import('std')\neach([1], print)", '1:8'],
        ['fn f() {\n\tx := 1\n\t2\n}\nf()', '2:2'],
        ['fn f() {\n\tx := 1\n\tx <- 2\n\t2\n}\nf()', '2:2'],
      ],
      [
        'Limit := 5\nfn helper(a, unread) a\n',
        'fn f() {\n\t_x := 1\n\t[a, b] := [1, 2]\n\ta\n}\nf()',
        'fn f() { g := fn() x, x := 1, g() }\nf()',
      ],
    ],
    [
      'shadowed-builtin',
      [["string := 'abc'\nprint(string(5))", '2:7']],
      ['fn f(len) len(1)\nf(print)', 'print := fn(x) x\nprint(1)', "string := 'abc'\nprint(string)"],
    ],
  ];
  for (const [code, wrong, right] of cases) {
    const files = { './part': "a := 'x'\n" };
    for (const [program, place] of wrong) {
      it(`${code} for ${JSON.stringify(program)}`, () => {
        expect(check(program, files)).toEqual([`${place} ${code}`]);
      });
    }
    for (const program of right) it(`none for ${JSON.stringify(program)}`, () => expect(check(program, files)).toEqual([]));
  }
});

describe('a hint', () => {
  const hints = (text: string): (string | null)[] =>
    new Checker(world()).check(new Source('p.oak', text)).map(({ hint }) => hint);
  for (const [program, hint] of [
    ['print(nil)', 'the value for nothing is `?`'],
    ['fn f(name) print(nme)\nf(1)', 'did you mean `name`?'],
    ["std := import('std')\nstd.mpa([1], print)", 'did you mean `map`?'],
    ['map([1], print)\n', "there is one in std: { map: map } := import('std')"],
    ["import('gui')", '`gui` is in the reference, not here: windows'],
    ["import('sdt')", 'the library is called `std`'],
    ['x := 5\nx = 6\nprint(string(x))', '`=` compares; to give x a value, write x <- …'],
  ] as const) {
    it(`for ${JSON.stringify(program)}`, () => expect(hints(program)).toEqual([hint]));
  }
});

describe('a text with mistakes of syntax', () => {
  for (const [what, program, found] of [
    [
      'has each of them reported once',
      'a := 1\nconst b = 2\nxs := [1 2]\nprint(string([a, xs]))\nprint("x")',
      ['2:7 syntax', '3:10 syntax', '5:9 syntax'],
    ],
    ['goes on behind a block that is wrong', 'function f(x) {\n\tx * 2\n}\nprint(nme)', ['1:10 syntax', '4:7 undefined-name']],
    ['goes on behind a loop', 'for (i := 0; i < 3; i++) {\n\tprint(i)\n}\nlet x = 1\n', ['1:12 syntax', '4:5 syntax']],
    ['is not told that names in it are missing', 'const limit = 5\nprint(string(limit))', ['1:7 syntax']],
    ['is told of an unclosed string where it opens', "print('a)\nprint(1)", ['1:7 syntax']],
    [
      'goes on behind an unclosed brace',
      'fn f(x) {\n\tx\n\nfn g() 1\nlet y = 2\nprint(string(f(g())))',
      ['1:9 syntax', '5:5 syntax'],
    ],
    ['goes on behind a bracket too much', "}\nlet x = 1\nprint('a')", ['1:1 syntax', '2:5 syntax']],
  ] as const) {
    it(what, () => expect(check(program)).toEqual(found));
  }

  it('never fails, and reports something where a program does not parse', () => {
    const piece = fc.constantFrom(
      'x',
      ' ',
      '\n',
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      ',',
      ':=',
      '->',
      "'",
      '//',
      'fn',
      'if',
      '1',
      '.',
      '|>',
      'cs',
      ':',
      '?',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const source = new Source('p.oak', pieces.join(''));
        for (const { start, end } of new Checker(world()).check(source)) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual([...source.text].length + 1);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('has no mistake of syntax if it is a program, whatever is in it', () => {
    for (let seed = 0; seed < 100; seed++) {
      for (const program of [new ScopeProgram(new Random(seed)), new OperatorProgram(new Random(seed))]) {
        expect(check(program.text()).filter((one) => one.endsWith(' syntax'))).toEqual([]);
      }
    }
  });
});

describe('a remark', () => {
  it('takes one code away, on its line or on the next', () => {
    expect(
      check(
        'x := 5\nx = 6 // check: ignore unused-value\n// check: ignore unused-value, undefined-name\nx = nme\nprint(string(x))',
      ),
    ).toEqual([]);
    expect(check('x := 5\nx = nme // check: ignore unused-value\nprint(string(x))')).toEqual(['2:5 undefined-name']);
    expect(check('y := 1 // check: ignore unused-value\ny = 2\nprint(string(y))')).toEqual(['2:1 unused-value']);
  });
});

describe('checkAll', () => {
  it('follows imports, and reports each file once', () => {
    const files = { './a': "b := import('./b')\nprint(nope)\nprint(b.x)", './b': "a := import('./a')\nx := 'x', print(a)" };
    const checker = new Checker(world(files));
    const reports = checker.checkAll([
      new Source('p.oak', "a := import('./a')\nprint(a)"),
      new Source('q.oak', "print(import('./b').x)"),
    ]);
    expect(reports.map(({ source, diagnostics }) => [source.file, diagnostics.map(({ code }) => code)])).toEqual([
      ['p.oak', []],
      ['q.oak', []],
      ['./a', ['undefined-name']],
      ['./b', []],
    ]);
  });
});

describe('rangeOf', () => {
  it('counts UTF-16 units', () => {
    const source = new Source('p.oak', "a := '😀'\nb := '😀' + nme\n");
    const [found] = new Checker(world()).check(source);
    expect(rangeOf(source, found?.start ?? 0, found?.end ?? 0)).toEqual({
      start: { line: 1, character: 12 },
      end: { line: 1, character: 15 },
    });
  });
});
