/** Part of `npm run lint`: no source file written by hand is longer than 500 lines. A longer one contains a second idea. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const MOST_LINES = 500;

const tracked = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs', '*.cjs', '*.oak'],
  {
    encoding: 'utf8',
  },
);
for (const file of tracked.trimEnd().split('\n').filter(existsSync)) {
  const lines = readFileSync(file, 'utf8').split('\n').length - 1;
  if (lines <= MOST_LINES) continue;
  console.error(`${file} has ${lines} lines, more than ${MOST_LINES}: split it`);
  process.exitCode = 1;
}
