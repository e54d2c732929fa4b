import { expect, it } from '@jest/globals';
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
