import { describe, expect, it } from '@jest/globals';
import type { OpenFile, Outcome } from '../builtins/files.ts';
import type { Execution } from '../builtins/processes.ts';
import { closableExec, closableFiles } from './closing.ts';
import { MemoryFiles } from './memory-files.ts';

/** Files in memory, with a note of those that are open. */
function notedFiles(): { files: ReturnType<typeof closableFiles>; open: Set<string> } {
  const open = new Set<string>();
  const memory = new MemoryFiles();
  memory.put('/dir/there', 'text');
  const files = closableFiles({
    list: (path, done) => memory.list(path, done),
    stat: (path, done) => memory.stat(path, done),
    makeDirectory: (path, done) => memory.makeDirectory(path, done),
    remove: (path, done) => memory.remove(path, done),
    open: (path, mode, permissions, done) =>
      memory.open(path, mode, permissions, (outcome) => {
        if (outcome.kind === 'done') {
          open.add(path);
          const close = outcome.value.close.bind(outcome.value);
          outcome.value.close = (closed) => {
            open.delete(path);
            close(closed);
          };
        }
        done(outcome);
      }),
  });
  return { files, open };
}

function opened(files: ReturnType<typeof closableFiles>, path: string): OpenFile | null {
  let file: OpenFile | null = null;
  files.backend.open(path, 'readwrite', 0o644, (outcome) => {
    if (outcome.kind === 'done') file = outcome.value;
  });
  return file;
}

describe('closableFiles', () => {
  it('closes what a program has left open, and only that', () => {
    const { files, open } = notedFiles();
    const first = opened(files, '/dir/there');
    opened(files, '/dir/new');
    expect([...open]).toEqual(['/dir/there', '/dir/new']);
    first?.close(() => {});
    expect([...open]).toEqual(['/dir/new']);
    files.closeAll();
    expect([...open]).toEqual([]);
    files.closeAll();
  });

  it('passes everything else on, failures too', () => {
    const { files, open } = notedFiles();
    expect(opened(files, '/dir')).toBeNull();
    expect(open.size).toBe(0);
    const kinds: string[] = [];
    const note = (outcome: Outcome<unknown>): void => void kinds.push(outcome.kind);
    files.backend.makeDirectory('/dir/sub', note);
    files.backend.list('/dir', note);
    files.backend.stat('/dir/sub', note);
    files.backend.remove('/dir/sub', note);
    files.backend.list('/dir/sub', note);
    expect(kinds).toEqual(['done', 'done', 'done', 'done', 'failed']);
  });
});

describe('closableExec', () => {
  it('ends what still runs, and nothing twice', () => {
    const ended: string[] = [];
    const dones: ((execution: Execution) => void)[] = [];
    const { exec, closeAll } = closableExec(({ path }, done) => {
      dones.push(done);
      if (path === 'at-once') done({ kind: 'failed', cause: 'no' });
      return () => ended.push(path);
    });
    for (const path of ['first', 'at-once', 'second']) exec({ path, args: [], input: '' }, () => {});
    dones[0]?.({ kind: 'ended', status: 0, stdout: '', stderr: '' });
    closeAll();
    expect(ended).toEqual(['second']);
  });
});
