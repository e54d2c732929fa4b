/**
 * The mistakes that a program can make, as data: a code, the facts, and how they are worded.
 *
 *     throw mistake('not-callable', { value }, at);
 *
 * Hints (diagnostics/hints.ts) look at code and facts, never at the wording; embedders and editors get the code as `problem.code`.
 * Where the reference implementation has a wording, it is used to the letter, because programs and tests compare it. Values are
 * shortened (brief.ts). Facts and wordings are byte text. The text of a mistake that only one builtin makes (`says`) is a fact.
 */
import type { Expr } from '../syntax/ast.ts';
import type { ParseError } from '../syntax/parse-error.ts';
import type { Source } from '../syntax/source.ts';
import { formatFloat } from '../values/numbers.ts';
import { Float, Str, type Value } from '../values/values.ts';
import { brief, briefText } from './brief.ts';

/** A value as emitted code has it: undefined is a variable that is not set, and counts as `?`. */
export type Operand = Value | undefined;

/** The facts of each mistake. */
export interface Facts {
  // Names, calls and classes
  'undefined-name': { readonly name: string };
  'not-callable': { readonly value: Operand };
  'spread-of-no-list': { readonly value: Operand };
  'parent-of-class': { readonly value: Operand };
  /** `classAt` is the position of the `cs`. */
  'body-of-class': { readonly value: Operand; readonly classAt: number };
  // Assignment and destructuring
  'invalid-target': object;
  'list-pattern': object;
  'object-pattern': object;
  /** `index` counts the elements of the pattern. */
  'pattern-element': { readonly index: number };
  // Operators
  operands: { readonly op: string; readonly left: Operand; readonly right: Operand };
  operand: { readonly op: string; readonly value: Operand };
  'division-by-zero': object;
  'negative-shift': { readonly amount: Operand };
  // Strings, lists and objects
  'no-properties': { readonly value: Operand };
  index: { readonly container: Str | readonly Value[]; readonly key: Operand };
  'object-key': { readonly key: Operand };
  'key-too-long': { readonly most: number };
  'no-length': { readonly value: Operand };
  'assign-to-nothing': object;
  'assign-to-value': object;
  'assign-index': { readonly container: Str | readonly Value[]; readonly key: number | bigint };
  'assign-to-string': { readonly value: Operand };
  // Arguments of builtins
  /** `says` goes on with how many it takes: `requires 2 arguments`. */
  'argument-count': { readonly builtin: string; readonly says: string; readonly got: number | null };
  'argument-types': { readonly builtin: string; readonly values: readonly Operand[] };
  /** `says` is all in front of the value. */
  argument: { readonly builtin?: string; readonly says: string; readonly value: Operand };
  /** An argument whose type is right, but for whose value the builtin has no result. */
  domain: { readonly says: string };
  option: { readonly builtin: string; readonly option: string; readonly expected: string; readonly value: Operand };
  /** `refusal` is why the last connection that could not be made was not. */
  'not-a-socket': { readonly builtin: string; readonly value: Operand; readonly refusal: string | null };
  /** An object that was a socket or channel, or looks like one. */
  'unknown-handle': { readonly kind: 'Socket' | 'Channel' | 'Websocket'; readonly value: Operand; readonly malformed: boolean };
  'tls-credentials': { readonly says: string };
  // Modules
  'unknown-import': { readonly path: string };
  /** A program of `magnolia build` imports what was not compiled with it. */
  'not-included': { readonly path: string };
  'import-syntax': { readonly path: string; readonly library: boolean; readonly source: Source; readonly error: ParseError };
  /** Where the host forbids JavaScript to be made from text: under a content security policy, say. */
  'code-generation': object;
  // Limits and ends
  'out-of-memory': { readonly calls: number | null };
  'too-deep': object;
  'too-large': { readonly says: string };
  /** `where` has a line for each place at which a thread waits. */
  deadlock: { readonly waits: string; readonly where: readonly string[] };
  interrupted: object;
  /** An error of the library with its own text. */
  raised: { readonly says: string };
  /** A function of the embedder has thrown `cause`. */
  'host-function': { readonly name: string; readonly says: string; readonly cause: unknown };
}

