/** Runtimes: all specs on each. */
import { type Case, root, run } from './kit.ts';

/** A runtime that runs the command. */
interface Engine {
  readonly name: string;
  readonly packages: Case['packages'];
  readonly short?: true;
  /** How it runs a file, behind the path of its program. */
  readonly words?: readonly string[];
  readonly program: string;
}

const ENGINES: readonly Engine[] = [
  { name: 'Node 20', packages: { node: '20.20.2' }, program: 'node' },
  { name: 'Node 22', packages: { node: '22.23.3' }, program: 'node' },
  { name: 'Node 24', packages: { node: '24.21.0' }, program: 'node' },
  { name: 'Node 26', packages: { node: '26.10.0' }, program: 'node', short: true },
  { name: 'Bun', packages: { bun: '1.4.5' }, program: 'bun', short: true },
  { name: 'Deno', packages: { deno: '2.9.6' }, program: 'deno', words: ['run', '--allow-all'] },
];

/** What is tried with `--short`: a few specs of each kind. */
const FEW = ['socket/recv-line', 'process/'];

/** Specs that fail where the reason is the runtime's own. */
export const NOT_OURS: { readonly [engine: string]: { readonly [spec: string]: string } } = {};

/** The result of one engine, for the table. */
export interface Counted {
  readonly name: string;
  readonly version: string;
  readonly passed: number;
  readonly failed: readonly string[];
}

/** One case for each engine; `count` receives what came out. */
export function runtimes(short: boolean, count: (counted: Counted) => void): readonly Case[] {
  return ENGINES.map(({ name, packages, program, words = [], short: isShort }) => ({
    name,
    ...(isShort === true ? { short: true as const } : {}),
    packages,
    async run({ bin }) {
      const exec = [bin(program), ...words];
      const { out, err } = await run(
        [
          process.execPath,
          '--import',
          './scripts/typescript.mjs',
          'scripts/spec/spec.ts',
          '--exec',
          exec.join(' '),
          ...(short ? FEW : []),
        ],
        root,
      );
      const [, passed] = /^(\d+) passed, \d+ failed$/m.exec(out) ?? [];
      if (passed === undefined) throw new Error(`${out}${err}`.slice(-4000));
      const failed = [...out.matchAll(/^FAIL (\S+)/gm)].map(([, spec = '']) => spec);
      count({ name, version: Object.values(packages)[0] ?? '', passed: Number(passed), failed });
      const ours = failed.filter((spec) => NOT_OURS[name]?.[spec] === undefined);
      if (ours.length > 0) throw new Error(`${ours.length} specs fail:\n${ours.join('\n')}\n${out.slice(0, 3000)}`);
    },
  }));
}
