/** Finds the name that was probably meant. */

/**
 * The candidate that differs least from a mistyped word, or null when none is near enough to be meant.
 *
 * A letter too many, missing or wrong, and two letters swapped, count as one mistake each (Damerau and Levenshtein); letter
 * case alone counts nearly nothing. Short words may have one mistake, words of five letters and more two. Of equally near
 * ones the first is taken.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const limit = word.length >= 5 ? 2 : word.length >= 3 ? 1 : 0;
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let least = limit + 0.5;
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) > limit) continue;
    const lower = candidate.toLowerCase();
    const mistakes = distance(wanted, lower) + (lower === wanted ? 0.25 : 0);
    if (mistakes < least && mistakes < candidate.length - 1) {
      best = candidate;
      least = mistakes;
    }
  }
  return best;
}

/** The least number of letters to add, take away, change or swap with their neighbour that make `a` into `b`. */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
