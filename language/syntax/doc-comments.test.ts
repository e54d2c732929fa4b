import { describe, expect, it } from '@jest/globals';
import { documentation } from './doc-comments.ts';

const source = `// lists: what one does with them.
//
// More about it.

{ min: min } := import('math')
other := import('other')

// take(xs, n), take(xs): the first n items,
// or one.
//     lists.take([1, 2], 1)  // => [1]
fn take(xs, n) xs

fn plain?(x) x

// Not for others.
fn _hidden(x) x

// How many at most.
Limit := 10

// Not about Pair.

// Pair(a, b): two values.
cs Pair(a, b) { a: a, b: b }
`;

describe('documentation', () => {
  const { about, members } = documentation(source);

  it('has the comment at the top', () => expect(about).toEqual(['lists: what one does with them.', '', 'More about it.']));

  it('has each public name', () => expect(members.map(({ name }) => name)).toEqual(['take', 'plain?', 'Limit', 'Pair']));

  it('takes the signature from the comment, or from the code', () => {
    expect(members.map(({ signature }) => signature)).toEqual(['take(xs, n), take(xs)', 'plain?(x)', 'Limit', 'Pair(a, b)']);
  });

  const textOf = (name: string) => members.find((one) => one.name === name)?.text;

  it('has what the comment above says', () => {
    expect(textOf('take')).toEqual(['the first n items,', 'or one.', '    lists.take([1, 2], 1)  // => [1]']);
    expect(textOf('plain?')).toEqual([]);
    expect(textOf('Limit')).toEqual(['How many at most.']);
    expect(textOf('Pair')).toEqual(['two values.']);
  });
});
