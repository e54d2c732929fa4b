/** A source text, and how places in it are named to people. */

/** A place as people read it. Both count from 1, except that a place at a line end is column 0 of the next line. */
export interface LineAndColumn {
  readonly line: number;
  readonly column: number;
}

interface LineTable {
  /** Where each line starts, in UTF-16 units. */
  readonly units: readonly number[];
  /** The same in code points: this is the very same array unless the text has characters beyond U+FFFF. */
  readonly points: readonly number[];
}

/**
 * One text that Magnolia runs: a file, one input of the REPL, the text given to `eval`.
 *
 * Places in it are code point offsets from 0. A byte order mark at the start is skipped and does not count. A shebang line stays
 * in the text (it is a line like any other for people); the lexer steps over it.
 */
export class Source {
  readonly text: string;
  #lines: LineTable | null = null;

  /** `file` is the name shown to people; `text` is decoded already, with U+FFFD for bytes that were not UTF-8. */
  constructor(
    readonly file: string,
    text: string,
  ) {
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  /**
   * The line and column of the code point at `at`, found by binary search.
   *
   * The line end itself is named as column 0 of the line that it begins: the reference names the end of a text that ends in a
   * newline so, and nothing else ever points at a line end.
   */
  lineAndColumn(at: number): LineAndColumn {
    const { points } = this.#lineTable();
    let low = 0;
    let high = points.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((points[middle] ?? 0) <= at + 1) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at + 1 - (points[low] ?? 0) };
  }

  /** How many lines there are; a text that ends in a newline has an empty last line. */
  get lineCount(): number {
    return this.#lineTable().units.length;
  }

  /** The text of line `n`, counted from 1, without its line end. Empty outside of the text. */
  line(n: number): string {
    const { units } = this.#lineTable();
    const start = units[n - 1];
    if (start === undefined) return '';
    const next = units[n];
    const line = this.text.slice(start, next === undefined ? undefined : next - 1);
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  #lineTable(): LineTable {
    this.#lines ??= lineTable(this.text);
    return this.#lines;
  }
}

function lineTable(text: string): LineTable {
  const units = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) units.push(at + 1);
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return { units, points: units };

  let pairs = 0;
  let from = 0;
  const points = units.map((start) => {
    for (; from < start; from++) if ((text.codePointAt(from) ?? 0) > 0xffff) pairs++;
    return start - pairs;
  });
  return { units, points };
}
