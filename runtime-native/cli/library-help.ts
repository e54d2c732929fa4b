/** What the comments in a library's source say about it and about each of its names. */

export interface Entry {
  /** As it is called: `map(xs, f)`. */
  readonly signature: string;
  /** What the comment above it says, line by line. */
  readonly text: readonly string[];
}

export interface Documented {
  /** The comment at the top of the file. */
  readonly about: readonly string[];
  /** In the order of the file, without the private ones, which begin with `_`. */
  readonly entries: ReadonlyMap<string, Entry>;
}

/** A name that a module has from another one: one of its members, or (null) the module itself. */
export interface PassedOn {
  readonly name: string;
  readonly home: string;
  readonly member: string | null;
}

/** What a source text imports at its top level. */
export function passedOn(source: string): PassedOn[] {
  return [...source.matchAll(/^(?:(\w+)|\{([^{}]*)\}) := import\('([^']+)'\)$/gm)].flatMap(
    ([, whole, members = '', home = '']): PassedOn[] =>
      whole === undefined
        ? Array.from(members.matchAll(/(\S+): (\w+)/g), ([, member = '', name = '']) => ({ name, home, member }))
        : [{ name: whole, home, member: null }],
  );
}

const DEFINITION = /^(?:(?:fn|cs) ([^\s(]+)(\([^)]*\))?|([^\s{}[\]():]+) := )/;

/** Reads the comments of a source text. */
export function documentation(source: string): Documented {
  const entries = new Map<string, Entry>();
  let about: string[] | null = null;
  let comment: string[] = [];
  for (const line of source.split('\n')) {
    if (line.startsWith('//')) {
      comment.push(line.slice(2).replace(/^ /, ''));
      continue;
    }
    about ??= line === '' ? comment : [];
    const [, callable, params = '', constant] = DEFINITION.exec(line) ?? [];
    const name = callable ?? constant;
    if (name !== undefined && !name.startsWith('_') && !line.includes(':= import(')) add(entries, name, params, comment);
    comment = [];
  }
  return { about: about ?? [], entries };
}

/** A comment that begins with `name(...): ` tells the signature better than the code does. */
function add(entries: Map<string, Entry>, name: string, params: string, comment: readonly string[]): void {
  const [first = '', ...more] = comment;
  const written = first.startsWith(`${name}(`) ? /^(.*?\)(?:, [^:]*)?): (.*)$/.exec(first) : null;
  if (written === null) entries.set(name, { signature: name + params, text: comment });
  else entries.set(name, { signature: written[1] ?? name, text: [written[2] ?? '', ...more] });
}
