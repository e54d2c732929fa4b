/**
 * For tests: does the compiled language do what the language says? A program is run by the compiler at several sizes of the fuel tank and
 * in two layouts of its JavaScript, and by the naive evaluator. Output, errors, their places and stack traces have to be the same.
 */
import { coreBuiltins } from '../../builtins/core.ts';
import { mathBuiltins } from '../../builtins/math.ts';
import { any } from '../../builtins/params.ts';
import { builtin, Registry } from '../../builtins/registry.ts';
import { runProgram } from '../../builtins/testing/test-run.ts';
import { textBuiltins } from '../../builtins/text.ts';
import type { Layout } from '../compiler/unit.ts';
import { Interpreter } from '../interpreter.ts';
import { compile } from '../runtime/compile.ts';
import { ProgramError } from '../runtime/errors.ts';
import { functionName, programOf } from '../runtime/function-text.ts';
import type { Host } from '../runtime/host.ts';
import { Machine } from '../runtime/machine.ts';
import { wording } from '../runtime/mistakes.ts';
import { quoteFrom } from '../runtime/quote.ts';
import { toText } from '../runtime/render.ts';
import type { Unit } from '../runtime/units.ts';
import { Source } from '../syntax/source.ts';
import { type Fn, getKey, isObject, keysOf, staticsOf, type Value } from '../values/values.ts';
import { NumberProgram } from './number-program.ts';
import { OperatorProgram, Random, ScopeProgram } from './random-program.ts';
import { NaiveEvaluator, TooLong } from './tree-walker.ts';

/** What random programs are made of, and whether a program runs as a whole or line by line as the inputs of a session. */
export const PROGRAM_KINDS = ['scopes', 'operators', 'numbers', 'session'] as const;
export type ProgramKind = (typeof PROGRAM_KINDS)[number];

/** A program that the compiled language and the evaluator disagree about. */
export interface Difference {
  readonly program: string;
  /** How the compiled one was run. */
  readonly run: string;
  readonly compiled: Result;
  readonly evaluated: Result;
}

interface Result {
  readonly output: string;
  readonly error: string | null;
}

const FUELS = [2000, 1, 3];
/** As if every program were large, every function long, and every expression a part. */
const LARGE: Layout = { manySites: 0, manyNodes: 0, partNodes: 1 };
/** Steps after which the evaluator gives a program up. */
const MOST_STEPS = 100_000;

/** The program of this kind with this number. */
export function randomProgram(kind: ProgramKind, seed: number): string {
  const random = new Random(seed);
  if (kind === 'operators') return new OperatorProgram(random).text();
  return kind === 'numbers' ? new NumberProgram(random).text() : new ScopeProgram(random).text();
}

/** Runs a program both ways; null when they agree, or when it takes the evaluator too long. */
export function difference(kind: ProgramKind, program: string): Difference | null {
  return kind === 'session' ? differenceInSession(program) : differenceOfRuns(program);
}

/** A value as text. Deep or long values are shown by their size, functions by their name. */
function shown(value: Value, depth = 0): string {
  if (Array.isArray(value)) {
    return depth > 2 || value.length > 20 ? `[${value.length}]` : `[${value.map((item) => shown(item, depth + 1)).join(', ')}]`;
  }
  if (isObject(value)) {
    const keys = keysOf(value).sort();
    if (depth > 2 || keys.length > 20) return `{${keys.length}}`;
    return `{${keys.map((key) => `${key}: ${shown(getKey(value, key) as Value, depth + 1)}`).join(', ')}}`; // one of its keys
  }
  if (typeof value === 'function') return `${staticsOf(value) === undefined ? 'fn' : 'cs'} ${functionName(value as Fn)}`;
  const text = toText(value);
  return text.length > 200 ? `${text.length} bytes` : text;
}

const print = builtin({
  name: 'p',
  group: 'core',
  help: 'prints a value and gives it back',
  params: [any('value')],
  run(machine, value) {
    machine.host.write(`${shown(value)}\n`);
    return value;
  },
});

const registry = new Registry().add(coreBuiltins).add(mathBuiltins).add(textBuiltins).add([print]);

/** What a program does according to the naive evaluator; null when that takes it too long. */
function evaluate(source: Source, unit: Unit): Result | null {
  let output = '';
  const host: Host = {
    write(piece) {
      output += piece;
    },
    flush() {},
    now: () => 0,
    defer() {},
    timer: () => () => {},
  };
  const machine = new Machine(host, { failed() {}, idle() {} });
  const evaluator = new NaiveEvaluator(unit.base, MOST_STEPS);
  try {
    evaluator.run(programOf(unit), registry.functions(machine));
    return { output, error: null };
  } catch (error) {
    if (error instanceof TooLong || error instanceof RangeError) return null;
    if (!(error instanceof ProgramError)) throw error;
    const reason = wording(error.mistake, error.at ?? 0, quoteFrom(unit));
    const place = error.at === null || error.at < 0 ? { line: 0, column: 0 } : source.lineAndColumn(error.at - unit.base);
    const frames = evaluator.stack.reverse().map(({ name, at }) => {
      const { line, column } = source.lineAndColumn(at);
      return ` < ${name || 'fn'} [${line}:${column}]`;
    });
    return { output, error: `Runtime: ${reason} [${place.line}:${place.column}]${frames.join('')}` };
  }
}

function differenceOfRuns(program: string): Difference | null {
  const source = new Source('main.oak', program);
  const usual = compile(source);
  const evaluated = evaluate(source, usual.unit);
  if (evaluated === null) return null;
  const large = compile(source, false, { layout: LARGE });
  for (const compiledProgram of [usual, large]) {
    for (const fuel of FUELS) {
      const { output, errors } = runProgram(compiledProgram, { fuel, builtins: [print], looks: 200_000 });
      const compiled = { output, error: errors[0] ?? null };
      const run = `fuel ${fuel}, ${compiledProgram === large ? 'laid out as if it were large' : 'laid out as usual'}`;
      if (!isSame(compiled, evaluated)) return { program, run, compiled, evaluated };
    }
  }
  return null;
}

function isSame(a: Result, b: Result): boolean {
  return a.output === b.output && a.error === b.error;
}

/** The same program line by line, as inputs of one session. */
function inSession(text: string, fuel: number): Result {
  let output = '';
  let now = 0;
  const todo: (() => void)[] = [];
  const interpreter = new Interpreter({
    host: {
      write(piece) {
        output += piece;
      },
      flush() {},
      now: () => now++,
      defer: (run) => void todo.push(run),
      timer: () => () => {},
    },
    builtins: (machine) => registry.functions(machine),
    finder: { find: () => null },
    onProblem() {},
    fuel,
  });
  const session = interpreter.session('/');
  let error: string | null = null;
  for (const line of text.trimEnd().split('\n')) {
    session.evaluate(new Source('input', line), (result) => {
      if ('problem' in result) error = `Runtime: ${result.problem.reason}`;
    });
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) next();
    if (error !== null) break;
  }
  return { output, error };
}

function differenceInSession(program: string): Difference | null {
  const source = new Source('main.oak', program);
  const whole = evaluate(source, compile(source).unit);
  if (whole === null) return null;
  const evaluated = { output: whole.output, error: whole.error?.replace(/ \[\d+:\d+\](?: < .*)?$/s, '') ?? null };
  for (const fuel of FUELS) {
    const compiled = inSession(program, fuel);
    if (!isSame(compiled, evaluated)) return { program, run: `fuel ${fuel}, line by line`, compiled, evaluated };
  }
  return null;
}
