import { describe, expect, it } from '@jest/globals';
import { nonNegativeInt, optional, saying, text } from '../../builtins/params.ts';
import { builtin } from '../../builtins/registry.ts';
import { describeBuiltin } from './builtin-help.ts';

describe('describeBuiltin', () => {
  it('tells all that the registry knows', () => {
    const repeat = builtin({
      name: 'repeat',
      group: 'text',
      help: 'the text n times',
      params: [saying(text('s'), 'Expected a text, got'), optional(nonNegativeInt('count'), 2)],
      callback: true,
      backend: 'files',
      run: () => null,
    });
    expect(describeBuiltin(repeat)).toBe(`repeat(s, count = 2)
    the text n times

    s      string
    count  non-negative int

    With a function as the last argument it returns ? at once, works in the background
    and calls the function with the result.

    Needs files: where there are none (in browsers) it returns an error value.

    Errors
      repeat requires 1 arguments, got 0
      Expected a text, got ...
      Mismatched types in call repeat(s, count)
`);
  });

  it('is short when there is little to tell', () => {
    const clock = builtin({ name: 'clock', group: 'time', help: 'what time it is', params: [], rest: true, run: () => null });
    expect(describeBuiltin(clock)).toBe('clock(more...)\n    what time it is\n');
  });
});