/** What kind of mistake it is. */
export type MistakeCode = keyof Facts;

/** A mistake with its facts. */
export type Mistake = { [C in MistakeCode]: { readonly code: C; readonly facts: Facts[C] } }[MistakeCode];

/** Gives parts of the expression at a position as the text of its syntax tree. */
export interface Quote {
  /** The target of the assignment at this position. */
  target(at: number): string;
  /** The right side of the assignment at this position. */
  value(at: number): string;
  /** The expression at this position; of this kind, if one is given. */
  node(at: number, kind?: Expr['kind']): string;
  /** What is wrong with the element of this number in the pattern of the destructuring at this position. */
  badElement(at: number, index: number): string;
  /** The name of the class whose `cs` is at this position. */
  className(at: number): string;
}

type Wordings = { readonly [C in MistakeCode]: (facts: Facts[C], at: number, quote: Quote) => string };

const WORDINGS: Wordings = {
  'undefined-name': ({ name }) => `${briefText(name)} is undefined`,
  'not-callable': ({ value }) => `${brief(value)} is not a function and cannot be called`,
  'spread-of-no-list': ({ value }, at, quote) =>
    `Cannot spread a non-list value ${brief(value)} in a function call ${quote.node(at, 'call')}`,
  'parent-of-class': ({ value }, at, quote) => `Parent class ${quote.node(at)} must construct an object, got ${brief(value)}`,
  'body-of-class': ({ value, classAt }, _at, quote) =>
    `Inherited class body for ${quote.className(classAt)} must construct an object, got ${brief(value)}`,

  'invalid-target': (_, at, quote) => `Invalid assignment target ${quote.target(at)}`,
  'list-pattern': (_, at, quote) => `right side ${quote.value(at)} of list destructuring is not a list`,
  'object-pattern': (_, at, quote) => `right side ${quote.value(at)} of object destructuring is not an object or list`,
  'pattern-element': ({ index }, at, quote) => quote.badElement(at, index),

  operands: ({ op, left, right }) => operandsWording(op, left, right),
  operand: ({ op, value }) => `${op} is not a valid unary operator for ${brief(value)}`,
  'division-by-zero': () => 'Division by zero',
  'negative-shift': ({ amount }) => `Shift amount must be non-negative, got ${brief(amount)}`,

  'no-properties': ({ value }) => `Expected string, list, or object in left-hand side of property access, got ${brief(value)}`,
  index: ({ container, key }) => `Cannot index into ${kindOf(container)} with non-integer index ${brief(key)}`,
  'object-key': ({ key }) => `Expected a string, atom, or number as object key, got ${brief(key)}`,
  'key-too-long': ({ most }) => `A list or object whose text is longer than ${most} bytes cannot be a key`,
  'no-length': ({ value }) => `${brief(value)} does not support a len() call`,
  'assign-to-nothing': (_, at, quote) => `Cannot assign to property of undefined value in ${quote.target(at)}`,
  'assign-to-value': (_, at, quote) =>
    `Expected string, list, or object in left-hand side of property assignment, got ${quote.target(at)}`,
  'assign-index': ({ container, key }, at, quote) =>
    `${container instanceof Str ? 'String' : 'List'} assignment index ${key} out of range in ${quote.node(at, 'assign')}`,
  'assign-to-string': ({ value }, at, quote) => `Cannot assign non-string value ${brief(value)} to string in ${quote.target(at)}`,

  'argument-count': ({ builtin, says, got }) => `${builtin} ${says}${got === null ? '' : `, got ${got}`}`,
  'argument-types': ({ builtin, values }) => `Mismatched types in call ${builtin}(${values.map(brief).join(', ')})`,
  argument: ({ says, value }) => `${says} ${brief(value)}`,
  domain: ({ says }) => says,
  option: ({ builtin, option, expected, value }) => `${builtin} options.${option} must be ${expected}, got ${brief(value)}`,
  'not-a-socket': ({ builtin, value }) => `First argument to ${builtin} must be a socket, got ${brief(value)}`,
  'unknown-handle': ({ kind, value, malformed }) => `${kind} ${brief(value)} is ${malformed ? 'malformed' : 'not available'}`,
  'tls-credentials': ({ says }) => says,

  'unknown-import': ({ path }) => `Could not open ${briefText(path)} (.oak, .ok, .mag, .mg)`,
  'not-included': ({ path }) =>
    `Could not open ${briefText(path)}: it was not compiled with this program; name it with \`magnolia build --include\``,
  'import-syntax': ({ path, library, source, error }) => {
    const { line, column } = error.at === null ? { line: 0, column: 0 } : source.lineAndColumn(error.at);
    const what = `Error ${library ? 'loading' : 'importing'} ${briefText(path)}`;
    return `${what}: Parse error at [${line}:${column}]: ${error.reason}`;
  },

  'code-generation': () =>
    'Programs cannot be compiled here, because code generation from text is forbidden: compile this one in advance with `magnolia build`',

  'out-of-memory': ({ calls }) => {
    const why =
      calls === null ? 'the values of the program take nearly all there is' : `${calls} calls wait for others to return`;
    return `Out of memory: ${why}`;
  },
  'too-deep': () => 'A value is nested too deeply',
  'too-large': ({ says }) => says,
  deadlock: ({ waits, where }) =>
    [`Deadlock: ${waits} for a channel that nobody can use any more`, ...where.map((line) => `  ${line}`)].join('\n'),
  interrupted: () => 'Interrupted',
  raised: ({ says }) => says,
  'host-function': ({ name, says }) => `${briefText(name)} failed: ${says}`,
};

