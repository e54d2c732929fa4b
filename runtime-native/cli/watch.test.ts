/** `magnolia --watch FILE`, started as users start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-watch-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** Starts the command and ends it after `steps`. `seen` waits until a text has been printed, behind all that was seen before. */
async function watching(
  words: readonly string[],
  steps: (seen: (text: string) => Promise<void>, child: ChildProcess) => Promise<void>,
): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'dist/cli.cjs'), ...words], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  });
  const closed = once(child, 'close');
  let printed = '';
  let look = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      look();
    });
  }
  const seen = (text: string): Promise<void> =>
    new Promise((done) => {
      look = () => {
        const at = printed.indexOf(text);
        if (at < 0) return;
        printed = printed.slice(at + text.length);
        done();
      };
      look();
    });
  try {
    await steps(seen, child);
  } finally {
    child.kill();
    await closed;
  }
}

function write(name: string, text: string): void {
  mkdirSync(resolve(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
}

it('runs a program again when it changes, or what it imports from another folder', async () => {
  write('app/main.oak', "print(import('../parts/word').word + '\\n'), exit(args().2 |> int())");
  write('parts/word.oak', "word := 'one'");
  await watching(['--watch', 'app/main.oak', '3'], async (seen) => {
    await seen('one\nEnded with status 3. Waiting for changes');
    write('parts/word.oak', "word := 'two'");
    await seen('two\nEnded with status 3');
    write('app/main.oak', 'print(');
    await seen('Parse Error');
    await seen('Ended with status 1');
    write('app/main.oak', "print('three\\n')");
    await seen('three\nEnded with status 0');
  });
}, 30_000);

it('ends a program that still runs with SIGTERM, and ends with it', async () => {
  const program = (name: string): string =>
    `{ onSignal: onSignal } := import('process')\nonSignal(:term, fn() {\n\tprint('${name} ends\\n')\n\texit(0)\n})\nprint('${name} runs\\n')\nwait(60)`;
  write('server.oak', program('first'));
  await watching(['run', '--watch', 'server.oak'], async (seen, child) => {
    await seen('first runs');
    write('server.oak', program('second'));
    await seen('first ends\nsecond runs');
    child.kill();
    expect(await once(child, 'close')).toEqual([1, null]); // its pipes are closed, so the program has ended as well
  });
}, 30_000);
