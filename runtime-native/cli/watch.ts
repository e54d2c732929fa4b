/** `--watch`: runs a command again whenever a program changes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { complain, writeError } from './screen.ts';

/** An editor that saves several files causes one run. */
const SETTLE_MS = 100;
const PROGRAM = /\.(oak|ok|mag|mg)$/;

/** Runs `magnolia WORDS` now and after each change below the folders of `paths`. Never resolves: Ctrl-C ends it. */
export async function runOnChange(words: readonly string[], paths: readonly string[]): Promise<never> {
  let child: ChildProcess | null = null;
  let settling: NodeJS.Timeout | undefined;

  const run = (): void => {
    const running = spawn(process.execPath, [process.argv[1] ?? '', ...words], { stdio: 'inherit' });
    running.once('exit', () => {
      if (child !== running) return;
      child = null;
      writeError('Waiting for changes. Ctrl-C ends.\n');
    });
    child = running;
  };
  const runAgain = (): void => {
    const old = child;
    child = null;
    if (old === null) {
      run();
    } else {
      old.once('exit', run);
      old.kill('SIGKILL');
    }
  };

  for (const folder of new Set(paths.map(folderOf))) {
    const watcher = watch(folder, { recursive: true }, (_event, name) => {
      if (name !== null && !PROGRAM.test(name)) return;
      clearTimeout(settling);
      settling = setTimeout(runAgain, SETTLE_MS);
    });
    watcher.on('error', (error) => complain(`cannot watch ${folder}: ${error.message}`));
  }
  run();
  return await new Promise(() => {});
}

function folderOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : dirname(path);
}
