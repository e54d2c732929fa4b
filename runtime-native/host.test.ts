import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { asBytes } from '../language/values/bytes.ts';
import { str } from '../language/values/values.ts';
import { NodeHost } from './host.ts';

const here = join(process.cwd(), 'runtime-native');
let directory = '';
let fd = -1;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'magnolia-host-'));
  fd = openSync(join(directory, 'out'), 'w+');
});
afterEach(() => {
  closeSync(fd);
  rmSync(directory, { recursive: true, force: true });
});
const written = (): string => readFileSync(join(directory, 'out'), 'latin1');

describe('NodeHost', () => {
  it('gathers output until it is flushed, or a new turn is asked for', async () => {
    const host = new NodeHost({ stdout: fd });
    host.write('a');
    host.write('\xff');
    expect(written()).toBe('');
    host.flush();
    expect(written()).toBe('a\xff');
    host.write('b');
    await new Promise<void>((resolve) => host.defer(resolve));
    expect(written()).toBe('a\xffb');
  });

  it('writes every byte of large and small pieces', () => {
    const host = new NodeHost({ stdout: fd });
    let expected = '';
    for (let i = 0; i < 200; i++) {
      const piece = String.fromCharCode(i).repeat((i * 7919) % 3001);
      host.write(piece);
      expected += piece;
    }
    host.write('x'.repeat(100_000));
    host.write('end');
    host.flush();
    expect(written() === `${expected}${'x'.repeat(100_000)}end`).toBe(true);
  });

  it('quits with status 1, and a word, when output cannot be written', () => {
    const quits: number[] = [];
    const full = openSync('/dev/full', 'w');
    const host = new NodeHost({ stdout: full, stderr: fd, quit: (status) => quits.push(status) });
    host.write('lost');
    host.flush();
    host.write('lost, too');
    host.flush();
    closeSync(full);
    expect(quits).toEqual([1]);
    expect(written()).toBe('Could not write output: no space left on device\n');
  });

  it('quits without a word, like a program that a closed pipe ends, when the reader has gone', async () => {
    const [script, statusFile] = [join(directory, 'script.mjs'), join(directory, 'status')];
    writeFileSync(
      script,
      `import { NodeHost } from ${JSON.stringify(join(here, 'host.ts'))};
       const host = new NodeHost();
       for (let i = 0; i < 100000; i++) host.write('a line\\n');
       host.flush();`,
    );
    const loader = join(here, '..', 'scripts', 'typescript.mjs');
    const command = `(node --import '${loader}' '${script}'; echo $? > '${statusFile}') | head -1`;
    const shell = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
    let seen = '';
    for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')));
    await new Promise((resolve) => shell.on('close', resolve));
    expect(seen).toBe('a line\n');
    expect(readFileSync(statusFile, 'latin1')).toBe('141\n');
  });

  it('fires timers, keeps no cancelled one, and can wait longer than Node can', async () => {
    const host = new NodeHost({ stdout: fd });
    const fired: string[] = [];
    host.timer(1, () => fired.push('cancelled'))();
    const cancel = host.timer(2 ** 40, () => fired.push('long'));
    await new Promise<void>((resolve) => {
      host.timer(5, () => {
        fired.push('short');
        resolve();
      });
    });
    expect(fired).toEqual(['short']);
    cancel();
  });

  it('returns the strings of the language its own conversions', () => {
    new NodeHost({ stdout: fd });
    for (const length of [0, 1, 23, 24, 25, 300]) {
      const text = str('y'.repeat(300));
      text.append(asBytes('x'.repeat(length)));
      text.write(1, asBytes('\xfe'.repeat(length)));
      const expected = `y${'\xfe'.repeat(length)}${'y'.repeat(300)}`.slice(0, 300);
      expect(text.text.startsWith(expected.slice(0, 1 + length))).toBe(true);
    }
  });
});
