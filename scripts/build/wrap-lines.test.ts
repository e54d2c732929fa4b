import { expect, it } from '@jest/globals';
import { wrapLines } from './wrap-lines.ts';

it('breaks long lines outside of strings, and moves the places of calls along', () => {
  const names = Array.from({ length: 90 }, (_, i) => `name${i}`);
  const text = ["const text = 'a, b';", `let ${names.join(', ')}, last = '${'x, '.repeat(100)}';`, 'return call(last);'].join(
    '\n',
  );
  const wrapped = wrapLines(text, [3, 70, 0]);
  const lines = wrapped.text.split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(500);
  expect(wrapped.calls).toEqual([lines.indexOf('return call(last);') + 1, 70, 0]);
  expect(new Function(wrapped.text.replace('return call(last)', 'return last'))()).toBe('x, '.repeat(100));
});

it('refuses a long line with a call: its place would be lost', () => {
  expect(() => wrapLines(`f(${'a, '.repeat(200)}b)`, [1, 5, 0])).toThrow('A line with a call has');
});
