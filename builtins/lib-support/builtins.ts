/**
 * What the standard library in lib/ leaves to JavaScript, because it serves long strings and lists many times better.
 *
 * These builtins are for lib/ alone: their names begin with `__`, help does not list them, and they may change.
 */

import { brief } from '../../language/runtime/brief.ts';
import { mistake } from '../../language/runtime/errors.ts';
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import { isAscii } from '../../language/values/bytes.ts';
import {
  type Fn,
  getKey,
  keysOf,
  MAX_TEXT,
  Obj,
  Str,
  SUSPENDED,
  type Suspended,
  str,
  type Value,
} from '../../language/values/values.ts';
import { any, callable, int, list, nonNegativeInt, object, optional, saying, text } from '../params.ts';
import { type Builtin, builtin, type Param } from '../registry.ts';
import { inSlices, textOf, type Work } from '../time-slices.ts';
import { base64Decode, base64Encode } from './base64.ts';
import { parseJson } from './json-parse.ts';
import { jsonEscape } from './json-text.ts';
import { writeJson } from './json-write.ts';
import { loopBuiltins } from './loops.ts';
import { percentDecode, percentEncode } from './percent.ts';
import { findNear, indexOf, isQuickSearch, lastIndexOf } from './search.ts';
import { sortByKeys } from './sorting.ts';
import { inParts, replaceText, splitText } from './split-replace.ts';
import { waitingBuiltins } from './waiting.ts';

/** A string or a list. */
const iterable: Param<Str | Value[]> = saying(
  { name: 'xs', expected: 'string or list', read: (value) => (value instanceof Str || Array.isArray(value) ? value : undefined) },
  'Only a string or a list has a part from one index to another, got',
);
const bound = (name: string) => saying(int(name), 'The part of a string or list is bounded by ints, got');
const searched = saying(text('s'), 'Only a string can be searched, got');
const sought = saying(text('sub'), 'A string can only be searched for a string, got');

/** Threads that are started in one slice. */
const STARTED = 1000;

/**
 * Calls each function in its own thread. The first error is that of the calling thread: it is raised there at once, and what
 * goes wrong in the others after that is reported as for any thread. Functions whose thread has not been started by then are not called.
 */
function runAll(machine: Machine, functions: readonly Value[]): Value | Suspended {
  const fns = functions.slice(); // other threads may change the list meanwhile
  for (const fn of fns) {
    if (typeof fn !== 'function') throw mistake('not-callable', { value: fn });
  }
  const values: Value[] = new Array(fns.length).fill(null);
  const threads: Thread[] = [];
  let running = fns.length;
  let failure: Error | null = null;
  let caller: Thread | null = null; // when all are started
  const start = (i: number): void => {
    const thread = machine.spawn(fns[i] as Fn, []); // the loop above has seen to it
    threads.push(thread);
    thread.attended = true;
    thread.onEnd = (value, error) => {
      running--;
      values[i] = value;
      if (error instanceof Error) {
        if (!thread.attended) return;
        for (const one of threads) one.attended = false;
        failure = error;
        if (caller !== null) machine.fail(caller, error);
      } else if (running === 0 && caller !== null) {
        machine.wake(caller, values);
      }
    };
  };
  const startFrom = (first: number): Value | Suspended => {
    if (failure !== null) throw failure;
    const end = Math.min(first + STARTED, fns.length);
    for (let i = first; i < end; i++) start(i);
    if (end < fns.length) return machine.outOfFuel(0, startFrom as Fn, [end]);
    if (running === 0) return values;
    caller = machine.block('internal');
    return SUSPENDED;
  };
  return startFrom(0);
}

/** Calls a function in its own thread, whose error is reported as for any thread, and tells the caller how it ended. */
function attempt(machine: Machine, fn: Fn): Suspended {
  const caller = machine.block('internal');
  machine.spawn(fn, []).onEnd = (value, error) => {
    const made = new Obj();
    made.ok = error === null;
    if (error === null) made.data = value;
    machine.wake(caller, made);
  };
  return SUSPENDED;
}

