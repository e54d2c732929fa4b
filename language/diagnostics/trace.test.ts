import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../../builtins/testing/test-run.ts';
import type { TraceEntry } from './problem.ts';

const FUELS = [1, 2, 3, 4, 5, 7, 11, 2000];

/** The stack of the only error of a program: the same whatever the fuel. */
function traceOf(program: string, modules: { [name: string]: string } = {}): string[] {
  const traces = FUELS.map((fuel) => {
    const { problems } = runProgram(program, { fuel, modules });
    expect(problems).toHaveLength(1);
    return problems[0]?.trace.map(shown) ?? [];
  });
  for (const trace of traces) expect(trace).toEqual(traces[0]);
  return traces[0] as string[]; // there are several fuels
}

function shown({ name, file, line, column }: TraceEntry): string {
  return `${name === null ? 'top level' : name === '' ? 'fn' : name} ${file} ${line}:${column}`;
}

describe('a stack trace', () => {
  for (const [what, program, trace] of [
    ['names functions innermost first', 'fn a(x) [x.y]\nfn b(x) [a(x)]\nb(1), 0', ['a 1:1', 'b 2:1', 'top level 3:2']],
    ['is empty at the top level', 'x := 1\n[x.y]', []],
    [
      'leaves out what ended in a tail call',
      'fn a(x) [x.y]\nfn b(x) a(x)\nfn c(x) { d := x, b(d) }\nc(1), 0',
      ['a 1:1', 'top level 4:2'],
    ],
    [
      'has no more frames after many tail calls',
      'fn a(n) if n { 0 -> n.x, _ -> b(n - 1) }\nfn b(n) if n { 0 -> n.x, _ -> a(n - 1) }\n[a(5000)]',
      ['a 1:1', 'top level 3:3'],
    ],
    [
      'keeps who calls a class in tail position',
      'cs A(x) x.y\nfn b(x) A(x)\nf := fn(c, x) c(x)\nfn d(x) { [f(A, x), b(x)] }\nd(1), 0',
      ['A 1:1', 'fn 3:6', 'd 4:1', 'top level 5:2'],
    ],
    [
      'keeps them with a spread, a pipe and `with`',
      'cs A(xs...) xs.0.y\nfn b(c, xs...) c(xs...)\nfn d(c, x) x |> c()\nfn e(c, x) with d(c) x\n[e(fn(x) b(A, x), 1)]',
      ['A 1:1', 'b 2:1', 'top level 5:3'],
    ],
    ['names parents of a class', 'cs A(x) { a: x.y }\ncs B(x) { (A) -> { b: 1 } }\n[B(1)]', ['A 1:1', 'B 2:1', 'top level 3:3']],
    [
      'names the class whose static part fails',
      'fn a(x) [x.y]\nfn b() { cs A { s := a(1), () -> {} }, 1 }\n[b()]',
      ['a 1:1', 'b 2:1', 'top level 3:3'],
    ],
    ['goes through builtins that call', 'fn a(x) [x.y]\nfn b(x) [bytecode([x], a)]\n[b(1)]', ['a 1:1', 'b 2:1', 'top level 3:3']],
    [
      'names all levels of a recursion',
      'fn a(n) if n { 0 -> n.x, _ -> 1 + a(n - 1) }\na(3), 0',
      ['a 1:1', 'a 1:1', 'a 1:1', 'a 1:1', 'top level 2:2'],
    ],
    ['names the function of a thread', 'fn a(x) [x.y]\ngo(fn b(x) [a(x)], 1)', ['a 1:1', 'b 2:4']],
    ['names the callback of a builtin', 'fn a(x) [x.y]\nwait(0.01, fn b(x) [a(1)])', ['a 1:1', 'b 2:12']],
    [
      'goes on where a thread waited',
      'fn a(x) { wait(0.01), [x.y] }\nfn b(x) [a(x)]\nb(1), 0',
      ['a 1:1', 'b 2:1', 'top level 3:2'],
    ],
  ] as const) {
    it(what, () => {
      expect(traceOf(program).map((entry) => entry.replace(' main.oak', ''))).toEqual(trace);
    });
  }

  it('tells the file of each function', () => {
    const trace = traceOf("m := import('m')\nfn mine(x) [m.theirs(x)]\nmine(1), 0", {
      m: 'fn inner(x) [x.y]\nfn theirs(x) [inner(x)]',
    });
    expect(trace).toEqual(['inner m.oak 1:1', 'theirs m.oak 2:1', 'mine main.oak 2:1', 'top level main.oak 3:5']);
  });

  it('shows the import of a module that fails', () => {
    const trace = traceOf("fn load(name) [import(name)]\nload('m')", { m: 'fn bad() [nope()]\n[bad()]' });
    expect(trace).toEqual(['bad m.oak 1:1', 'top level m.oak 2:5', 'load main.oak 1:1', 'top level main.oak 2:5']);
  });

  it('points an error of a builtin at its call, whatever the fuel', () => {
    for (const fuel of FUELS) {
      const { errors } = runProgram('fn a(x) len(x)\nfn b(x) [a(x)]\n[b(1)]', { fuel });
      expect(errors).toEqual(['Runtime: 1 does not support a len() call [1:12] < a [1:1] < b [2:1]']);
    }
  });

  it('counts a million levels, and holds the innermost and the outermost ones', () => {
    const { problems } = runProgram('fn deep(n) if n { 0 -> n.x, _ -> 1 + deep(n - 1) }\ndeep(1000000)');
    const { trace = [], omitted } = problems[0] ?? {};
    expect(trace.length + (omitted ?? 0)).toBe(1_000_002);
    expect(trace.length).toBeGreaterThan(1000);
    expect(trace.at(-1)?.name).toBeNull();
  });
});

describe('a limit of JavaScript', () => {
  for (const [program, place] of [
    ["fn double(s, n) if n { 0 -> s, _ -> double(s + s, n - 1) }\ndouble('x', 40)", 'double [1:1]'],
    ["s := 'x'\nfn grow { s << s, grow() }\ngrow()", 'grow [2:1]'],
  ] as const) {
    it(`ends a program where it was met: ${place}`, () => {
      const { errors } = runProgram(program);
      expect(errors).toEqual([expect.stringMatching(/^Runtime: String too long: .* \[\d:\d+\] < /)]);
      expect(errors[0]).toContain(place);
    });
  }
});
