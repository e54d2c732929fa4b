import { describe, expect, it } from '@jest/globals';
import { Source } from '../syntax/source.ts';
import { utf8Encode } from '../values/bytes.ts';
import type { Problem } from './problem.ts';
import { report } from './report.ts';

const file = '/home/ann/demo.oak';

/** A runtime error at the place between `«` and `»`, `^` standing before the exact position when it is not the first. */
function problem(marked: string, more: Partial<Problem> = {}): Problem {
  const points = [...marked];
  const start = points.indexOf('«');
  const without = (mark: string) => points.indexOf(mark) !== -1 && points.splice(points.indexOf(mark), 1);
  without('«');
  const caret = points.indexOf('‸');
  without('‸');
  const end = points.indexOf('»');
  without('»');
  const place = { source: new Source(file, points.join('')), at: caret === -1 ? start : caret, start, end };
  return {
    kind: 'runtime',
    code: 'operands',
    reason: 'it broke',
    place,
    hint: null,
    related: null,
    importedAt: null,
    trace: [],
    omitted: 0,
    thread: null,
    ...more,
  };
}

const plain = (one: Problem): string => report(one, { colour: false });

/** Only the frame, without its indentation. */
const frame = (one: Problem): string[] =>
  plain(one)
    .split('\n')
    .filter((line) => line.includes('│'))
    .map((line) => line.slice(4));

describe('report', () => {
  it('shows everything that is known about a runtime error', () => {
    const trace = [
      { name: 'g', file, line: 2, column: 1, calledAt: { file: '(lib:std)', line: 97, column: 5 }, tailCalls: false },
      { name: 'map', file: '(lib:std)', line: 94, column: 1, calledAt: { file, line: 4, column: 9 }, tailCalls: true },
      { name: '', file, line: 3, column: 6, calledAt: null, tailCalls: false },
    ];
    const one = problem("x := 1\nfn g(a) «a ‸+ 'x'»\nf := fn() {\n  y := g(1)\n}\nf()\n", {
      reason: "Cannot + incompatible values 1, 'x'",
      hint: "to join them as text, write string(a) + 'x'",
      trace,
    });

    expect(plain(one)).toBe(`Hint: to join them as text, write string(a) + 'x'

Runtime Error: Cannot + incompatible values 1, 'x'
  File: /home/ann/demo.oak
  Position: [2:11]

    1 │ x := 1
    2 │ fn g(a) a + 'x'
      │         ~~^~~~~
    3 │ f := fn() {
    4 │   y := g(1)

  Stack Trace:
    in fn g [2:1], called at (lib:std) 97:5
    in fn map [94:1] (lib:std), called at demo.oak 4:9
    … what was called there has ended in tail calls …
    in anonymous fn [3:6]
`);
  });

  it('shows a parse error with the place that explains it', () => {
    const one = problem('f := fn() {\n  1\n«»', {
      kind: 'parse',
      reason: 'Unexpected end of input, expected }',
      related: { at: 10, note: 'the { stands here' },
    });

    expect(plain(one)).toBe(`Parse Error: Unexpected end of input, expected }
  File: /home/ann/demo.oak
  Position: [3:1]

    1 │ f := fn() {
    2 │   1
    3 │
      │ ^

  the { stands here [1:11]
    1 │ f := fn() {
      │           ^
`);
  });

  it('says [0:0] when the place is not known, keeps every line of the reason, and heads an error of a thread', () => {
    const one = { ...problem('«x»'), place: null, reason: utf8Encode('größer\nals gedacht'), thread: 'in a callback' };
    expect(plain(one)).toBe('Runtime Error in a callback: größer\nals gedacht\n  Position: [0:0]\n');
  });

  it('uses colours only when asked, and takes the meaning out of control characters', () => {
    const one = problem('«x»', { reason: 'got \x1b[2J' });
    expect(plain(one)).toContain('Runtime Error: got \\x1b[2J\n');
    const coloured = report(one, { colour: true });
    expect(coloured).toContain('\x1b[1;31mRuntime Error:\x1b[0m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes are meant
    expect(coloured.replace(/\x1b\[[\d;]*m/g, '')).toBe(plain(one));
  });
});

describe('the code frame', () => {
  for (const [what, source, expected] of [
    ['puts the caret right after wide characters', "«'日本' ‸- 1»", ["1 │ '日本' - 1", '  │ ~~~~~~~^~~']],
    ['gives combining marks and emoji their width', "«'e\u0301🎉' ‸- 1»", ["1 │ 'e\u0301🎉' - 1", '  │ ~~~~~~^~~']],
    ['shows tabs as blanks', '\t«a\t‸-»', ['1 │     a   -', '  │     ~~~~^']],
    ['shows control characters as pictures', "«'\x1b' ‸- 1»", ["1 │ '␛' - 1", '  │ ~~~~^~~']],
    ['marks only one line of a span over several', '«[1,\n  2] ‸- 1\n»', ['1 │ [1,', '2 │   2] - 1', '  │   ~~~^~~']],
    ['shows an empty line when the place is there', 'f(\n«»', ['1 │ f(', '2 │', '  │ ^']],
    ['has no caret for a place before the first column', 'f(«\n»', ['1 │ f(', '2 │']],
  ] as const) {
    it(what, () => expect(frame(problem(source))).toEqual(expected));
  }

  it('shows two lines before and after, with their numbers in line', () => {
    const lines = Array.from({ length: 12 }, (_, i) => (i === 8 ? '«x»' : `line ${i + 1}`));
    expect(frame(problem(lines.join('\n')))).toEqual([
      ' 7 │ line 7',
      ' 8 │ line 8',
      ' 9 │ x',
      '   │ ^',
      '10 │ line 10',
      '11 │ line 11',
    ]);
  });

  it('cuts long lines around the place', () => {
    const shown = frame(problem(`short\n${'a'.repeat(300)}«b‸cd»${'e'.repeat(300)}`));
    expect(shown).toEqual(['1 │ …', `2 │ …${'a'.repeat(22)}bcd${'e'.repeat(45)}…`, `  │ ${' '.repeat(23)}~^~`]);
    for (const line of shown) expect(line.length).toBeLessThanOrEqual(76);
  });
});

describe('the stack trace', () => {
  const traceOf = (length: number) =>
    Array.from({ length }, (_, i) => ({ name: `f${i}`, file, line: i + 1, column: 1, calledAt: null, tailCalls: false }));
  const shown = (length: number): string[] =>
    plain(problem('«x»', { trace: traceOf(length) }))
      .split('\n')
      .filter((line) => /^ {4}(in|…)/.test(line));

  it('is complete up to 26 entries', () => expect(shown(26)).toHaveLength(26));

  it('leaves out the middle of a longer one', () => {
    const lines = shown(1000);
    expect(lines).toHaveLength(26);
    expect(lines[19]).toBe('    in fn f19 [20:1]');
    expect(lines[20]).toBe('    … 975 more …');
    expect(lines[21]).toBe('    in fn f995 [996:1]');
  });
});
