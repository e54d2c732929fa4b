/** The builtins that belong to the language itself: types and conversions, lengths and keys, `print`. */

import { mistake, type ProgramError } from '../language/runtime/errors.ts';
import { functionName } from '../language/runtime/function-text.ts';
import type { Machine } from '../language/runtime/machine.ts';
import { lengthOf } from '../language/runtime/properties.ts';
import { type Keyed, nestedSteps, toText } from '../language/runtime/render.ts';
import { parseFloatText, parseInt64 } from '../language/values/numbers.ts';
import {
  Atom,
  atom,
  callWith,
  Empty,
  Float,
  type Fn,
  type Int,
  isInt,
  isObject,
  keysOf,
  Pointer,
  Str,
  type Suspended,
  staticsOf,
  str,
  type Value,
} from '../language/values/values.ts';
import { any, isCallable, saying, text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';
import { inSlices, textOf, type Work } from './time-slices.ts';

const TYPES = {
  null: atom('null'),
  empty: atom('empty'),
  int: atom('int'),
  float: atom('float'),
  bool: atom('bool'),
  atom: atom('atom'),
  string: atom('string'),
  list: atom('list'),
  object: atom('object'),
  function: atom('function'),
  pointer: atom('pointer'),
} as const;

/** The atom that `type(value)` returns. */
export function typeOf(value: Value): Atom {
  if (value instanceof Str) return TYPES.string;
  if (typeof value === 'number') return TYPES.int;
  if (Array.isArray(value)) return TYPES.list;
  if (value instanceof Atom) return TYPES.atom;
  if (value === null) return TYPES.null;
  if (typeof value === 'function') return TYPES.function;
  if (typeof value === 'boolean') return TYPES.bool;
  if (value instanceof Float) return TYPES.float;
  if (typeof value === 'bigint') return TYPES.int;
  if (value instanceof Empty) return TYPES.empty;
  return value instanceof Pointer ? TYPES.pointer : TYPES.object;
}

/** `int(value)` for a float: rounded down; `?` for what 64 bits do not hold, infinities and NaN. */
function floatToInt(value: number): Int | null {
  const floor = Math.floor(value) + 0; // + 0 turns -0 into 0
  if (Number.isSafeInteger(floor)) return floor;
  return floor >= -(2 ** 63) && floor < 2 ** 63 ? BigInt(floor) : null;
}

function toInt(value: Value): Value {
  if (isInt(value)) return value;
  if (value instanceof Float) return floatToInt(value.value);
  if (value instanceof Pointer) return value.address;
  return value instanceof Str ? parseInt64(value.text) : null;
}

function toFloat(value: Value): Value {
  if (value instanceof Float) return value;
  if (isInt(value)) return new Float(Number(value));
  if (!(value instanceof Str)) return null;
  const parsed = parseFloatText(value.text);
  return parsed === null ? null : new Float(parsed);
}

function toChar(value: Value): Value {
  if (typeof value === 'number') return str(String.fromCharCode(value < 0 ? 0 : value > 255 ? 255 : value));
  if (typeof value === 'bigint') return str(value < 0n ? '\x00' : '\xff');
  return null;
}

function nameOf(fn: Fn): Atom {
  return atom(functionName(fn));
}

function isNested(value: Value): value is Value[] | Keyed {
  return Array.isArray(value) || isObject(value);
}

/** The atom of a value's text, which may take long to write. */
function atomOf(machine: Machine, value: Value): Value | Suspended {
  if (value instanceof Atom) return value;
  return isNested(value) ? inSlices(machine, atomInSteps(value)) : atom(toText(value));
}

function* atomInSteps(value: Value[] | Keyed): Work<Value> {
  return atom(yield* nestedSteps(value));
}

/** Writes values and a line break at once, so that no other thread writes in between; returns the number of bytes. */
function* printLine(machine: Machine, values: readonly Value[]): Work<Value> {
  let line = '';
  for (const [i, value] of values.entries()) {
    if (i > 0) line += ' ';
    line += isNested(value) ? yield* nestedSteps(value) : toText(value);
  }
  machine.host.write(`${line}\n`);
  return line.length + 1;
}

/** Are these the same class, or a class and the atom of its name? */
function sameClass(a: Value, b: Value): boolean {
  return staticsOf(a) !== undefined ? a === b || isNameOf(b, a) : isNameOf(a, b);
}

function isNameOf(name: Value, fn: Value): boolean {
  return isCallable(fn) && staticsOf(fn) !== undefined && nameOf(fn) === name;
}

function keyList(value: Value): Value[] {
  if (isObject(value)) return keysOf(value).map((key) => str(key));
  const indexes: Value[] = [];
  if (value instanceof Str || Array.isArray(value)) for (let i = 0; i < value.length; i++) indexes.push(i);
  return indexes;
}

/** `bytecode` and `interpreter` choose an engine in the reference; here there is one, so both just call. */
function callWithList(name: string, notCallable: (fn: Value) => ProgramError): Builtin {
  return {
    name,
    group: 'core',
    help: 'calls a function with a list of arguments',
    params: [any('args'), any('f')],
    unchecked: true,
    run(_machine: Machine, ...given: Value[]) {
      if (given.length < 2)
        throw mistake('argument-count', {
          builtin: `${name}()`,
          says: 'requires 2 arguments: argument list and function',
          got: null,
        });
      const [args = null, fn = null] = given;
      if (!Array.isArray(args))
        throw mistake('argument', { says: `first argument to ${name}() must be a list, got`, value: args });
      if (!isCallable(fn)) throw notCallable(fn);
      // A call in tail position: there is nothing to save should it suspend.
      return callWith(fn, args);
    },
  };
}

export const coreBuiltins: readonly Builtin[] = [
  builtin({
    name: 'type',
    group: 'core',
    help: 'the type of a value, as an atom',
    params: [any('value')],
    run: (_machine, value) => typeOf(value),
  }),
  builtin({
    name: 'string',
    group: 'core',
    help: 'the value as text; a string is given back itself',
    params: [any('value')],
    suspends: true,
    run(machine, value) {
      if (value instanceof Str) return value;
      return isNested(value) ? inSlices(machine, textOf(nestedSteps(value))) : str(toText(value));
    },
  }),
  builtin({
    name: 'int',
    group: 'core',
    help: 'the value as an int (floats rounded down), or ?',
    params: [any('value')],
    run: (_machine, value) => toInt(value),
  }),
  builtin({
    name: 'float',
    group: 'core',
    help: 'the value as a float, or ?',
    params: [any('value')],
    run: (_machine, value) => toFloat(value),
  }),
  builtin({
    name: 'atom',
    group: 'core',
    help: 'the atom with this text',
    params: [any('value')],
    suspends: true,
    run: (machine, value) => atomOf(machine, value),
  }),
  builtin({
    name: 'codepoint',
    group: 'core',
    help: 'the byte of a string of one byte, or ?',
    params: [any('char')],
    run: (_machine, value) => (value instanceof Str && value.length === 1 ? value.codeAt(0) : null),
  }),
  builtin({
    name: 'char',
    group: 'core',
    help: 'the string of this one byte (0 to 255), or ?',
    params: [any('code')],
    run: (_machine, value) => toChar(value),
  }),
  builtin({
    name: 'name',
    group: 'core',
    help: 'the name of a function or class, as an atom',
    params: [any('value')],
    suspends: true,
    run: (machine, value) => (isCallable(value) ? nameOf(value) : atomOf(machine, value)),
  }),
  builtin({
    name: 'csof',
    group: 'core',
    help: 'is this a class; with two arguments: are they the same class, or a class and its name',
    params: [any('class')],
    rest: true,
    run: (_machine, value, others: Value[]) =>
      others.length === 0 ? staticsOf(value) !== undefined : sameClass(value, others[0] ?? null),
  }),
  builtin({
    name: 'len',
    group: 'core',
    help: 'how many bytes a string, items a list or keys an object has',
    params: [any('value')],
    missing: 'string', // the reference's slip
    run: (_machine, value) => lengthOf(value),
  }),
  builtin({
    name: 'keys',
    group: 'core',
    help: 'the keys of an object, or the indexes of a string or list',
    params: [any('value')],
    missing: 'print', // the reference's slip
    run: (_machine, value) => keyList(value),
  }),
  builtin({
    name: 'print',
    group: 'core',
    help: 'writes a string to standard output and gives the number of bytes',
    params: [saying(text('text'), 'Unexpected argument to print:')],
    run(machine, written) {
      machine.host.write(written.text);
      return written.length;
    },
  }),
  builtin({
    name: 'println',
    group: 'core',
    help: 'writes values, separated by blanks, and a line break to standard output',
    params: [],
    rest: true,
    suspends: true,
    run: (machine, values: Value[]) => inSlices(machine, printLine(machine, values)),
  }),
  callWithList('bytecode', (value) =>
    mistake('argument', { says: 'second argument to bytecode() must be a function, got', value }),
  ),
  callWithList('interpreter', (value) => mistake('not-callable', { value })),
];
