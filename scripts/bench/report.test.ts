import { describe, expect, it } from '@jest/globals';
import type { Row } from './measure.ts';
import { lostRows, pageOf } from './report.ts';

function figure(row: string, ratio: number, contender = 'magnolia'): Row {
  const byRate = row.startsWith('sock-');
  return { row, contender, runs: 1, medianSeconds: 1, medianRate: 1, ratio, byRate, problem: '' };
}

const page = pageOf([figure('cpu-fib', 2), figure('cpu-fib', 5.5, 'lua'), figure('sock-lines', 0.5)], 5);

describe('the page of benchmarks', () => {
  it('has a column for each contender but the mark', () => {
    expect(page).toContain('| row | Magnolia | Lua |');
    expect(page).toContain('| `cpu-fib` | 2.00 | 5.50 |');
  });

  for (const [row, ratio, lost] of [
    ['cpu-fib', 2.1, []],
    ['cpu-fib', 1, []],
    ['cpu-fib', 2.3, ['cpu-fib: 2.30, was 2.00']],
    ['sock-lines', 0.9, []],
    ['sock-lines', 0.4, ['sock-lines: 0.40, was 0.50']],
    ['cpu-new', 9, []],
  ] as const) {
    it(`${lost.length === 0 ? 'accepts' : 'names'} ${row} at ${ratio}`, () => {
      expect(lostRows([figure(row, ratio)], page)).toEqual(lost);
    });
  }
});
