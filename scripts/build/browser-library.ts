/**
 * The standard library for browsers: dist/magnolia-library.js, one file with the source of each module. A module is compiled when it is
 * first imported: its source is a third of the size of its JavaScript, and compiling the largest takes some milliseconds.
 *
 * The modules in a folder of lib/ need a network, which browsers seldom have, and are more than all others together: the sources
 * of each folder are a separate file (dist/magnolia-mail.js), which is loaded when a program asks for one of its modules.
 */
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { namesOf } from '../../language/diagnostics/library.ts';
import { replaceFile } from './files.ts';
import { libraryManifest } from './library-manifest.ts';
import { type LibraryModule, libraryModules } from './library-modules.ts';

/** The file that is loaded with the language. */
const FIRST = 'magnolia-library.js';
/** What only the reference has: loaded when a program imports something that the library does not have. */
const ELSEWHERE = 'magnolia-elsewhere.js';

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

/** Writes the files from the sources in `from` into `to`. */
export async function writeBrowserLibrary(from: string, to: string): Promise<void> {
  const all = libraryModules(from);
  const manifest = libraryManifest(from);
  const others = chunksOf(all).filter((chunk) => chunk !== FIRST);
  const later = others.map((chunk) => {
    const own = all.filter((one) => one.chunk === chunk && !one.inner);
    const names = JSON.stringify(own.flatMap((one) => one.names));
    const members = JSON.stringify(
      namesOf({ modules: manifest.modules.filter((one) => one.chunk === chunk), elsewhere: [] }).modules,
    );
    return `{ names: ${names}, members: ${members}, load: () => import('./${chunk}') }`;
  });
  const parts = `later: [${later.join(', ')}], elsewhere: () => import('./${ELSEWHERE}')`;
  await replaceFile(join(to, ELSEWHERE), `export const elsewhere = ${JSON.stringify(manifest.elsewhere)};\n`);
  const first = all.filter(({ chunk }) => chunk === FIRST);
  await replaceFile(join(to, FIRST), `${chunkText(first)}export const library = { modules, ${parts} };\n`);
  for (const chunk of others) await replaceFile(join(to, chunk), chunkText(all.filter((one) => one.chunk === chunk)));
}

function chunksOf(modules: readonly LibraryModule[]): string[] {
  return [...new Set(modules.map(({ chunk }) => chunk))];
}

/** Sources by name; a module with two names is written once. */
function chunkText(modules: readonly LibraryModule[]): string {
  const sources = modules.map(
    ({ file, inner, text }) => `const ${variable(file)} = { source: ${sourceText(text)}, inner: ${inner} };`,
  );
  return [...sources, `export const modules = ${namesAndVariables(modules)};`, ''].join('\n');
}

function namesAndVariables(modules: readonly LibraryModule[]): string {
  const pairs = modules.flatMap(({ names, file }) => names.map((name) => `${JSON.stringify(name)}: ${variable(file)}`));
  return `{ ${pairs.join(', ')} }`;
}

/** Lines that are all comment are empty: lines and columns of code stay the same. */
function sourceText(text: string): string {
  return JSON.stringify(text.replace(/^[ \t]*\/\/.*$/gm, ''));
}

function variable(file: string): string {
  return `m_${file.replace(/\W/g, '_')}`;
}
