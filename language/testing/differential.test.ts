/**
 * Does the compiled language do what the language says? Random programs are run twice: by the compiler at several sizes of the fuel
 * tank, and by the naive evaluator. Output, errors, their places and stack traces have to be the same.
 *
 * `MAGNOLIA_DIFF=20000 npx jest language/differential` tries more programs, MAGNOLIA_DIFF_SEED others.
 */
import { describe, expect, it } from '@jest/globals';
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
import { Source } from '../syntax/source.ts';
import { type Fn, getKey, isObject, keysOf, staticsOf, type Value } from '../values/values.ts';
import { NumberProgram } from './number-program.ts';
import { OperatorProgram, Random, ScopeProgram } from './random-program.ts';
import { NaiveEvaluator, TooLong } from './tree-walker.ts';

const ROUNDS = Number(process.env.MAGNOLIA_DIFF ?? 150);
const SEED = Number(process.env.MAGNOLIA_DIFF_SEED ?? 1);
const FUELS = [2000, 1, 3];
/** As if every program were large, every function long, and every expression a part. */
const LARGE: Layout = { manySites: 0, manyNodes: 0, partNodes: 1 };

/** A value as text, without the insides of what is deep, long or a function. */
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

function registry(): Registry {
  return new Registry().add(coreBuiltins).add(mathBuiltins).add(textBuiltins).add([print]);
}

interface Result {
  readonly output: string;
  readonly error: string | null;
}

/** What a program does according to the naive evaluator; null when that takes it too long. */
function naively(text: string): Result | null {
  const source = new Source('main.oak', text);
  const { unit } = compile(source);
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
  const evaluator = new NaiveEvaluator(unit.base, 100_000);
  try {
    evaluator.run(programOf(unit), registry().functions(machine));
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

function compare(text: string): void {
  const wanted = naively(text);
  if (wanted === null) return;
  for (const layout of [{}, { layout: LARGE }]) {
    for (const fuel of FUELS) {
      const { output, errors } = runProgram(text, { fuel, builtins: [print], looks: 200_000, ...layout });
      const error = errors[0] ?? null;
      expect({ program: text, fuel, ...layout, output, error }).toEqual({ program: text, fuel, ...layout, ...wanted });
    }
  }
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
    builtins: (machine) => registry().functions(machine),
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

function compareSession(text: string): void {
  const wanted = naively(text);
  if (wanted === null) return;
  const reason = wanted.error?.replace(/ \[\d+:\d+\](?: < .*)?$/s, '') ?? null;
  for (const fuel of FUELS) {
    const { output, error } = inSession(text, fuel);
    expect({ program: text, fuel, output, error }).toEqual({ program: text, fuel, output: wanted.output, error: reason });
  }
}

describe('a compiled program does what the naive evaluator does', () => {
  it('with variables, closures and calls', () => {
    for (let i = 0; i < ROUNDS; i++) compare(new ScopeProgram(new Random(SEED * 1_000_003 + i)).text());
  }, 3_600_000);

  it('with operators and properties', () => {
    for (let i = 0; i < ROUNDS; i++) compare(new OperatorProgram(new Random(SEED * 1_000_003 + i)).text());
  }, 3_600_000);

  it('with numbers at the edges', () => {
    for (let i = 0; i < ROUNDS; i++) compare(new NumberProgram(new Random(SEED * 3_000_003 + i)).text());
  }, 3_600_000);

  it('line by line in a session', () => {
    for (let i = 0; i < ROUNDS / 3; i++) compareSession(new ScopeProgram(new Random(SEED * 2_000_003 + i)).text());
  }, 3_600_000);
});
