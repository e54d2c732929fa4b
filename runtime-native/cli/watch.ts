/** `--watch`: starts a command again whenever a program changes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, type FSWatcher, readFileSync, statSync, watch } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileModules } from '../modules.ts';
import { complain, writeError } from './screen.ts';

/** An editor that saves several files causes one run. */
const SETTLE_MS = 100;
/** How long a program may take to end after SIGTERM. */
const GRACE_MS = 2000;
const IMPORT = /\bimport\(\s*(['"])([^'"\n]+)\1\s*\)/g;

/** What is started, and what starts it again. */
export interface Rerun {
  /** The arguments of Node. */
  readonly command: readonly string[];
  /** Programs, looked for anew before each run: changes in their folders count, and in those of what they import by a literal name. */
  programs(): readonly string[];
  /** Changes anywhere below these folders count. */
  readonly folders: readonly string[];
  /** The files whose changes count, by name. */
  readonly files: RegExp;
}

export const PROGRAMS = /\.(oak|ok|mag|mg)$/;

/** Runs the command now and after each change. Never resolves: Ctrl-C or SIGTERM ends it, and the command with it. */
export async function runOnChange({ command, programs, folders, files }: Rerun): Promise<never> {
  let child: ChildProcess | null = null;
  let settling: NodeJS.Timeout | undefined;
  const watchers = new Map<string, FSWatcher>();
  const roots = folders.map((folder) => resolve(folder));

  const run = (): void => {
    for (const folder of foldersOf(programs())) look(folder, false);
    const running = spawn(process.execPath, command, { stdio: 'inherit' });
    running.once('exit', (status, signal) => {
      if (child !== running) return;
      child = null;
      writeError(`Ended with ${signal ?? `status ${status}`}. Waiting for changes; Ctrl-C ends.\n`);
    });
    child = running;
  };
  const runAgain = (): void => {
    const old = child;
    child = null;
    if (old === null) {
      run();
      return;
    }
    const timer = setTimeout(() => old.kill('SIGKILL'), GRACE_MS);
    old.once('exit', () => {
      clearTimeout(timer);
      run();
    });
    old.kill();
  };
  const look = (folder: string, recursive: boolean): void => {
    if (watchers.has(folder) || roots.some((one) => one !== folder && isBelow(folder, one))) return;
    const forget = (error: unknown): void => {
      watchers.get(folder)?.close();
      watchers.delete(folder);
      complain(`cannot watch ${folder}: ${error instanceof Error ? error.message : String(error)}`);
    };
    try {
      const watcher = watch(folder, { recursive }, (_event, name) => {
        if (name !== null && !files.test(name)) return;
        clearTimeout(settling);
        settling = setTimeout(runAgain, SETTLE_MS);
      });
      watchers.set(folder, watcher.on('error', forget));
    } catch (error) {
      forget(error);
    }
  };

  process.once('exit', () => child?.kill('SIGKILL'));
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  for (const folder of roots) look(folder, true);
  run();
  return await new Promise(() => {});
}

function isBelow(path: string, folder: string): boolean {
  return !relative(folder, path).startsWith('..');
}

/** The folders of programs and of what they import by literal names, however deep. */
function foldersOf(programs: readonly string[]): Set<string> {
  const files = new Set(programs.map((file) => resolve(file)));
  for (const file of files) {
    if (!existsSync(file) || statSync(file).isDirectory()) continue;
    for (const [, , path = ''] of readFileSync(file, 'latin1').matchAll(IMPORT)) {
      const found = fileModules.find(path, dirname(file));
      if (found !== null) files.add(found.key); // a set goes on with what is added to it
    }
  }
  return new Set([...files].map((file) => dirname(file)));
}
