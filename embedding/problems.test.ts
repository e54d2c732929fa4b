/** The stack of a MagnoliaError. */
import { expect, it } from '@jest/globals';
import { createRuntime, MagnoliaError } from '../runtime-native/index.ts';

async function stackOf(text: string): Promise<string[]> {
  const error: unknown = await createRuntime()
    .run({ text, file: 'demo.oak' })
    .catch((reason: unknown) => reason);
  if (!(error instanceof MagnoliaError)) throw new Error(`not a MagnoliaError: ${String(error)}`);
  return error.stack?.split('\n') ?? [];
}

it('begins with the functions of the program, each where it was running, and goes on with those of JavaScript', async () => {
  const stack = await stackOf('fn half(n) {\n\tx := n / :x\n\tx\n}\nlist := [fn() { y := half(1), y }]\nz := list.0()\n');
  expect(stack.slice(0, 4)).toEqual([
    'MagnoliaError: Cannot / incompatible values 1, :x',
    '    at half (demo.oak:2:9)',
    '    at <anonymous> (demo.oak:5:26)',
    '    at demo.oak:6:12',
  ]);
  expect(stack[4]).toMatch(/^ {4}at .*\.(ts|js):\d+:\d+\)?$/);
});

it('names the place of an error at the top level, and of a text that is not a program', async () => {
  expect((await stackOf('x := 1\nx.y'))[1]).toBe('    at demo.oak:2:2');
  expect((await stackOf('x :='))[1]).toMatch(/^ {4}at demo\.oak:1:\d$/);
});

it('has few frames, however deep the recursion was', async () => {
  expect((await stackOf('fn deep(n) if n { 0 -> n.x, _ -> 1 + deep(n - 1) }\ndeep(100000)')).length).toBeLessThan(40);
});
