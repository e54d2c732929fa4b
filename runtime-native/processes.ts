/** Other programs, and the standard input of this process. */
import { spawn } from 'node:child_process';
import type { Command, Execution } from '../builtins/processes.ts';
import { utf8Decode, utf8Encode } from '../language/values/bytes.ts';
import { codeOf, errnoText } from './errno.ts';
import { toBuffer, toText } from './latin1.ts';
import { LineInput } from './line-input.ts';

/** Bytes that another program may write: a quarter of a gigabyte is held twice for a moment. */
const MOST_OUTPUT = 2 ** 28;

/** Why a program could not be started, as Go's `os/exec` says it. */
function startFailure({ path }: Command, error: unknown): Execution {
  const byName = !path.includes('/');
  if (path === '') return { kind: 'failed', cause: 'exec: no command' };
  if (byName && codeOf(error) === 'ENOENT') {
    return { kind: 'failed', cause: `exec: "${path}": executable file not found in $PATH` };
  }
  return { kind: 'failed', cause: `fork/exec ${path}: ${errnoText(error)}` };
}

/** What the operating system gets as UTF-8 must have been UTF-8: Node has no other way to pass it on. */
function asArgument(bytes: string): string | null {
  const text = utf8Decode(bytes);
  return utf8Encode(text) === bytes && !bytes.includes('\0') ? text : null;
}

/** The environment for other programs. Passed sockets are for this process only (sd_listen_fds(3)), which closes them in its children. */
function inherited(): NodeJS.ProcessEnv {
  const { LISTEN_FDS: _fds, LISTEN_PID: _pid, LISTEN_FDNAMES: _names, ...others } = process.env;
  return others;
}

/** Runs another program; the result ends it. */
export function nodeExec(command: Command, done: (execution: Execution) => void, mostBytes = MOST_OUTPUT): () => void {
  const [path, ...args] = [command.path, ...command.args].map(asArgument);
  if (!path || args.includes(null)) {
    const why = command.path === '' ? '' : `fork/exec ${command.path}: invalid argument (not UTF-8, or a NUL)`;
    done(why === '' ? startFailure(command, null) : { kind: 'failed', cause: why });
    return () => {};
  }

  let settled = false;
  const settle = (execution: Execution): void => {
    if (settled) return;
    settled = true;
    done(execution);
  };
  try {
    const child = spawn(path, args as string[], { stdio: 'pipe', windowsHide: true, env: inherited() }); // no null is among them
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.on('error', (error) => settle(startFailure(command, error)));
    child.on('close', (status) =>
      settle({
        kind: 'ended',
        status: status ?? -1,
        stdout: toText(Buffer.concat(stdout)),
        stderr: toText(Buffer.concat(stderr)),
      }),
    );
    const end = (): void => {
      child.kill('SIGKILL');
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy(); // what it has started may hold them open
    };
    let bytes = 0;
    const collect = (chunks: Buffer[], chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= mostBytes) return;
      end();
      stdout.length = stderr.length = 0;
      settle({ kind: 'flooded', mostBytes });
    };
    child.stdout.on('data', (chunk: Buffer) => collect(stdout, chunk));
    child.stderr.on('data', (chunk: Buffer) => collect(stderr, chunk));
    child.stdin.on('error', () => {}); // a program need not read what it is given
    child.stdin.end(toBuffer(command.input));
    return end;
  } catch (error) {
    settle(startFailure(command, error));
    return () => {};
  }
}

/** The whole process has one standard input. */
export const standardInput = new LineInput(() => process.stdin);