function* parsed(json: string): Work<Value> {
  const read = yield* parseJson(json);
  return read.ok ? [read.value] : read.at;
}

/** Strings that are joined in one slice. */
const SLICE = 10_000;

/** Null when one of them is not a string, or it would be too long. */
function* joined(strings: readonly Value[], joiner: string): Work<Value> {
  let made = '';
  let length = 0;
  for (let from = 0; from < strings.length; from += SLICE) {
    if (from > 0) yield;
    const texts: string[] = from === 0 ? [] : ['']; // the joiner comes before all but the first
    for (const one of strings.slice(from, from + SLICE)) {
      if (!(one instanceof Str)) return null;
      length += one.length + joiner.length;
      texts.push(one.text);
    }
    if (length > MAX_TEXT) return null;
    made += texts.join(joiner);
  }
  return str(made);
}

const ASCII_UPPER = /[A-Z]+/g;
const ASCII_LOWER = /[a-z]+/g;

function lower(text: string): string {
  return isAscii(text)
    ? text.toLowerCase()
    : inParts(text, (part) => part.replace(ASCII_UPPER, (letters) => letters.toLowerCase()));
}

function upper(text: string): string {
  return isAscii(text)
    ? text.toUpperCase()
    : inParts(text, (part) => part.replace(ASCII_LOWER, (letters) => letters.toUpperCase()));
}

