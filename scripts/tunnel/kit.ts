/** What the proofs share: gateways in their own processes, and a browser whose programs use them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Chromium, openChromium } from '../spec/chromium.ts';
import { sources, specs } from '../spec/spec-files.ts';
import type { BareJob } from './bare.ts';

export const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, '../..');
export const cli = join(root, 'dist/cli.cjs');

/** What the browser is asked to do (page-program.mjs): to run a program, or to use a WebSocket. */
export type Job = ProgramJob | { readonly bare: BareJob };

export interface ProgramJob {
  readonly gateway: { readonly url: string; readonly token: string };
  readonly file: string;
  readonly env?: { readonly [name: string]: string };
  readonly text?: string;
  readonly files?: { readonly [path: string]: string };
}

export type Browser = Chromium<Job>;

export interface Gateway {
  readonly access: ProgramJob['gateway'];
  /** All that it has written to standard error. */
  log(): string;
  /** Resident memory in KiB: now, and at most so far; 0 where the system does not tell. */
  memory(): { readonly now: number; readonly most: number };
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `magnolia gateway`, which allows everything. */
export async function startGateway(env: NodeJS.ProcessEnv = {}): Promise<Gateway> {
  const flags = ['--listen', '127.0.0.1:0', '--allow-net', '*', '--allow-listen', '*'];
  const child = spawn(process.execPath, [cli, 'gateway', ...flags], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  let log = '';
  const link = await new Promise<RegExpExecArray>((done, failed) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const found = /(ws:\S+)#(\S+)/.exec(log);
      if (found !== null) done(found);
    });
    void ended.then(() => failed(new Error(`the gateway has ended: ${log}`)));
  });
  const [, url = '', token = ''] = link;
  return {
    access: { url, token },
    log: () => log,
    memory() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'latin1');
      const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
      return { now: read('VmRSS'), most: read('VmHWM') };
    },
    async stop() {
      running.delete(child);
      child.kill();
      await ended;
    },
  };
}

/** The browser, whose programs see all of spec/, certificates and other files of these areas included. Null where there is none. */
export function openBrowser(): Promise<Browser | null> {
  const files = ['socket', 'http', 'mail'].flatMap((area) =>
    readdirSync(join(specs, area), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(?:oak|out|err|code)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, 'latin1')] as const),
  );
  return openChromium<Job>(join(here, 'page-program.mjs'), { ...sources(), ...Object.fromEntries(files) });
}

export function expect(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(what);
}
