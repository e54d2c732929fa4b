import { describe, expect, it } from '@jest/globals';
import { documentation } from './library-help.ts';

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
  const { about, entries } = documentation(source);

  it('has the comment at the top', () => expect(about).toEqual(['lists: what one does with them.', '', 'More about it.']));

  it('has an entry for each public name', () => expect([...entries.keys()]).toEqual(['take', 'plain?', 'Limit', 'Pair']));

  it('takes the signature from the comment, or from the code', () => {
    expect([...entries.values()].map(({ signature }) => signature)).toEqual([
      'take(xs, n), take(xs)',
      'plain?(x)',
      'Limit',
      'Pair(a, b)',
    ]);
  });

  it('has what the comment above says', () => {
    expect(entries.get('take')?.text).toEqual(['the first n items,', 'or one.', '    lists.take([1, 2], 1)  // => [1]']);
    expect(entries.get('plain?')?.text).toEqual([]);
    expect(entries.get('Limit')?.text).toEqual(['How many at most.']);
    expect(entries.get('Pair')?.text).toEqual(['two values.']);
  });
});
