/**
 * `npm run coverage`: which lines do the jest tests and the specs reach, taken together? Result in coverage/.
 *
 * jest measures the sources itself; the specs run dist/cli.cjs, whose V8 counters c8 maps back to the sources. Both write
 * istanbul's format, which is merged here (its libraries come with jest and c8). Chunks of two bundles count once.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from '../build/build.ts';

const require = createRequire(import.meta.url);
const { createCoverageMap } = require('istanbul-lib-coverage');
const { createContext } = require('istanbul-lib-report');
const reports = require('istanbul-reports');

const own = /\/(language|builtins|runtime-native|runtime-js)\/.*(?<!\.test)\.ts$/;

function run(command: string, env: Record<string, string> = {}): number {
  return spawnSync(command, { shell: true, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;
}

rmSync('coverage', { recursive: true, force: true });
await build();
const failed = [
  run('npx jest --coverage --coverageReporters=json --coverageDirectory=coverage/jest'),
  run('node --import ./scripts/typescript.mjs scripts/spec/spec.ts', { NODE_V8_COVERAGE: 'coverage/raw' }),
  run(
    'npx c8 report --temp-directory coverage/raw --reports-dir coverage/spec --reporter json --exclude-after-remap --exclude "scripts/**" --exclude "**/*.test.ts"',
  ),
];

const both = createCoverageMap({});
for (const part of ['jest', 'spec']) both.merge(JSON.parse(readFileSync(`coverage/${part}/coverage-final.json`, 'utf8')));
both.filter((path: string) => own.test(path));

const context = createContext({ dir: 'coverage', coverageMap: both });
for (const kind of ['text', 'html', 'json-summary']) reports.create(kind).execute(context);
process.exitCode = failed.some((status) => status !== 0) ? 1 : 0;
