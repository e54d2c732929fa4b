/**
 * Finds misspelled options before a program starts: it would run without the file, or without the limit, that was meant.
 *
 * The bundle for browsers, which has no room to spare, leaves this to TypeScript: nothing of a system can be opened there by mistake.
 */
import { nearest } from '../language/diagnostics/nearest.ts';
import { shown } from './callbacks.ts';
import type { Limits, NetworkPolicy, RuntimeOptions } from './options.ts';
import type { ToJsOptions } from './values.ts';

/** What each option may be: one of these words, where `{}` is any object; null for options that only TypeScript checks. */
type Names<T> = { readonly [name in keyof T]-?: readonly string[] | null };

const CHOICES = ['none', 'system'];
const OR_OBJECT = [...CHOICES, '{}'];
const PART = ['{}'];

const OPTIONS: Names<RuntimeOptions> = {
  output: null,
  outputBytes: null,
  input: null,
  args: null,
  env: null,
  files: OR_OBJECT,
  modules: PART,
  network: OR_OBJECT,
  http: ['none', 'fetch'],
  watch: PART,
  processes: CHOICES,
  signals: CHOICES,
  limits: PART,
  signal: PART,
  builtins: PART,
  registry: null,
  values: PART,
  onProblem: null,
  seed: null,
  onTest: null,
  fuel: null,
};
const LIMITS: Names<Limits> = { timeMs: null, memoryBytes: null, threads: null, outputBytes: null };
const VALUES: Names<ToJsOptions> = { strings: ['text', 'bytes'], atoms: ['symbols', 'text'] };
const NETWORK: Names<NetworkPolicy> = { backend: ['system', '{}'], mayConnect: null, mayListen: null, mayReach: null };

/** Throws a TypeError that names the first option that there is not, or whose value is none of those that it may have. */
export function checkOptions(options: RuntimeOptions): void {
  check('', options, OPTIONS);
  const { limits = {}, values = {}, network, args = [], env = {} } = options;
  if (!Array.isArray(args)) throw new TypeError(`The option args has to be a list of strings, not ${shown(args)}`);
  checkTexts('args', args.entries());
  checkTexts(
    'env',
    Object.entries(env).filter(([, value]) => value !== undefined),
  );
  check('limits.', limits, LIMITS);
  check('values.', values, VALUES);
  if (typeof network === 'object' && !('connect' in network)) check('network.', network, NETWORK);
}

function checkTexts(option: string, entries: Iterable<readonly [string | number, unknown]>): void {
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw new TypeError(`The option ${option}.${name} has to be a string, not ${shown(value)}`);
  }
}

function check<T>(part: string, given: object, names: Names<T>): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(names, name)) {
      const meant = nearest(name, Object.keys(names));
      throw new TypeError(`There is no option ${part}${name}${meant === null ? '' : `; did you mean ${part}${meant}?`}`);
    }
    const words = names[name as keyof T]; // it has it
    if (words === null || value === undefined || words.includes(typeof value === 'object' && value !== null ? '{}' : value))
      continue;
    const right = words
      .map((word) => (word === '{}' ? 'an object' : `'${word}'`))
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1');
    throw new TypeError(`The option ${part}${name} has to be ${right}, not ${typeof value === 'string' ? `'${value}'` : value}`);
  }
}
