/** docs/security.md names, for each promise, the file that holds it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const docs = join(__dirname, '../../docs');
const rows = readFileSync(join(docs, 'security.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| promise |'));

it('has promises', () => expect(rows.length).toBeGreaterThan(10));

it.each(rows)('%s', (row) => {
  const files = [...row.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path);
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((path) => !existsSync(join(docs, path)))).toEqual([]);
});
