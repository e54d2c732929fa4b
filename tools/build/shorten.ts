/** Making emitted code and the texts that go with it smaller, without moving a line or a column of the text. */

/** Local variables get short names. Functions keep theirs, by which they are known at run time; strings and lines stay as they are. */
export function shorten(code: string): string {
  const functions = new Set(Array.from(code.matchAll(/function ([\w$]+)/g), ([, name]) => name));
  return code.replace(
    /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?<![\w$])[A-Za-z_][\w$]*\$(\d+)\b/g,
    (token, number: string | undefined) => (number === undefined || functions.has(token) ? token : `v${number}`),
  );
}

/** Lines that are all comment become blanks, which gzip makes small: every position stays the same. */
export function blankComments(source: string): string {
  return source.replace(/^[ \t]*\/\/.*$/gm, (line) => ' '.repeat(line.length));
}
