/** What the cases of the matrix share: packages installed in their own folders, processes with a limit, and the programs that are bundled. */
import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ran, runCommand } from '../run-command.ts';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const LIMIT_MS = 240_000;

/** One thing to try. */
export interface Case {
  readonly name: string;
  /** A part of `npm run matrix -- --short`. */
  readonly short?: true;
  /** The packages that it needs, with their exact versions. Cases with the same ones share a folder. */
  readonly packages: Packages;
  /** Tries it in a new folder beside the installed packages. An error says what went wrong. */
  run(at: Place): Promise<void>;
}

export interface Packages {
  readonly [name: string]: string;
}

export interface Place {
  /** An empty folder. */
  readonly folder: string;
  /** Another one, for what was built: nothing of the packages is in reach of it. */
  readonly elsewhere: string;
  /** The path of a command of the installed packages. */
  bin(name: string): string;
}

/** Runs a program to its end, or to the limit. */
export function run([file = '', ...args]: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return runCommand(file, args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, limitMs: LIMIT_MS });
}

/** The same of a program that has to succeed. */
export async function mustRun(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const ran = await run(command, cwd, env);
  if (ran.status !== 0) throw new Error(`${command.join(' ')}: status ${ran.status}\n${ran.out}${ran.err}`.slice(0, 4000));
  return ran;
}

/** A program must have printed this, and nothing else. */
export function expectOutput({ out, err }: Ran, expected: string): void {
  if (out !== expected)
    throw new Error(`It printed ${JSON.stringify(out.slice(0, 1000))}, not ${JSON.stringify(expected)}\n${err}`.slice(0, 4000));
}

export async function save(folder: string, files: { readonly [name: string]: string }): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** The name of the folder in which packages are installed. */
function folderOf(packages: Packages): string {
  const names = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  return names.length === 0 ? 'none' : names.join('+').replaceAll('/', '-');
}

/** Installs the packages of a case, and this package as users install it: from `tarball`. What is there stays. */
export async function install(packages: Packages, below: string, tarball: string): Promise<void> {
  const home = join(below, folderOf(packages));
  const own = join(home, 'node_modules/magnolia-socket');
  if (!existsSync(join(home, 'node_modules/.package-lock.json'))) {
    await save(home, { 'package.json': JSON.stringify({ private: true, dependencies: packages }) });
    await mustRun(['npm', 'install', '--no-audit', '--no-fund', '--silent'], home);
  }
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { recursive: true });
  await mustRun(['tar', 'xzf', tarball, '--strip-components=1', '-C', own], home);
}

/** New folders for a case. */
export async function placeFor({ name, packages }: Case, below: string): Promise<Place> {
  const home = join(below, folderOf(packages));
  const folder = join(home, `try-${name.replace(/\W+/g, '-')}`);
  const elsewhere = join(below, 'elsewhere', name.replace(/\W+/g, '-'));
  for (const one of [folder, elsewhere]) {
    await rm(one, { recursive: true, force: true });
    await mkdir(one, { recursive: true });
  }
  for (const one of [folder, elsewhere]) await save(one, { 'package.json': '{"private": true, "type": "module"}' });
  return { folder, elsewhere, bin: (command) => join(home, 'node_modules/.bin', command) };
}

/** Moves what was built away from the packages. */
export async function moveAway(built: string, to: string): Promise<void> {
  await cp(built, to, { recursive: true });
  await rm(built, { recursive: true });
}

/** A server and a client, and what is loaded only when it is used: certificates, HTTP, mail, and the library's places in an error. */
export const SERVER = `import { createRuntime } from 'magnolia-socket';
const program = \`{ println: println } := import('std')
socket := import('socket')
s := socket.serve('127.0.0.1:0', fn(e) socket.sendLine(e.socket, 'bundled'))
println(socket.recvLine(socket.connect(s.local).socket).data)
s.close()
println(socket.selfSigned(['localhost']).type, req({ url: 'http://127.0.0.1:1/' }).type, type(import('smtp').connect))
import('str').split(5)\`;
const runtime = createRuntime({ network: 'system', output: (text) => process.stdout.write(text) });
runtime.run(program).then(
  () => console.log('no error'),
  (error) => console.log(error.name, error.problem.line),
);
`;
export const SERVER_PRINTS = 'bundled\nok error function\nMagnoliaError 7\n';

/** The same for a page: what it prints becomes its title. */
export const PAGE = `import { createRuntime } from 'magnolia-socket';
const program = \`{ println: println } := import('std')
println(import('json').serialize([1, 2]), type(import('smtp').connect))\`;
let text = '';
export const done = createRuntime({ output: (more) => { text += more; } }).run(program).then(() => text, String);
`;
export const PAGE_PRINTS = '[1,2] function\n';
