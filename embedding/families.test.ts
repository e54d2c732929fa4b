import { expect, it } from '@jest/globals';
import { Registry } from '../builtins/registry.ts';
import { textBuiltins } from '../builtins/text.ts';
import { nodePlatform } from '../runtime-native/platform.ts';
import { programFamilies } from './families.ts';
import { grantedFiles, grantedNetwork } from './grants.ts';

const GRANTS = [{}, { files: 'system', network: 'system', processes: 'system', signals: 'system' }] as const;

for (const options of GRANTS) {
  it(`builtins that are made later have the names that are known before (${Object.keys(options).length} grants)`, () => {
    const files = grantedFiles(options, nodePlatform);
    const network = grantedNetwork(options, nodePlatform, files);
    const input = { takeLine: () => null, readLine() {} };
    const families = programFamilies({ platform: nodePlatform, options, files, network, args: [], input });
    const later = families.flatMap(({ builtins }) => ('make' in builtins ? [builtins] : []));
    expect(later.length).toBeGreaterThan(10);
    const made = later.map(({ make }) => [...new Set(make().map(({ name }) => name))].sort());
    expect(made).toEqual(later.map(({ names }) => [...names].sort()));
  });
}

it('the last builtin of a name is taken, and one that was added afterwards comes before it', () => {
  const [first, second] = textBuiltins;
  const named = (name: string, one = first) => ({ ...(one as NonNullable<typeof one>), name });
  const made = [named('a'), named('a', second), named('b')];
  const added = named('b', second);
  const registry = new Registry().addLater({ names: ['a', 'b'], make: () => made }).add([added]);
  expect(registry.get('a')).toBe(made[1]);
  expect(registry.get('b')).toBe(added);
});
