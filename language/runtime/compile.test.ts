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

  it('is told when a part of it is too large for JavaScript', () => {
    const text = `x := 1\nfn f(${many(70_000, (i) => `a${i}, `)}) 1\n`;
    expect(runProgram(text, { layout }).errors).toEqual([expect.stringMatching(/^Runtime: Too large to compile: /)]);
  });
});
