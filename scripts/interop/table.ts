/** What an interop case is, what it may use, and the table that comes of all of them. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { type Ran, runCommand } from '../run-command.ts';
import type { Servers } from './servers.ts';

/** The folder of this file and of the programs that cases run. */
export const here = dirname(fileURLToPath(import.meta.url));
export const cli = resolve(here, '../../dist/cli.cjs');
/** The longest that a command may run. */
const COMMAND_MS = 30_000;

/** One full session between one of our programs and a foreign one. */
export interface Case {
  /** The software on the other side: the lines of the table are grouped by it. */
  readonly peer: string;
  readonly name: string;
  /** Also in the short form that CI runs. */
  readonly short?: boolean;
  /** Executables or npm packages that it needs; the case is skipped where one is missing. */
  readonly needs?: readonly string[];
  /** Throws when something is wrong. */
  run(world: World): Promise<void>;
}

/** A program that serves; each line it prints is a JSON value. */
export interface Running {
  /** The next line, waited for at most 10 seconds. */
  next(): Promise<unknown>;
  memory: Started['memory'];
  stop: Started['stop'];
}

/** A program that runs. */
export interface Started {
  /** The next line that it prints, waited for at most 10 seconds. */
  line(): Promise<string>;
  /** The exit status, when it has ended. */
  readonly ended: Promise<number | null>;
  /** The most memory that it had so far, in MB; 0 where the system does not tell. */
  memory(): number;
  stop(): Promise<void>;
}

/** What cases use. */
export interface World {
  readonly servers: Servers;
  /** Where `import` finds the npm packages that are peers. */
  readonly packages: string;
  /** Runs a command to its end, at most 30 seconds. */
  command(name: string, args: readonly string[], options?: { input?: string; env?: NodeJS.ProcessEnv }): Promise<Ran>;
  /** Runs a Magnolia program of this folder with values in its environment; its last line is JSON. */
  magnolia(program: string, env: { readonly [name: string]: string | number }): Promise<unknown>;
  /** Starts Node. */
  start(args: readonly string[], env: { readonly [name: string]: string | number }): Started;
  /** Starts a program of this folder, in Magnolia or for Node (.mjs), that prints "ready" first. */
  serve(program: string, env: { readonly [name: string]: string | number }): Promise<Running>;
}

export function createWorld(servers: Servers, packages: string): World {
  const environment = (env: { readonly [name: string]: string | number } = {}) => ({
    ...process.env,
    SSL_CERT_FILE: join(servers.certs, 'ca.pem'),
    ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
  });
  const command: World['command'] = (name, args, { input = '', env = process.env } = {}) =>
    runCommand(name, args, { input, env, limitMs: COMMAND_MS });
  const start: World['start'] = (args, env) => {
    const child = spawn(process.execPath, args, { env: environment(env), stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    let arrived = () => {};
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      arrived();
    });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    return {
      ended,
      async line() {
        const limit = Date.now() + 10_000;
        for (;;) {
          const first = lines.shift();
          if (first !== undefined) return first;
          if (Date.now() > limit || child.exitCode !== null) throw new Error(`${args.join(' ')} printed nothing more`);
          await new Promise<void>((done) => {
            arrived = done;
            setTimeout(done, 200);
          });
        }
      },
      memory() {
        try {
          return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
        } catch {
          return 0;
        }
      },
      async stop() {
        child.kill();
        await ended;
      },
    };
  };
  return {
    servers,
    packages,
    command,
    async magnolia(program, env) {
      const { out, err, status } = await command(process.execPath, [cli, join(here, program)], { env: environment(env) });
      if (status !== 0) throw new Error(`${program} ended with ${status}\n${out}${err}`);
      return JSON.parse(out.trim().split('\n').at(-1) ?? '');
    },
    start,
    async serve(program, env) {
      const file = join(here, program);
      const { line, memory, stop } = start(file.endsWith('.mjs') ? [file] : [cli, file], env);
      if ((await line()) !== 'ready') throw new Error(`${program} is not ready`);
      return { next: async () => JSON.parse(await line()) as unknown, memory, stop };
    },
  };
}

/** JSON with the keys of objects in order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort())
      : inner,
  );
}

/** Throws unless both are the same JSON, ignoring the order of keys. */
export function same(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [sorted(actual), sorted(expected)];
  if (is !== should) throw new Error(`${what}: ${is}, not ${should}`);
}

/** Throws with what a command printed unless it ended well. */
export function succeeded(outcome: Ran): Ran {
  if (outcome.status !== 0)
    throw new Error(`exit status ${outcome.status}\n${outcome.out.slice(-2000)}${outcome.err.slice(-2000)}`);
  return outcome;
}

/** Runs the cases one after the other, prints a line for each and a summary; the number of failures. */
export async function runCases(cases: readonly Case[], world: World, missing: ReadonlySet<string>): Promise<number> {
  let [passed, failed, skipped] = [0, 0, 0];
  let peer = '';
  for (const one of [...cases].sort((a, b) => (a.peer < b.peer ? -1 : a.peer > b.peer ? 1 : 0))) {
    if (one.peer !== peer) console.log(`\n${styleText('bold', one.peer)}`);
    peer = one.peer;
    const lacking = (one.needs ?? []).filter((name) => missing.has(name));
    if (lacking.length > 0) {
      skipped += 1;
      console.log(`  ${styleText('yellow', 'SKIPPED')} ${one.name}: no ${lacking.join(', ')}`);
      continue;
    }
    const start = performance.now();
    try {
      await one.run(world);
      passed += 1;
      console.log(`  ${styleText('green', 'ok')} ${one.name} ${styleText('dim', `${Math.round(performance.now() - start)} ms`)}`);
    } catch (error) {
      failed += 1;
      console.log(
        `  ${styleText('red', 'FAIL')} ${one.name}\n${String(error instanceof Error ? error.message : error).replace(/^/gm, '    ')}`,
      );
    }
  }
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed;
}
