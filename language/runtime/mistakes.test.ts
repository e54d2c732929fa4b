import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { str } from '../values/values.ts';
import { MISTAKE_CODES, wording } from './mistakes.ts';

it('documents each code for embedders, and no other', () => {
  const page = readFileSync(join(__dirname, '../../docs/embedding.md'), 'utf8');
  const table = /\| `problem\.code` \|.*?\n\n/s.exec(page)?.[0] ?? '';
  const documented = [...table.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, codes]) => (codes as string).match(/[a-z-]+/g) ?? []);
  expect(documented.filter((code) => code !== 'problem' && code !== 'code').sort()).toEqual(['syntax', ...MISTAKE_CODES].sort());
});

it('keeps a message short, whatever the library or a host function says', () => {
  expect(wording({ code: 'raised', facts: { says: 'x'.repeat(1e6) } }).length).toBeLessThan(2100);
  const value = str('\x01'.repeat(1e6));
  expect(wording({ code: 'operands', facts: { op: '-', left: value, right: value } }).length).toBeLessThan(500);
});
