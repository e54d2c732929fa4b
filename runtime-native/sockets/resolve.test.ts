/** Names are looked for side by side: one that nobody answers holds up no other. */
import { expect, it } from '@jest/globals';
import { resolve } from './resolve.ts';

it('a name of the hosts file is there in the next turn, whatever else is asked, and what was given up has no answer', async () => {
  let late = 0;
  const asked = ['a', 'b', 'c', 'd'].map((name) => resolve(`${name}.dead.invalid`, 'dial', () => late++));
  for (const giveUp of asked) giveUp();
  let found: unknown = null;
  resolve('localhost', 'dial', (answer) => {
    found = answer;
  });
  await new Promise((turned) => setImmediate(turned));
  expect(found).toContain('127.0.0.1');
  for (let turns = 0; turns < 20; turns++) await new Promise((turned) => setImmediate(turned));
  expect(late).toBe(0);
});
