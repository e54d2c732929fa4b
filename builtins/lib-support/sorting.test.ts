import { expect, it } from '@jest/globals';
import type { Value } from '../../language/values/values.ts';
import { whole } from '../time-slices.ts';
import { sortByKeys } from './sorting.ts';

/** Pseudo-random ints, among them equal and negative ones and the largest that a double holds. */
function ints(count: number): number[] {
  const some = [0, -1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53 - 1)];
  let seed = 1;
  return Array.from({ length: count }, (_, i) => {
    seed = (Math.imul(seed, 1103515245) + 12345) | 0;
    return i % 1000 < some.length ? (some[i % 1000] as number) : seed % (count / 2) || 0; // an int is never -0
  });
}

for (const count of [0, 1, 2, 3, 1000, 65_535, 65_536, 65_537, 200_000]) {
  it(`sorts ${count} ints`, () => {
    const list: Value[] = ints(count);
    const expected = (list as number[]).toSorted((a, b) => a - b);
    expect(whole(sortByKeys(list, list))).toBe(list);
    expect(list.join()).toBe(expected.join());
  });
}

it('sorts what the list was at the start, in slices', () => {
  const list: Value[] = ints(300_000);
  const expected = (list as number[]).toSorted((a, b) => a - b);
  const work = sortByKeys(list, list);
  let slices = 1;
  while (work.next().done !== true) if (++slices === 40) list[0] = 7;
  expect(slices).toBeGreaterThan(20);
  expect(list.join()).toBe(expected.join());
});
