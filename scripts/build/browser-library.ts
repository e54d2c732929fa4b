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
import { namesOf } from '../../language/diagnostics/library.ts';
import { blankComments, shorten } from '../../tools/build/shorten.ts';
import type { IndexEntry } from './build-library.ts';
import { replaceFile } from './files.ts';
import { libraryManifest } from './library-manifest.ts';
import { type LibraryModule, libraryModules } from './library-modules.ts';

/** Compiled in advance. Together with all sources it is what still fits into 120 KB of gzip beside the language. */
const COMPILED = ['std'];
/** The file that is loaded with the language. */
const FIRST = 'magnolia-library.js';
/** What only the reference has: loaded when a program imports something that the library does not have. */
const ELSEWHERE = 'magnolia-elsewhere.js';
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

/** The names of the built files. */
export function browserLibraryFiles(from: string): string[] {
  return [...chunksOf(libraryModules(from)), ELSEWHERE];
}

/** Writes the files from the sources in `from` and what buildLibrary has written into `built`; all are written into `to`. */
export async function writeBrowserLibrary(from: string, built: string, to: string): Promise<void> {
  const all = libraryModules(from);
  const manifest = libraryManifest(from);
  const index = JSON.parse(await readFile(join(built, 'index.json'), 'utf8')) as Index;
  const lines: string[] = [];
  const calls: number[] = [];
  const last = [0, 0];

  for (const { names, file, text } of all.filter(({ chunk }) => chunk === FIRST)) {
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
  const others = chunksOf(all).filter((chunk) => chunk !== FIRST);
  const later = others.map((chunk) => {
    const own = all.filter((one) => one.chunk === chunk && !one.inner);
    const names = JSON.stringify(own.flatMap((one) => one.names));
    const members = JSON.stringify(
      namesOf({ modules: manifest.modules.filter((one) => one.chunk === chunk), elsewhere: [] }).modules,
    );
    return `{ names: ${names}, members: ${members}, load: () => import('./${chunk}') }`;
  });
  const modules = namesAndVariables(all.filter(({ chunk }) => chunk === FIRST));
  const parts = `modules: ${modules}, calls: [${calls.join(',')}], later: [${later.join(', ')}]`;
  lines.push(`export const library = { ${parts}, elsewhere: () => import('./${ELSEWHERE}') };`, '');
  await replaceFile(join(to, ELSEWHERE), `export const elsewhere = ${JSON.stringify(manifest.elsewhere)};\n`);
  await replaceFile(join(to, FIRST), lines.join('\n'));
  for (const chunk of others) await replaceFile(join(to, chunk), chunkText(all.filter((one) => one.chunk === chunk)));
}

function chunksOf(modules: readonly LibraryModule[]): string[] {
  return [...new Set(modules.map(({ chunk }) => chunk))];
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
