/**
 * The standard library for browsers: dist/magnolia-library.js, one file with the source of each module and, for those that many
 * programs import, the JavaScript that scripts/build/build-library.ts has made of it. Its lines stay as they are, because stack
 * traces are read by them (runtime-js/library.ts). The sources of the mail modules are dist/magnolia-mail.js.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** Compiled in advance. Together with all sources it is what still fits into 120 KB of gzip beside the language. */
const COMPILED = ['std'];
/** Mail needs a network, which browsers seldom have, and would be half of the file: it is loaded when a program asks for it. */
const MAIL = /^(smtp|pop|imap|mail|mime|email)(-|$)/;
const CALL_FIELDS = 3;

interface Index {
  readonly [name: string]: { readonly file: string; readonly base: number };
}

/** Puts the built files in the place of runtime-js/library-data.ts and mail-data.ts. */
export const libraryApart: Plugin = {
  name: 'library-apart',
  setup(build) {
    build.onResolve({ filter: /\/library-data\.ts$/ }, () => ({ path: './magnolia-library.js', external: true }));
    build.onResolve({ filter: /\/mail-data\.ts$/ }, () => ({ path: './magnolia-mail.js', external: true }));
  },
};

/** Gathers what buildLibrary has written into `from`; both files are written into `to`. */
export async function writeBrowserLibrary(from: string, to: string): Promise<void> {
  const all = Object.entries(JSON.parse(await readFile(join(from, 'index.json'), 'utf8')) as Index);
  const index: Index = Object.fromEntries(all.filter(([, { file }]) => !MAIL.test(file)));
  const mail = all.filter(([, { file }]) => MAIL.test(file));
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
    const source = JSON.stringify(await sourceOf(from, file));
    const factory = COMPILED.includes(file) ? `$${name}` : 'null';
    lines.push(`const ${name} = { source: ${source}, base: ${base}, factory: ${factory} };`);
  }
  const names = Object.entries(index).map(([name, { file }]) => `${JSON.stringify(name)}: ${variable(file)}`);
  const later = JSON.stringify(mail.map(([name]) => name));
  lines.push(`export const library = { modules: { ${names.join(', ')} }, calls: [${calls.join(',')}], later: ${later} };`, '');
  await replaceFile(join(to, 'magnolia-library.js'), lines.join('\n'));
  await replaceFile(join(to, 'magnolia-mail.js'), await mailFile(from, mail));
}

/** Names and sources; a module with two names is written once. */
async function mailFile(from: string, modules: readonly (readonly [string, { readonly file: string }])[]): Promise<string> {
  const files = [...new Set(modules.map(([, { file }]) => file))];
  const sources = await Promise.all(
    files.map(async (file) => `const ${variable(file)} = ${JSON.stringify(await sourceOf(from, file))};`),
  );
  const names = modules.map(([name, { file }]) => `${JSON.stringify(name)}: ${variable(file)}`);
  return [...sources, `export const sources = { ${names.join(', ')} };`, ''].join('\n');
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
}

async function sourceOf(from: string, file: string): Promise<string> {
  return blankComments(await readFile(join(from, `${file}.oak`), 'utf8'));
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
