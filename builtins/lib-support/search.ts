/**
 * Searching long texts in time that is linear in their length, in slices.
 *
 * V8's own search is the fastest for short texts and short needles, but compares a long needle again at each place: the time is the
 * product of the lengths. Long needles are searched with the two-way algorithm (Crochemore and Perrin, "Two-way string-matching",
 * Journal of the ACM 38, 1991): the needle is cut in two where its local period is the global one; the right part is compared from left
 * to right and then the left part from right to left. It makes at most two comparisons for each byte and needs no table.
 */
import type { Str } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';

/** About as much of a text is searched in one slice. */
const SEGMENT = 1 << 18;
/** A longer needle is too long for V8's search: in one segment it compares up to 16 million bytes with one of this length. */
export const SHORT_NEEDLE = 64;
/** Comparisons in one slice. */
const STEPS = 1 << 18;

/** Whether V8's own search for one in the other is short work. */
export function isQuickSearch(text: string, sub: string): boolean {
  return text.length <= SEGMENT && sub.length <= SHORT_NEEDLE;
}

/** Bytes at the start or the end of a changing string in which a long needle is looked for first, and the longest such needle. */
const NEAR = 1 << 12;
const MEDIUM_NEEDLE = 1 << 10;

/**
 * Where `sub` first occurs from an index on, or last (`from` is null), if that is near and the string is not a text now. So a program that changes a
 * string and searches it in turn pays for the bytes up to the place, and not for all.
 */
export function findNear(s: Str, sub: string, from: number | null): number {
  if (s.isFlat || sub.length > MEDIUM_NEEDLE) return -1;
  const most = sub.length <= SHORT_NEEDLE ? SEGMENT : NEAR;
  for (let size = NEAR; size <= most && size < s.length; size *= 4) {
    const start = from ?? s.length - size;
    const part = s.slice(start, start + size);
    const at = from === null ? part.lastIndexOf(sub) : part.indexOf(sub);
    if (at >= 0) return start + at;
  }
  return -1;
}

/** Where `sub` begins in `text` for the first time from an index on; -1 if nowhere. */
export function* indexOf(text: string, sub: string, from: number): Work<number> {
  if (sub.length > SHORT_NEEDLE) return yield* new Needle(sub, false).find(text, from);
  for (let start = Math.min(from, text.length); ; yield) {
    const end = start + SEGMENT;
    const at = text.slice(start, end + sub.length).indexOf(sub);
    if (at >= 0) return start + at;
    if (end >= text.length) return sub === '' ? text.length : -1;
    start = end;
  }
}

/** Where `sub` begins in `text` for the last time; -1 if nowhere. */
export function* lastIndexOf(text: string, sub: string): Work<number> {
  if (sub.length > SHORT_NEEDLE) {
    const at = yield* new Needle(sub, true).find(text, 0);
    return at < 0 ? -1 : text.length - at - sub.length;
  }
  for (let end = text.length; ; yield) {
    const start = Math.max(0, end - SEGMENT);
    const at = text.slice(start, end + sub.length).lastIndexOf(sub);
    if (at >= 0) return start + at;
    if (start === 0) return -1;
    end = start;
  }
}

/** The places of a long `sub` in `text` that do not overlap, from left to right. */
export function* placesOf(text: string, sub: string): Work<number[]> {
  const needle = new Needle(sub, false);
  const places: number[] = [];
  for (let from = 0; ; ) {
    const at = yield* needle.find(text, from);
    if (at < 0) return places;
    places.push(at);
    from = at + sub.length;
  }
}

/** The index of the last byte of the left part, and the distance to the next place after both parts matched or the left did not. */
interface Cut {
  readonly left: number;
  readonly period: number;
  /** Whether the left part repeats in the right one. */
  readonly periodic: boolean;
}

/** A text that is searched for. Backwards, indexes count from the end of both texts. */
class Needle {
  readonly #text: string;
  readonly #first: number;
  readonly #step: number;
  #cut: Cut | null = null;
  #steps = 0;

  constructor(text: string, backwards: boolean) {
    this.#text = text;
    this.#first = backwards ? text.length - 1 : 0;
    this.#step = backwards ? -1 : 1;
  }

  #at(index: number): number {
    return this.#text.charCodeAt(this.#first + this.#step * index);
  }

  /** Where it begins in `text` from an index on; -1 if nowhere. */
  *find(text: string, from: number): Work<number> {
    const { left, period, periodic } = this.#cut ?? (yield* this.#cutInTwo());
    const { length } = this.#text;
    const first = this.#step < 0 ? text.length - 1 : 0;
    const codeAt = (index: number): number => text.charCodeAt(first + this.#step * index);
    let known = -1; // the bytes up to here are known to match: the end of the last comparison, shifted by the period
    for (let at = from; at <= text.length - length; ) {
      let i = Math.max(left, known) + 1;
      for (; i < length && this.#at(i) === codeAt(at + i); i++) if (++this.#steps % STEPS === 0) yield;
      if (i < length) {
        at += i - left;
        known = -1;
      } else {
        for (i = left; i > known && this.#at(i) === codeAt(at + i); i--) if (++this.#steps % STEPS === 0) yield;
        if (i <= known) return at;
        at += period;
        known = periodic ? length - period - 1 : -1;
      }
      if (++this.#steps % STEPS === 0) yield;
    }
    return -1;
  }

  *#cutInTwo(): Work<Cut> {
    const [up, upPeriod] = yield* this.#greatestSuffix(1);
    const [down, downPeriod] = yield* this.#greatestSuffix(-1);
    const left = Math.max(up, down);
    const period = up > down ? upPeriod : downPeriod;
    let i = 0;
    for (; i <= left && this.#at(i) === this.#at(i + period); i++) if (++this.#steps % STEPS === 0) yield;
    const periodic = i > left;
    this.#cut = { left, period: periodic ? period : Math.max(left + 1, this.#text.length - left - 1) + 1, periodic };
    return this.#cut;
  }

  /** The index before the greatest suffix in the order of bytes (1) or its reverse (-1), and the period of that suffix. */
  *#greatestSuffix(order: 1 | -1): Generator<undefined, [number, number]> {
    let before = -1;
    let period = 1;
    for (let at = 0, k = 1; at + k < this.#text.length; ) {
      const difference = (this.#at(at + k) - this.#at(before + k)) * order;
      if (difference < 0) {
        at += k;
        k = 1;
        period = at - before;
      } else if (difference === 0) {
        if (k === period) {
          at += period;
          k = 1;
        } else {
          k++;
        }
      } else {
        before = at;
        at = before + 1;
        k = period = 1;
      }
      if (++this.#steps % STEPS === 0) yield;
    }
    return [before, period];
  }
}
