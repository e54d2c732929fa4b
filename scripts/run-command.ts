/** Runs other programs to their end. */
import { type SpawnOptions, spawn } from 'node:child_process';

/** How a program ended. `status` is null when it was killed. */
export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly status: number | null;
}

export interface RunOptions extends Pick<SpawnOptions, 'cwd' | 'env'> {
  /** Its standard input; empty unless given. */
  readonly input?: string;
  /** Milliseconds after which it is killed. */
  readonly limitMs: number;
}

/** Runs a program to its end, or to the limit. Fails if it cannot be started. */
export function runCommand(file: string, args: readonly string[], { input = '', limitMs, ...options }: RunOptions): Promise<Ran> {
  const child = spawn(file, args, { ...options, stdio: 'pipe', timeout: limitMs, killSignal: 'SIGKILL' });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin.on('error', () => {}); // it may end without reading all
  child.stdin.end(input);
  return new Promise((done, failed) => {
    child.once('error', failed).once('close', (status) => done({ out, err, status }));
  });
}
