import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../../builtins/testing/test-run.ts';
import { IN_ONE } from '../compiler/unit.ts';
import { Source } from '../syntax/source.ts';
import { compile } from './compile.ts';

const many = (count: number, part: (i: number) => string): string => Array.from({ length: count }, (_, i) => part(i)).join('');

const PROGRAMS: { readonly [what: string]: string } = {
  statements: many(6_000, (i) => `x${i % 9} := ${i}\n`),
  calls: many(3_000, (i) => `f(f(${i}))\n`),
  functions: many(1_500, (i) => `fn f${i}(a, b) if a { ${i} -> a + b, _ -> f${i}(a - 1, b) }\n`),
  'a long function': `fn f(x) {\n${many(3_000, (i) => `v${i} := f(x, ${i})\n`)}\n}\n`,
  'a long list': `[${many(5_000, (i) => `f(${i}), `)}]\n`,
};

describe('compiling', () => {
  for (const [what, text] of Object.entries(PROGRAMS)) {
    it(`${what}: asks now and then whether it may go on, and ends where that throws`, () => {
      let asked = 0;
      compile(new Source('test', text), false, { checkpoint: () => asked++ });
      expect(asked).toBeGreaterThan(8);
      for (const last of [1, asked >> 2, asked >> 1, asked - 1]) {
        let count = 0;
        const stop = (): void => {
          if (++count >= last) throw new Error('no more time');
        };
        expect(() => compile(new Source('test', text), false, { checkpoint: stop })).toThrow('no more time');
        expect(count).toBe(last);
      }
    });
  }
});

describe('a program in parts', () => {
  const layout = { ...IN_ONE, manyNodes: 0, partNodes: 1 };

  it('shares its variables, and has the value of its last expression', () => {
    const text = 'a := 1\nfn f(x) { a <- a + x, g(a) }\nfn g(x) x * 2\nf(2)\nb := {k: f(3)}\nb.k + a + len([:x, :y, 2.5])';
    expect(runProgram(text, { layout })).toMatchObject({ errors: [], value: 12 + 6 + 3 });
  });

  it('names the places of its errors', () => {
    const text = 'a := 1\nfn f(x) {\n\tx + ?\n}\nfn g(x) 1 + f(x)\nb := 2\nc := g(a)\n';
    expect(runProgram(text, { layout }).errors).toEqual(runProgram(text).errors);
  });

  it('is reported when a part of it is too large for JavaScript', () => {
    const text = `x := 1\nfn f(${many(70_000, (i) => `a${i}, `)}) 1\n`;
    expect(runProgram(text, { layout }).errors).toEqual([expect.stringMatching(/^Runtime: Too large to compile: /)]);
  });
});

describe('a large program', () => {
  const layout = { ...IN_ONE, manySites: 0, manyNodes: 0, partNodes: 1 };
  const programs: { readonly [what: string]: string } = {
    'recursion in a function whose variables are outside of its body':
      'fn fib(n) if n < 2 { true -> n, _ -> { a := fib(n - 1), b := fib(n - 2), a + b } }\nfib(12)',
    'closures over the variables of one call': `
fn counter(start) { n := id(start), fn add(by) { n <- n + id(by), id(n) }, add }
fn id(x) x
[a, b] := [counter(1), counter(10)]
[a(1), b(1), a(1), b(1)]`,
    'calls in arms, arguments and tests':
      'fn f(x) x\nfn g(x) { y := if f(x) { f(1) -> f(10) + f(x), f(2) -> f(f(20)), _ -> f(30) }, f(y) + f(f(1)) }\n[g(1), g(2), g(3)]',
    'rest parameters, spreads and classes':
      'fn f(a, rest...) [a, rest]\ncs P(x) { y := id(x) + 1 }\nfn id(x) x\n[f(id(1), id(2), [3, 4]...), P(id(4)).y]',
    'names that are read before they are set, and names of builtins':
      'fn f() later + len([1])\nlater := 5\nlen := fn(x) 100\n[f(), len([])]',
    'more names than a scope should have': `${many(4_100, (i) => `v${i} := ${i}\n`)}fn f() v17 + later\nlater := 1\nv4099 <- v4099 + 1\n[f(), v4099]`,
  };
  for (const [what, text] of Object.entries(programs)) {
    it(`has the same result: ${what}`, () => {
      const { errors, value } = runProgram(text);
      expect(errors).toEqual([]);
      for (const fuel of [1, 2, 3, 1000]) expect(runProgram(text, { layout, fuel })).toMatchObject({ errors, value });
    });
  }

  it('has the same errors with the same traces', () => {
    const text = 'fn f(x) { y := g(x), y + 1 }\nfn g(x) { z := h(x), z + 1 }\nfn h(x) x + ?\nf(1)\n';
    const trouble = 'fn f(x) { y := x(), y }\nf(3)\n';
    for (const fuel of [1, 3, 1000]) {
      for (const program of [text, trouble]) {
        const { errors } = runProgram(program, { fuel });
        expect(runProgram(program, { layout, fuel }).errors).toEqual(errors);
      }
    }
  });
});
