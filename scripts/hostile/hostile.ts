/**
 * `npm run hostile [-- --short] [--seed N] [--part K/N] [NAME...]`: calls every builtin and every function of the library with arguments that cost
 * much, in a child whose programs have 500 ms and 200 MB. None may take 100 ms more, end the child, or fail with an internal error.
 *
 * Time is that of the processor, so that other work on the machine does not count. `--short` makes a random part of the calls in about
 * a minute; `--part 2/8` the second eighth of the functions; NAMEs are parts of names of functions.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Registry } from '../../builtins/registry.ts';
import { createRuntime, memoryNetwork } from '../../runtime-native/index.ts';
import { libraryManifest } from '../../runtime-native/library.ts';
import { type Call, LATE_MS, type Outcome, TIME_MS } from './limits.ts';
import { random } from './random.ts';
import { argumentLists } from './values.ts';

const here = dirname(fileURLToPath(import.meta.url));
const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    part: { type: 'string', default: '1/1' },
  },
});

/** How long the short form makes calls. */
const SHORT_MS = 45_000;
/** A call that has not ended by then never does. */
const FROZEN_MS = 20_000;
/** `exit` ends programs, as it should. */
const LEFT_OUT = new Set(['exit', '__exit']);

interface Subject {
  readonly text: string;
  readonly params: number;
}

/** Every builtin that programs can call, and every function of a public module. */
function subjects(): Subject[] {
  let registry = new Registry();
  createRuntime({ files: {}, network: memoryNetwork(), registry: (known) => (registry = known) });
  const builtins = registry
    .all()
    .filter(({ name }) => !name.startsWith('__') && !LEFT_OUT.has(name))
    .map(({ name, params }) => ({ text: name, params: params.length }));
  const library = libraryManifest()
    .modules.filter(({ inner }) => !inner)
    .flatMap(({ names: [module = ''], members }) =>
      members.flatMap(({ name, signature }) =>
        signature.includes('(')
          ? [{ text: `import('${module}').${name}`, params: signature.slice(signature.indexOf('(')).split(',').length }]
          : [],
      ),
    );
  const [part = 1, parts = 1] = flags.part.split('/').map(Number);
  return [...builtins, ...library]
    .filter(({ text }) => names.length === 0 || names.some((name) => text.includes(name)))
    .filter((_, i) => i % parts === part - 1);
}

class Child {
  #process: ChildProcess | null = null;

  /** Makes a call; a text is how the child ended in it. */
  call(call: Call): Promise<Outcome | string> {
    this.#process ??= fork(join(here, 'child.ts'), [], {
      execArgv: ['--import', join(here, '../typescript.mjs'), '--max-old-space-size=700'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const child = this.#process;
    return new Promise((done) => {
      const settle = (outcome: Outcome | string): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (typeof outcome === 'string') {
          this.#process = null;
          child.kill('SIGKILL');
        }
        done(outcome);
      };
      const timer = setTimeout(() => settle(`not ended after ${FROZEN_MS / 1000} s`), FROZEN_MS);
      child.once('message', (outcome) => settle(outcome as Outcome));
      child.once('exit', (code, signal) => settle(`the process ended: ${signal ?? code}`));
      child.send(call);
    });
  }

  end(): void {
    this.#process?.kill();
  }
}

const all = subjects();
const began = Date.now();
const dice = random(Number(flags.seed));
const share = flags.short ? 0.02 : 1;
const child = new Child();
const wrong: string[] = [];
let calls = 0;
const order = flags.short
  ? all
      .map((one) => ({ one, at: dice() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one)
  : all;
let reached = 0;
for (const { text: subject, params } of order) {
  if (flags.short && Date.now() - began > SHORT_MS) break;
  reached++;
  for (const args of argumentLists(params, () => dice() < share)) {
    const outcome = await child.call({ subject, args });
    calls++;
    const fault =
      typeof outcome === 'string'
        ? outcome
        : outcome.ms > TIME_MS + LATE_MS
          ? `${Math.round(outcome.ms)} ms`
          : !['value', 'MagnoliaError', 'StoppedError'].includes(outcome.ended)
            ? `ended with ${outcome.ended}`
            : null;
    if (fault !== null) {
      wrong.push(`${subject}(${args.replace(/hostile\('(\w+)'\)/g, '$1')}): ${fault}`);
      console.log(wrong.at(-1));
    }
  }
}
child.end();
console.log(`${calls} calls of ${reached} of ${all.length} functions, ${wrong.length} wrong`);
if (wrong.length > 0) process.exitCode = 1;
