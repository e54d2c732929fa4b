/**
 * `npm run conformance [-- --check]`: which socket functions do what the contract says, on which runtime.
 *
 * It runs all specs under spec/socket on Node, and those that say what a runtime without sockets answers (name.js.out) on the bundle
 * for browsers. A spec counts for every socket function that its program calls. The table is printed and written to
 * conformance.md; with `--check` the file is left alone, and the status is 1 when it is not the table just measured. `--jobs N` is
 * handed on to the spec runner. Status 1 also when a spec fails or a function has none.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { findSpecs, specs } from '../spec/spec-files.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const target = join(root, 'conformance.md');
const runtimes = ['native', 'js'] as const;
type Runtime = (typeof runtimes)[number];

/** What the module `socket` offers, in the order of its source. */
function socketFunctions(): string[] {
  const source = readFileSync(join(root, 'lib/socket.oak'), 'utf8');
  return [...source.matchAll(/^fn ([A-Za-z]\w*)\(/gm)].map(([, name = '']) => name);
}

/** `sendLine` is called as socket.sendLine, as a method of the wrapper, or as the builtin below it. */
function callsOf(program: string, name: string): boolean {
  const snake = name.replace(/TLS/, 'tls').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return new RegExp(`\\.${name}\\(|\\bsocket_${snake}\\(`).test(program);
}

/** The specs about sockets that say something about a runtime. */
function specsFor(runtime: Runtime): string[] {
  const says = (name: string): boolean =>
    ['out', 'err', 'code'].some((ending) => existsSync(join(specs, `${name}.js.${ending}`)));
  return findSpecs(['socket/']).filter((name) => name.startsWith('socket/') && (runtime === 'native' || says(name)));
}

/** Runs specs; returns the names of those that failed. */
function failuresOf(runtime: Runtime, names: readonly string[], jobs: string | undefined): Set<string> {
  const filters = runtime === 'native' ? ['socket/'] : names;
  const flags = ['--runtime', runtime, ...(jobs === undefined ? [] : ['--jobs', jobs])];
  const args = ['--import', './scripts/typescript.mjs', 'scripts/spec/spec.ts', ...flags, ...filters];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const output = stripVTControlCharacters(stdout);
  if (!/^\d+ passed, \d+ failed$/m.test(output)) throw new Error(`The specs did not run:\n${output}${stderr}`);
  const failed = [...output.matchAll(/^FAIL (\S+)$/gm)].map(([, name = '']) => name);
  if (failed.length > 0) console.log(output);
  return new Set(failed);
}

interface Row {
  readonly name: string;
  readonly verdicts: readonly string[];
}

function measure(jobs: string | undefined): { rows: Row[]; isGood: boolean } {
  const measured = runtimes.map((runtime) => {
    const names = specsFor(runtime);
    const failed = failuresOf(runtime, names, jobs);
    const programs = names.map((name) => ({ name, text: readFileSync(join(specs, `${name}.oak`), 'utf8') }));
    return { failed, programs };
  });
  let isGood = measured.every(({ failed }) => failed.size === 0);

  const rows = socketFunctions().map((name) => ({
    name,
    verdicts: measured.map(({ failed, programs }) => {
      const about = programs.filter(({ text }) => callsOf(text, name));
      const bad = about.filter((one) => failed.has(one.name));
      if (about.length === 0) isGood = false;
      if (about.length === 0) return 'untested';
      return bad.length === 0 ? 'yes' : `NO: ${bad.map((one) => one.name).join(', ')}`;
    }),
  }));
  return { rows, isGood };
}

function table(rows: readonly Row[]): string {
  const head = ['function', 'Node', 'browser: answers that there is no network'];
  const all = [head, head.map(() => '---'), ...rows.map(({ name, verdicts }) => [`\`${name}\``, ...verdicts])];
  const lines = all.map((cells) => `| ${cells.join(' | ')} |`);
  return `# Conformance of the socket library

Written by \`npm run conformance\` from the specs in \`spec/socket\`: \`NAME.oak\` is a program, and beside it is what it must do. A spec
counts for every function that it calls.

${lines.join('\n')}
`;
}

function main(): void {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, jobs: { type: 'string' } } });
  const { rows, isGood } = measure(values.jobs);
  const text = table(rows);
  console.log(text);
  if (!isGood) process.exitCode = 1;
  if (!values.check) {
    writeFileSync(target, text);
    return;
  }
  if (existsSync(target) && readFileSync(target, 'utf8') === text) return;
  console.error('conformance.md is not what was just measured: run `npm run conformance`');
  process.exitCode = 1;
}

main();
