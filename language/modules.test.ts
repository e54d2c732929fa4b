import { describe, expect, it } from '@jest/globals';
import { type ModuleTable, runProgram } from '../builtins/testing/test-run.ts';

const FUELS = [1, 2, 3, 7, 2000];
const PRELUDE = "p := fn(x) print(string(x) + '\\n')\n";

/** What a program prints, one line each, and its errors; the same whatever the fuel. */
function run(program: string, modules: ModuleTable): { lines: string[]; errors: readonly string[] } {
  const results = FUELS.map((fuel) => {
    const { output, errors } = runProgram(PRELUDE + program, { modules, fuel });
    return { lines: output.split('\n').slice(0, -1), errors };
  });
  for (const result of results) expect(result).toEqual(results[0]);
  return results[0] as (typeof results)[0]; // there are several fuels
}

describe('import', () => {
  it('runs a module once and gives the same object each time', () => {
    const { lines } = run("a := import('m'), b := import('m'), p(a = b), p(a.x)", { m: "print('run\\n'), x := 5" });
    expect(lines).toEqual(['run', 'true', '5']);
  });

  it('returns a module its own variables, and nothing of the importer', () => {
    const { lines } = run("secret := 1, m := import('m'), p([m.seen(), m.secret])", { m: 'fn seen() secret' });
    expect(lines).toEqual(['[?, ?]']);
  });

  it('returns a live view: what either side changes, the other sees', () => {
    const module = 'n := 1\nfn next() { n <- n + 1, n }\nfn get() n\nfn later() fresh\nfn length(x) len(x)';
    const program = [
      "m := import('m')",
      'm.next(), p(m.n)',
      'm.n := 10, p([m.next(), m.get()])',
      'm.fresh := 7, p([m.later(), m.fresh])',
      "m.len := fn(x) 'mine', p([m.length([1]), len([1]), m.len(0)])",
      'm.next := fn() :replaced, p(m.next())',
      'm.n := _, p([m.n, m.get()])',
      'm.other := 1, m.other := _, p([m.other, type(m.print), m.nope])',
      "{n: k, 'get': g} := m, p([k, g()])",
    ];
    const { lines, errors } = run(program.join('\n'), { m: module });
    expect(errors).toEqual([]);
    expect(lines).toEqual([
      '2',
      '[11, 11]',
      '[7, 7]',
      "['mine', 1, 'mine']",
      'replaced',
      '[?, ?]',
      '[?, :function, ?]',
      '[?, ?]',
    ]);
  });

  it('lists everything at top level, builtins too', () => {
    const { lines } = run(
      "m := import('m'), has := fn(k) { found := [false], all := keys(m), at := fn(i) if { i = len(all) -> found.0, all.(i) = k -> true, _ -> at(i + 1) }, at(0) }\n" +
        "p([has('x'), has('print'), has('unset'), has('hidden'), len(m) = len(keys(m))])",
      { m: 'x := 1, if false -> unset := 2, fn f() hidden := 3' },
    );
    expect(lines).toEqual(['[true, true, false, false, true]']);
  });

  it('returns what a module has so far when it is imported in a circle', () => {
    const { lines } = run("a := import('a'), p([a.x, a.b.fromA, a.b.later()])", {
      a: "before := 1, b := import('b'), x := 2",
      b: "a := import('a'), fromA := [a.before, a.x], fn later() a.x",
    });
    expect(lines).toEqual(['[2, [1, ?], 2]']);
  });

  it('goes on with an importer when a module that waits is done', () => {
    const { lines } = run("p('before'), m := import('m'), p([m.x, m.y])", { m: 'x := 1, wait(0.5), y := 2' });
    expect(lines).toEqual(['before', '[1, 2]']);
  });

  it('makes a second thread wait for a module that a first one is running', () => {
    const { lines } = run(
      "done := make_chan()\nfn use(n) { m := import('m'), p([n, m.x, m.y]), chan_send(done, m) }\ngo(use, 1), go(use, 2)\n" +
        'a := chan_recv(done).data, b := chan_recv(done).data\np(a = b)',
      { m: "print('run\\n'), x := 1, wait(0.5), y := 2" },
    );
    expect(lines).toEqual(['run', '[1, 1, 2]', '[2, 1, 2]', 'true']);
  });

  it('does not wait in a circle of threads', () => {
    const { lines } = run(
      "done := make_chan()\ngo(fn() { import('a'), chan_send(done, 1) }), go(fn() { import('b'), chan_send(done, 2) })\n" +
        "chan_recv(done), chan_recv(done), p([import('a').b.y, import('b').a.x])",
      { a: "wait(0.1), b := import('b'), x := 1", b: "wait(0.1), a := import('a'), y := 2" },
    );
    expect(lines).toEqual(['[2, 1]']);
  });

  it('passes the error of a module on, with its place, and runs it anew next time', () => {
    const { lines, errors } = run("go(fn() import('m'))\nwait(0.1)\nimport('m')", {
      m: "print('run\\n')\nfn bad(x) x.nope\n[bad(5)]",
    });
    expect(lines).toEqual(['run', 'run']);
    const wrong = 'Runtime: Expected string, list, or object in left-hand side of property access, got 5 [2:12] < bad [2:1]';
    expect(errors).toEqual([`${wrong} < fn [2:4]`, wrong]); // who imports is still there
  });

  it('runs a module anew in a thread that waited for one that failed', () => {
    const { lines, errors } = run(
      "tries := make_chan(5)\nfn use(n) { m := import('m'), p([n, m.x]) }\ngo(use, 1), go(use, 2), go(use, 3)\nwait(1)",
      {
        m: "print('run\\n'), wait(0.1), attempt := import('count').next(), if attempt < 3 -> nope(), x := attempt",
        count: 'n := 0, fn next() { n <- n + 1, n }',
      },
    );
    expect(lines).toEqual(['run', 'run', 'run', '[3, 3]']);
    expect(errors.map((error) => error.slice(0, 51))).toEqual([
      'Runtime: ? is not a function and cannot be called [',
      'Runtime: ? is not a function and cannot be called [',
    ]);
  });

  it('says what it cannot import', () => {
    for (const [program, error] of [
      ["import('nope')", 'Runtime: Could not open nope (.oak, .ok, .mag, .mg) [2:7]'],
      ['import()', 'Runtime: import requires 1 arguments, got 0 [2:7]'],
      ['import(:m)', 'Runtime: path to import() must be a string, got :m [2:7]'],
      ["import('bad')", 'Runtime: Error importing bad: Parse error at [2:8]: Unexpected token var(c), expected , [2:8]'],
      ["import('open')", 'Runtime: Error importing open: Parse error at [0:0]: Unexpected end of input, expected ) [1:8]'],
    ] as const) {
      expect(run(program, { bad: 'x := 1\na := b c', open: 'x := (1' }).errors).toEqual([error]);
    }
  });
});