/** All codes, for the documentation. */
export const MISTAKE_CODES = Object.keys(WORDINGS) as MistakeCode[];

/** A text that was written elsewhere takes at most this much of a message. */
const MOST_OF_MESSAGE = 2000;

const nothing = (): string => '';
const NO_QUOTE: Quote = { target: nothing, value: nothing, node: nothing, badElement: nothing, className: nothing };

/** A mistake in words, as byte text. `at` is the global position that `quote` is asked about. */
export function wording({ code, facts }: Mistake, at = 0, quote = NO_QUOTE): string {
  const word = WORDINGS[code] as (facts: Mistake['facts'], at: number, quote: Quote) => string; // the facts are those of the code
  const text = word(facts, at, quote);
  return text.length <= MOST_OF_MESSAGE ? text : `${text.slice(0, MOST_OF_MESSAGE)}...`;
}

function kindOf(container: Str | readonly Value[]): string {
  return container instanceof Str ? 'string' : 'list';
}

function asFloat(value: number | bigint | Float): string {
  return formatFloat(value instanceof Float ? value.value : Number(value));
}

/** Two values that the operator does not work on. The left one decides the wording. */
function operandsWording(op: string, left: Operand, right: Operand): string {
  if (isNumber(left) && isNumber(right)) return `Invalid binary operator ${op} for floats ${asFloat(left)}, ${asFloat(right)}`;
  const values = `${brief(left)}, ${brief(right)}`;
  const leftIsOpen = isNumber(left) || left instanceof Str || Array.isArray(left);
  if (leftIsOpen || (typeof left === 'boolean' && typeof right !== 'boolean')) {
    return `Cannot ${op} incompatible values ${values}`;
  }
  return `Binary operator ${op} is not defined for values ${values}`;
}

/** Is this an int or a float? */
export function isNumber(value: Operand): value is number | bigint | Float {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Float;
}