export const libraryBuiltins: readonly Builtin[] = [
  ...loopBuiltins,
  ...waitingBuiltins,
  builtin({
    name: '__slice',
    group: 'text',
    help: 'a copy of the items of a string or list from one index to before another; both are cut to its length',
    params: [iterable, bound('from'), bound('to')],
    run(_machine, xs, from, to) {
      const start = Math.max(0, Number(from));
      const end = Math.max(start, Number(to));
      return xs instanceof Str ? new Str(xs.slice(start, end)) : xs.slice(start, end);
    },
  }),
  builtin({
    name: '__index_of',
    group: 'text',
    help: 'where a string first occurs in another one, from an index on; -1 if nowhere',
    params: [searched, sought, nonNegativeInt('from')],
    suspends: true,
    run(machine, searched, { text: sub }, from) {
      const near = findNear(searched, sub, from);
      if (near >= 0) return near;
      const s = searched.text;
      return isQuickSearch(s, sub) ? s.indexOf(sub, from) : inSlices(machine, indexOf(s, sub, from));
    },
  }),
  builtin({
    name: '__last_index_of',
    group: 'text',
    help: 'where a string last occurs in another one; -1 if nowhere',
    params: [searched, sought],
    suspends: true,
    run(machine, searched, { text: sub }) {
      const near = findNear(searched, sub, null);
      if (near >= 0) return near;
      const s = searched.text;
      return isQuickSearch(s, sub) ? s.lastIndexOf(sub) : inSlices(machine, lastIndexOf(s, sub));
    },
  }),
  builtin({
    name: '__split',
    group: 'text',
    help: 'the list of what stands in a string before, between and after another one, which is not empty',
    params: [searched, sought],
    suspends: true,
    run: (machine, s, sep) => inSlices(machine, splitText(s.text, sep.text)),
  }),
  builtin({
    name: '__replace',
    group: 'text',
    help: 'a string with another one in place of each part, which is not empty; ? when that is too long or no string',
    params: [searched, sought, any('by')],
    suspends: true,
    run: (machine, s, sub, by) => (by instanceof Str ? inSlices(machine, replaceText(s.text, sub.text, by.text)) : null),
  }),
  builtin({
    name: '__join',
    group: 'text',
    help: 'the strings of a list with another one between them; ? when there is anything else in it or it is too long',
    params: [any('strings'), any('joiner')],
    suspends: true,
    run: (machine, strings, joiner) =>
      Array.isArray(strings) && joiner instanceof Str ? inSlices(machine, joined(strings, joiner.text)) : null,
  }),
  builtin({
    name: '__lower',
    group: 'text',
    help: 'a copy with ASCII letters in lower case',
    params: [saying(text('s'), 'Only a string has a lower case, got')],
    run: (_machine, s) => str(lower(s.text)),
  }),
  builtin({
    name: '__upper',
    group: 'text',
    help: 'a copy with ASCII letters in upper case',
    params: [saying(text('s'), 'Only a string has an upper case, got')],
    run: (_machine, s) => str(upper(s.text)),
  }),
  builtin({
    name: '__sort',
    group: 'text',
    help: 'sorts a list in place, stably, by a list of keys at the same places: all numbers or all strings',
    params: [list('items'), list('keys')],
    suspends: true,
    run: (machine, items, keys) => inSlices(machine, sortByKeys(items, keys)),
  }),
  builtin({
    name: '__json_escape',
    group: 'text',
    help: 'a string as JSON writes it, without its quotes',
    params: [saying(text('s'), 'Only a string can be escaped, got')],
    run: (_machine, s) => str(jsonEscape(s.text)),
  }),
  builtin({
    name: '__json_parse',
    group: 'text',
    help: 'the value that JSON stands for, as a list of it; the index where it stops being JSON when it does',
    params: [saying(text('json'), 'Only a string can be read as JSON, got')],
    suspends: true,
    run: (machine, json) => inSlices(machine, parsed(json.text)),
  }),
  builtin({
    name: '__json_write',
    group: 'text',
    help: 'a value as JSON; ? when it is nested deeper than a limit',
    params: [any('value'), nonNegativeInt('limit')],
    suspends: true,
    run: (machine, value, limit) => inSlices(machine, textOf(writeJson(value, limit))),
  }),
  builtin({
    name: '__base64_encode',
    group: 'text',
    help: 'a string in base64, standard alphabet, padded',
    params: [text('s')],
    suspends: true,
    run: (machine, s) => inSlices(machine, textOf(base64Encode(s.text))),
  }),
  builtin({
    name: '__base64_decode',
    group: 'text',
    help: 'the string that base64 of either alphabet, padded or not, stands for; ? if it is malformed',
    params: [saying(text('s'), 'Only a string can be decoded, got')],
    suspends: true,
    run: (machine, s) => inSlices(machine, textOf(base64Decode(s.text))),
  }),
  builtin({
    name: '__percent_encode',
    group: 'text',
    help: 'a string with %XX for each byte that is not plain; with uri = true those with a meaning in addresses stay',
    params: [text('s'), optional(any('uri'), false)],
    run: (_machine, s, uri) => str(percentEncode(s.text, uri === true)),
  }),
  builtin({
    name: '__percent_decode',
    group: 'text',
    help: 'a string without %XX; with plus = true a plus sign is a blank',
    params: [text('s'), optional(any('plus'), false)],
    run: (_machine, s, plus) => str(percentDecode(s.text, plus === true)),
  }),
  builtin({
    name: '__also',
    group: 'core',
    help: 'an object with the keys of another as well, which can be read but are not listed',
    params: [object('o'), object('more')],
    run(_machine, o, more) {
      for (const key of keysOf(more)) {
        Object.defineProperty(o, key, { value: getKey(more, key), writable: true, configurable: true, enumerable: false });
      }
      return o;
    },
  }),
  builtin({
    name: '__run_all',
    group: 'channels',
    help: 'calls functions in threads of their own; the list of their values, or the first error, raised in the caller',
    params: [list('functions')],
    suspends: true,
    run: runAll,
  }),
  builtin({
    name: '__attempt',
    group: 'channels',
    help: 'calls a function in a thread of its own: {ok: true, data: value} when it ended, {ok: false} when it failed',
    params: [callable('f')],
    suspends: true,
    run: attempt,
  }),
  builtin({
    name: '__fail',
    group: 'core',
    help: 'ends the thread with a runtime error of this text',
    params: [any('reason')],
    run(_machine, reason) {
      throw mistake('raised', { says: reason instanceof Str ? reason.text : brief(reason) });
    },
  }),
];
