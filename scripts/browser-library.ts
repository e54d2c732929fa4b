/**
 * The standard library for browsers: dist/magnolia-library.js, one file with the source of each module and, for those that many
 * programs import, the JavaScript that scripts/build-library.ts has made of it. Its lines stay as they are, because stack
 * traces are read by them (runtime-js/library.ts).
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** Compiled in advance. Together with all sources they are what still fits into 120 KB of gzip beside the language. */
const COMPILED = ['std', 'str', 'sort', 'fmt'];
/** Mail needs a network, which browsers have not, and would be half of the file. dist/lib has its sources for who plugs one in. */
const LEFT_OUT = /^(smtp|pop|imap|mail|mime|email)(-|$)/;
const CALL_FIELDS = 3;

interface Index {
  readonly [name: string]: { readonly file: string; readonly base: number };
}

/** Puts the built file in the place of runtime-js/library-data.ts. */
export const libraryApart: Plugin = {
  name: 'library-apart',
  setup(build) {
    build.onResolve({ filter: /\/library-data\.ts$/ }, () => ({ path: './magnolia-library.js', external: true }));
  },
};

/** Gathers what buildLibrary has written into `from`. */
export async function writeBrowserLibrary(from: string, to: string): Promise<void> {
  const all = JSON.parse(await readFile(join(from, 'index.json'), 'utf8')) as Index;
  const index: Index = Object.fromEntries(Object.entries(all).filter(([, { file }]) => !LEFT_OUT.test(file)));
  const lines: string[] = [];
  const calls: number[] = [];
  const last = [0, 0];
  const files = new Map(Object.values(index).map(({ file, base }) => [file, base]));

  for (const [file, base] of files) {
    const name = variable(file);
    if (COMPILED.includes(file)) {
      const code = (await readFile(join(from, `${file}.cjs`), 'utf8')).replace(/^module\.exports =/, `const $${name} =`);
      const sites = JSON.parse(await readFile(join(from, `${file}.calls.json`), 'utf8')) as number[];
      for (const [i, value] of sites.entries()) {
        const field = i % CALL_FIELDS;
        const whole = field === 0 ? value + lines.length : value;
        calls.push(field > 1 ? whole : whole - (last[field] ?? 0));
        last[field] = whole;
      }
      lines.push(...shorten(code.trimEnd()).split('\n'));
    }
    const source = JSON.stringify(blankComments(await readFile(join(from, `${file}.oak`), 'utf8')));
    const factory = COMPILED.includes(file) ? `$${name}` : 'null';
    lines.push(`const ${name} = { source: ${source}, base: ${base}, factory: ${factory} };`);
  }
  const names = Object.entries(index).map(([name, { file }]) => `${JSON.stringify(name)}: ${variable(file)}`);
  lines.push(`export const library = { modules: { ${names.join(', ')} }, calls: [${calls.join(',')}] };`, '');
  await writeFile(`${to}.${process.pid}`, lines.join('\n'));
  await rename(`${to}.${process.pid}`, to);
}

function variable(file: string): string {
  return `m_${file.replaceAll('-', '_')}`;
}

/** Lines that are all comment become blanks, of which gzip makes nothing: every position stays what it was. */
function blankComments(source: string): string {
  return source.replace(/^[ \t]*\/\/.*$/gm, (line) => ' '.repeat(line.length));
}

/** Local variables get short names. Functions keep theirs, by which they are known at run time; strings and lines stay as they are. */
function shorten(code: string): string {
  const functions = new Set(Array.from(code.matchAll(/function ([\w$]+)/g), ([, name]) => name));
  return code.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[A-Za-z_][\w$]*\$(\d+)\b/g, (token, number: string | undefined) =>
    number === undefined || functions.has(token) ? token : `v${number}`,
  );
}
