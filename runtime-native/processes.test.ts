import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { processBuiltins } from '../builtins/processes.ts';
import { Registry } from '../builtins/registry.ts';
import { TestProgram } from '../builtins/testing/test-program.ts';
import { Exit } from '../language/runtime/machine.ts';
import { display } from '../language/runtime/render.ts';
import { type Fn, str, type Value } from '../language/values/values.ts';
import { NodeHost } from './host.ts';
import { nodeExec, standardInput } from './processes.ts';

const registry = new Registry().add(
  processBuiltins({
    args: [],
    environment: () => [],
    exec: nodeExec,
    takeLine: () => standardInput.takeLine(),
    readLine: (done) => standardInput.readLine(done),
  }),
);

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'magnolia-processes-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function exec(path: string, args: readonly string[], input = '', callback?: (result: Value) => void): Promise<string> {
  const program = new TestProgram(registry, new NodeHost());
  let shown = '';
  program.start(function* () {
    const more: Fn[] = [];
    if (callback !== undefined) {
      more.push((result: Value) => {
        callback(result);
        return null;
      });
    }
    shown = display(yield program.call('exec', str(path), args.map(str), str(input), ...more));
  });
  await program.end;
  expect(program.failures).toEqual([]);
  return shown;
}

describe('exec', () => {
  it('returns what a program wrote and how it ended', async () => {
    expect(await exec('echo', ['hi', 'there'])).toBe("{status: 0, stderr: '', stdout: 'hi there\n', type: :end}");
    expect(await exec('sh', ['-c', 'echo out; echo err >&2; exit 3'])).toBe(
      "{status: 3, stderr: 'err\n', stdout: 'out\n', type: :end}",
    );
    expect(await exec('sh', ['-c', 'kill -9 $$'])).toBe("{status: -1, stderr: '', stdout: '', type: :end}");
  });

  it('passes bytes through unchanged', async () => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)).repeat(1000);
    expect(await exec('cat', [], all)).toBe(`{status: 0, stderr: '', stdout: '${all}', type: :end}`);
    expect(await exec('printf', ['%s', '\xc3\xa4 "$HOME"'])).toBe(
      `{status: 0, stderr: '', stdout: '\xc3\xa4 "$HOME"', type: :end}`,
    );
  });

  it('does not mind a program that reads nothing', async () => {
    expect(await exec('true', [], 'x'.repeat(1_000_000))).toBe("{status: 0, stderr: '', stdout: '', type: :end}");
  });

  it('tells why a program could not be started', async () => {
    const plain = join(directory, 'plain');
    writeFileSync(plain, 'text');
    const facts: readonly (readonly [string, readonly string[], string])[] = [
      ['mg-no-such-command', [], 'exec: "mg-no-such-command": executable file not found in $PATH'],
      [`${directory}/none`, [], `fork/exec ${directory}/none: no such file or directory`],
      [plain, [], `fork/exec ${plain}: permission denied`],
      ['', [], 'exec: no command'],
      ['echo', ['a\0b'], 'fork/exec echo: invalid argument (not UTF-8, or a NUL)'],
      ['echo', ['\xff'], 'fork/exec echo: invalid argument (not UTF-8, or a NUL)'],
      ['echo', ['x'.repeat(3_000_000)], 'fork/exec echo: argument list too long'],
    ];
    for (const [path, args, cause] of facts) {
      expect(await exec(path, args)).toBe(`{error: 'Could not start command in exec(): ${cause}', type: :error}`);
    }
  });

  it('calls back with the result', async () => {
    const results: string[] = [];
    expect(await exec('echo', ['x'], '', (result) => results.push(display(result)))).toBe('?');
    expect(results).toEqual(["{status: 0, stderr: '', stdout: 'x\n', type: :end}"]);
  });
});

it('a program that writes without an end is ended', async () => {
  const flood = { path: 'sh', args: ['-c', 'yes & yes >&2'], input: '' };
  const execution = await new Promise((done) => nodeExec(flood, done, 1_000_000));
  expect(execution).toEqual({ kind: 'flooded', mostBytes: 1_000_000 });
});

it('input keeps the process alive only while a thread waits for a line', async () => {
  const here = join(process.cwd(), 'runtime-native');
  const script = join(directory, 'script.mjs');
  writeFileSync(
    script,
    `import { standardInput } from ${JSON.stringify(join(here, 'processes.ts'))};
     standardInput.readLine((line) => process.stdout.write(line.bytes));`,
  );
  const loader = join(here, '..', 'scripts', 'typescript.mjs');
  const child = spawn(process.execPath, ['--import', loader, script], { stdio: ['pipe', 'pipe', 'inherit'] });
  let seen = '';
  child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')));
  child.stdin.write('one\ntwo\n'); // and the pipe stays open
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect([seen, status]).toEqual(['one', 0]);
});

it('exit flushes and throws the status modulo 256', () => {
  const program = new TestProgram(registry);
  let flushed = 0;
  program.machine.unflushed.push({ flush: () => flushed++ });
  for (const [given, status] of [
    [0, 0],
    [263, 7],
    [-1, 255],
    [2n ** 60n + 3n, 3],
  ] as const) {
    try {
      program.call('exit', given)();
      throw new Error('exit came back');
    } catch (error) {
      expect(error).toBeInstanceOf(Exit);
      expect((error as Exit).status).toBe(status);
    }
  }
  expect(flushed).toBe(1);
});

it('without a backend there are no arguments, and exec and input answer an error', () => {
  const program = new TestProgram(new Registry().add(processBuiltins(null)));
  const shown = ['args', 'env', 'exec', 'input'].map((name) => display(program.call(name)() as Value));
  expect(shown).toEqual([
    '[]',
    '{}',
    "{error: 'exec() unavailable in this runtime', type: :error}",
    "{error: 'input() unavailable in this runtime', type: :error}",
  ]);
});
