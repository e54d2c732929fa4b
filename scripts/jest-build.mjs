/** Builds dist/ once before the tests, when something has changed. No test builds: another one may be running what is in dist/. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export default function buildIfStale() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  execFileSync(process.execPath, ['--import', './scripts/typescript.mjs', 'scripts/build/build.ts', '--if-stale'], { cwd: root });
}
