/**
 * Makes builtins/names.ts, which lists the builtins of each family that is created on first use. `npm run docs` writes the file.
 * The names come from the families themselves. A new family begins with an empty list in the file.
 */
import { NAMES } from '../../builtins/names.ts';
import { programFamilies } from '../../embedding/families.ts';
import { grantedFiles, grantedNetwork } from '../../embedding/grants.ts';
import type { RuntimeOptions } from '../../embedding/options.ts';
import { nodePlatform } from '../../runtime-native/platform.ts';

const HEAD = `/**
 * The builtins of each family that is created when a program first names one of them. The code of a family may be in a file of its own,
 * which is loaded at that moment (scripts/build/command-parts.ts). \`npm run docs\` writes this file.
 */
// biome-ignore format: lists of names
export const NAMES = {
`;
const COLUMNS = 120;

/** The names that each family makes for a program with these options. */
export function namesMade(options: RuntimeOptions = {}): { readonly [family: string]: readonly string[] } {
  const files = grantedFiles(options, nodePlatform);
  const network = grantedNetwork(options, nodePlatform, files);
  const input = { takeLine: () => null, readLine() {} };
  const families = programFamilies({ platform: nodePlatform, options, files, network, args: [], input });
  const made = Object.entries(NAMES).map(([family, names]) => {
    const builtins = families.map((one) => one.builtins).find((one) => 'make' in one && one.names === names);
    const found = builtins !== undefined && 'make' in builtins ? builtins.make() : [];
    return [family, [...new Set(found.map(({ name }) => name))]];
  });
  return Object.fromEntries(made);
}

/** The text of builtins/names.ts. */
export function namesModule(): string {
  return `${HEAD}${Object.entries(namesMade()).map(listOf).join('')}} as const;\n`;
}

function listOf([family, names]: readonly [string, readonly string[]]): string {
  const quoted = names.map((name) => `'${name}'`);
  const line = `  ${family}: [${quoted.join(', ')}],\n`;
  if (line.length <= COLUMNS) return line;
  const lines: string[] = [];
  let current = '   ';
  for (const name of quoted) {
    if (current.length + name.length + 2 > COLUMNS) {
      lines.push(current);
      current = '   ';
    }
    current += ` ${name},`;
  }
  return `  ${family}: [\n${[...lines, current].join('\n')}\n  ],\n`;
}
