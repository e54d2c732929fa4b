import { expect, it } from '@jest/globals';
import { Registry } from './registry.ts';
import { textBuiltins } from './text.ts';

it('the last builtin of a name is taken, and one that was added afterwards comes before it', () => {
  const [first, second] = textBuiltins;
  const named = (name: string, one = first) => ({ ...(one as NonNullable<typeof one>), name });
  const made = [named('a'), named('a', second), named('b')];
  const added = named('b', second);
  const registry = new Registry().addLater({ names: ['a', 'b'], make: () => made }).add([added]);
  expect(registry.get('a')).toBe(made[1]);
  expect(registry.get('b')).toBe(added);
});
