/**
 * For tests: runs whole Magnolia programs at once, without a world.
 *
 * Time passes when nothing else can happen, so a program that waits takes no real time; modules come from a table; what would
 * run for ever is stopped after a number of looks at the clock.
 */

import type { Layout } from '../../language/compiler/unit.ts';
import type { Problem } from '../../language/diagnostics/problem.ts';
import { Interpreter } from '../../language/interpreter.ts';
import type { FoundModule } from '../../language/modules.ts';
import { type Compiled, compile } from '../../language/runtime/compile.ts';
import { Source } from '../../language/syntax/source.ts';
import type { Value } from '../../language/values/values.ts';
import { channelBuiltins } from '../channels.ts';
import { coreBuiltins } from '../core.ts';
import { mathBuiltins } from '../math.ts';
import { type Builtin, Registry } from '../registry.ts';
import { textBuiltins } from '../text.ts';
import { timeBuiltins } from '../time.ts';

export interface ModuleTable {
  readonly [name: string]: string | Compiled;
}

export interface RunOptions {
  /** Calls between two captures of the stack. */
  readonly fuel?: number;
  /** Modules by the name that `import` is given: their text, or compiled already. */
  readonly modules?: ModuleTable;
  /** More builtins than core, math, text, time and channels. */
  readonly builtins?: readonly Builtin[];
  /** How often the machine may look at the clock (once for each tank of fuel and each run of threads) before it is stopped. */
  readonly looks?: number;
  /** How the program's JavaScript is laid out; it has to be a program then. */
  readonly layout?: Layout;
  /** Tells the machine that memory is short. */
  readonly memoryIsShort?: () => boolean;
}

export interface RunResult {
  readonly output: string;
  readonly problems: readonly Problem[];
  /** `reason [line:column]`, and the functions of the trace, for each problem. */
  readonly errors: readonly string[];
  /** The exit status; -1 when the program was stopped. */
  readonly status: number;
  readonly value: Value;
}

const DEFAULT_LOOKS = 1_000_000;

/** Runs a program to its end, or until it is stopped. */
export function runProgram(program: string | Compiled, options: RunOptions = {}): RunResult {
  const todo: (() => void)[] = [];
  let timers: { due: number; run: () => void }[] = [];
  let output = '';
  let now = 0;
  let looks = options.looks ?? DEFAULT_LOOKS;
  let outcome: { status: number; value: Value } | null = null;
  const problems: Problem[] = [];

  const registry = new Registry()
    .add(coreBuiltins)
    .add(mathBuiltins)
    .add(textBuiltins)
    .add(timeBuiltins)
    .add(channelBuiltins)
    .add(options.builtins ?? []);
  const interpreter = new Interpreter({
    host: {
      write(piece) {
        output += piece;
      },
      flush() {},
      now() {
        if (--looks < 0) interpreter.stop(-1);
        now += 0.5; // a slice ends sometimes
        return now;
      },
      defer: (run) => void todo.push(run),
      ...(options.memoryIsShort === undefined ? {} : { memoryIsShort: options.memoryIsShort }),
      timer(milliseconds, run) {
        const timer = { due: now + milliseconds, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    builtins: (machine) => registry.functions(machine),
    finder: { find: (path) => findIn(options.modules ?? {}, path) },
    onProblem: (problem) => void problems.push(problem),
    fuel: options.fuel,
  });

  interpreter.run(typeof program === 'string' ? programOf(program, options.layout) : program, '/', (ended) => {
    outcome = ended;
  });
  while (outcome === null) {
    timers.sort((a, b) => a.due - b.due);
    const [timer] = timers;
    const next = timer !== undefined && timer.due <= now ? undefined : todo.shift();
    if (next !== undefined) {
      next();
    } else {
      if (timer === undefined) throw new Error('the program has neither ended nor anything to wait for');
      timers.shift();
      now = Math.max(now, timer.due);
      timer.run();
    }
  }
  const { status, value } = outcome;
  return { output, problems, errors: problems.map(describe), status, value };
}

function programOf(text: string, layout: Layout | undefined): Source | Compiled {
  const source = new Source('main.oak', text);
  return layout === undefined ? source : compile(source, false, { layout });
}

function findIn(modules: ModuleTable, path: string): FoundModule | null {
  if (!Object.hasOwn(modules, path)) return null;
  const module = modules[path] as string | Compiled; // its own key
  const load = () => (typeof module === 'string' ? new Source(`${path}.oak`, module) : module);
  return { key: path, directory: '/', library: false, load };
}

function describe({ kind, reason, place, trace }: Problem): string {
  const position = place === null ? { line: 0, column: 0 } : place.source.lineAndColumn(place.at);
  const functions = trace.filter(({ name }) => name !== null); // the others are calls at the top level
  const frames = functions.map(({ name, line, column }) => ` < ${name || 'fn'} [${line}:${column}]`);
  return `${kind === 'parse' ? 'Parse' : 'Runtime'}: ${reason} [${position.line}:${position.column}]${frames.join('')}`;
}
