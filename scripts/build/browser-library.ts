/**
 * The standard library for browsers: dist/magnolia-library.js, one file with the source of each module and, for those that many
 * programs import, the JavaScript that scripts/build/build-library.ts has made of it. Its lines stay as they are, because stack
 * traces are read by them (runtime-js/library.ts).
 *
 * The modules in a folder of lib/ need a network, which browsers seldom have, and are more than all others together: the sources
 * of each folder are a file of their own (dist/magnolia-mail.js), which is loaded when a program asks for one of its modules.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import type { IndexEntry } from './build-library.ts';
import { replaceFile } from './files.ts';
import { type LibraryModule, libraryModules } from './library-modules.ts';

/** Compiled in advance. Together with all sources it is what still fits into 120 KB of gzip beside the language. */
const COMPILED = ['std'];
const CALL_FIELDS = 3;

interface Index {
  readonly [name: string]: IndexEntry | undefined;
}

/** Puts the built file in the place of runtime-js/library-data.ts. */
export const libraryApart: Plugin = {
  name: 'library-apart',
  setup(build) {
    build.onResolve({ filter: /\/library-data\.ts$/ }, () => ({ path: './magnolia-library.js', external: true }));
  },
};

/** The names of the built files, `magnolia-library.js` first. */
export function browserLibraryFiles(from: string): string[] {
  return ['magnolia-library.js', ...groupsOf(libraryModules(from)).map(chunkOf)];
}

/** Writes the files from the sources in `from` and what buildLibrary has written into `built`; all are written into `to`. */
export async function writeBrowserLibrary(from: string, built: string, to: string): Promise<void> {
  const all = libraryModules(from);
  const index = JSON.parse(await readFile(join(built, 'index.json'), 'utf8')) as Index;
  const lines: string[] = [];
  const calls: number[] = [];
  const last = [0, 0];

  for (const { names, file, group, text } of all) {
    if (group !== '') continue;
    const name = variable(file);
    if (COMPILED.includes(file)) {
      const code = (await readFile(join(built, `${file}.cjs`), 'utf8')).replace(/^module\.exports =/, `const $${name} =`);
      const sites = JSON.parse(await readFile(join(built, `${file}.calls.json`), 'utf8')) as number[];
      for (const [i, value] of sites.entries()) {
        const field = i % CALL_FIELDS;
        const whole = field === 0 ? value + lines.length : value;
        calls.push(field > 1 ? whole : whole - (last[field] ?? 0));
        last[field] = whole;
      }
      lines.push(...shorten(code.trimEnd()).split('\n'));
    }
    const factory = COMPILED.includes(file) ? `$${name}` : 'null';
    const base = index[names[0] ?? '']?.base;
    lines.push(`const ${name} = { source: ${sourceText(text)}, base: ${base}, factory: ${factory} };`);
  }
  const later = groupsOf(all).map((group) => {
    const names = all.filter((one) => one.group === group && !one.inner).flatMap((one) => one.names);
    return `{ names: ${JSON.stringify(names)}, load: () => import('./${chunkOf(group)}') }`;
  });
  const modules = namesAndVariables(all.filter(({ group }) => group === ''));
  lines.push(`export const library = { modules: ${modules}, calls: [${calls.join(',')}], later: [${later.join(', ')}] };`, '');
  await replaceFile(join(to, 'magnolia-library.js'), lines.join('\n'));
  for (const group of groupsOf(all)) {
    await replaceFile(join(to, chunkOf(group)), chunkText(all.filter((one) => one.group === group)));
  }
}

/** The folders of lib/. */
function groupsOf(modules: readonly LibraryModule[]): string[] {
  return [...new Set(modules.map(({ group }) => group))].filter((group) => group !== '');
}

function chunkOf(group: string): string {
  return `magnolia-${group}.js`;
}

/** Sources by name; a module with two names is written once. */
function chunkText(modules: readonly LibraryModule[]): string {
  const sources = modules.map(
    ({ file, inner, text }) =>
      `const ${variable(file)} = { source: ${sourceText(text)}, base: 0, factory: null, inner: ${inner} };`,
  );
  return [...sources, `export const modules = ${namesAndVariables(modules)};`, ''].join('\n');
}

function namesAndVariables(modules: readonly LibraryModule[]): string {
  const pairs = modules.flatMap(({ names, file }) => names.map((name) => `${JSON.stringify(name)}: ${variable(file)}`));
  return `{ ${pairs.join(', ')} }`;
}

function sourceText(text: string): string {
  return JSON.stringify(blankComments(text));
}

function variable(file: string): string {
  return `m_${file.replace(/\W/g, '_')}`;
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
