/** What the comments in the source of a module say about it and about each of its names. */

export interface DocumentedName {
  readonly name: string;
  /** As it is called: `map(xs, f)`. */
  readonly signature: string;
  /** The comment above it, line by line. */
  readonly text: readonly string[];
}

export interface Documented {
  /** The comment at the top of the file. */
  readonly about: readonly string[];
  /** In the order of the file, without the private ones, which begin with `_`. */
  readonly members: readonly DocumentedName[];
}

/** A name that a module has from another one: one of its members, or (null) the module itself. */
export interface PassedOn {
  readonly name: string;
  readonly home: string;
  readonly member: string | null;
}

const DEFINITION = /^(?:(?:fn|cs) ([^\s(]+)(\([^)]*\))?|([^\s{}[\]():]+) := )/;

/** Reads the comments of a source text. */
export function documentation(source: string): Documented {
  const members: DocumentedName[] = [];
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
    if (name !== undefined && !name.startsWith('_') && !line.includes(':= import(')) members.push(member(name, params, comment));
    comment = [];
  }
  return { about: about ?? [], members };
}

/** A comment that begins with `name(...): ` has the signature, otherwise the code has it. */
function member(name: string, params: string, comment: readonly string[]): DocumentedName {
  const [first = '', ...more] = comment;
  const written = first.startsWith(`${name}(`) ? /^(.*?\)(?:, [^:]*)?): (.*)$/.exec(first) : null;
  if (written === null) return { name, signature: name + params, text: comment };
  return { name, signature: written[1] ?? name, text: [written[2] ?? '', ...more] };
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
