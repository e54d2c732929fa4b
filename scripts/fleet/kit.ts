/** What the proofs share: real engines on loopback, programs in their own processes, and clients. All of it ends with `endAll`. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDevelopmentCertificate } from '../../runtime-native/make-certificate.ts';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');
export const cli = join(root, 'dist/cli.cjs');
export const folder = mkdtempSync(join(tmpdir(), 'magnolia-fleet-'));
const running = new Set<Running>();

/** A process with its output so far. */
export class Running {
  output = '';
  isOver = false;
  readonly child: ChildProcess;
  readonly status: Promise<number | null>;
  readonly #watchers = new Set<() => void>();

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(command, args, { cwd: folder, env: { ...process.env, ...env } });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
        for (const look of this.#watchers) look();
      });
    }
    this.status = new Promise((done) => {
      this.child.once('close', (status) => {
        this.isOver = true;
        running.delete(this);
        for (const look of this.#watchers) look();
        done(status);
      });
    });
    running.add(this);
  }

  /** What the output has that fits; fails when it does not come. */
  async line(pattern: RegExp, limitMs = 20_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (this.isOver || Date.now() > deadline) throw new Error(`no ${pattern} in the output:\n${this.output.slice(-2000)}`);
      await new Promise<void>((done) => {
        const look = (): void => {
          clearTimeout(timer);
          this.#watchers.delete(look);
          done();
        };
        const timer = setTimeout(look, 200);
        this.#watchers.add(look);
      });
    }
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.isOver) this.child.kill(signal);
    return await this.status;
  }
}

/** A program in Magnolia: its text, or a file of the repository. */
export function magnolia(
  program: { text: string } | { file: string },
  args: readonly string[],
  more: { flags?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): Running {
  const file = 'file' in program ? join(root, program.file) : join(folder, `${running.size}-${Date.now()}.oak`);
  if ('text' in program) writeFileSync(file, program.text);
  return new Running(process.execPath, [cli, 'run', ...(more.flags ?? []), file, ...args], more.env);
}

/** Ends everything that was started. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((one) => one.end('SIGKILL')));
  rmSync(folder, { recursive: true, force: true });
}

/** Waits until something listens. */
export async function listening(port: number, limitMs = 10_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const isThere = await new Promise<boolean>((done) => {
      const socket: Socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        done(true);
      }).on('error', () => done(false));
    });
    if (isThere) return;
    if (Date.now() > deadline) throw new Error(`nobody listens on port ${port}`);
    await pause(50);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** The path of an engine's program; null when it is not installed. */
export function engine(name: string): string | null {
  return [`/usr/sbin/${name}`, `/usr/bin/${name}`, `/usr/local/bin/${name}`].find((path) => existsSync(path)) ?? null;
}

/** Starts an engine with its own configuration, and waits until it listens. */
export async function startEngine(name: string, args: readonly string[], port: number): Promise<Running> {
  const path = engine(name);
  if (path === null) throw new Error(`${name} is not installed`);
  const started = new Running(path, args);
  await listening(port).catch((error) => {
    throw new Error(`${name}: ${error}\n${started.output.slice(-1000)}`);
  });
  return started;
}

/** A certificate for localhost in the folder of the proofs. */
export function certificate(): { readonly ca: string; readonly cert: string; readonly key: string } {
  const made = makeDevelopmentCertificate(['localhost', '127.0.0.1'], 30);
  const paths = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(paths.ca, made.ca);
  writeFileSync(paths.cert, made.cert);
  writeFileSync(paths.key, made.key, { mode: 0o600 });
  return paths;
}

export function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

export function expect(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(what);
}

/** Runs a command to its end; fails with its output when its status is not 0. */
export function check(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')}:\n${stdout}${stderr}`);
  }
}

/** One line to a port and the answer to it: the text, `refused`, or `cut` when none came. */
export function ask(port: number, text: string): Promise<string> {
  return new Promise((done) => {
    let answer = '';
    let isConnected = false;
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      isConnected = true;
      socket.write(`${text}\n`);
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error('timeout')));
    socket.on('data', (chunk) => {
      answer += chunk;
      if (answer.endsWith('\n')) socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => done(answer.endsWith('\n') ? answer.trim() : isConnected ? 'cut' : 'refused'));
  });
}
