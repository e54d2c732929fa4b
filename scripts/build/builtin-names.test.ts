import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { NAMES } from '../../builtins/names.ts';
import { namesMade, namesModule } from './builtin-names.ts';

const root = resolve(__dirname, '../..');
const sorted = (names: readonly string[]): string[] => [...names].sort();

it('builtins/names.ts has the names that the families make (`npm run docs` writes it)', () => {
  expect(namesModule()).toBe(readFileSync(join(root, 'builtins/names.ts'), 'utf8'));
});

it('the names are the same for programs to which everything is granted', () => {
  const made = namesMade({ files: 'system', network: 'system', processes: 'system', signals: 'system' });
  for (const [family, names] of Object.entries(NAMES))
    expect([family, sorted(made[family] ?? [])]).toEqual([family, sorted(names)]);
});
