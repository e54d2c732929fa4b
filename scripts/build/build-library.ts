/**
 * The standard library on its way into dist. It is compiled here, so that a program start neither lexes nor emits it:
 *
 *     library.cjs           every name that `import` knows, and how to load what it means: runtime-native/library-data.ts has the shape
 *     lib/FILE.cjs          the JavaScript of a module: a function that sets it up
 *     lib/FILE.texts.cjs    its source and where the calls are, for errors
 *     lib/FILE.oak          its source, for editors
 *     lib/manifest.cjs      what people and tools want to know (library-manifest.ts)
 */
import { join } from 'node:path';
import { emit } from '../../language/compiler/emitter.ts';
import type { EmittedUnit } from '../../language/compiler/unit.ts';
import { FIRST_FREE_BASE } from '../../language/runtime/units.ts';
import { ParseError } from '../../language/syntax/parse-error.ts';
import { parseProgram } from '../../language/syntax/parser.ts';
import { Source } from '../../language/syntax/source.ts';
import { replaceFile } from './files.ts';
import { libraryManifest } from './library-manifest.ts';
import { libraryModules } from './library-modules.ts';
import { wrapLines } from './wrap-lines.ts';

/** Compiles the Magnolia sources of `from` into `dist`. A source with a mistake is reported and left out; the process then fails at its end. */
export async function buildLibrary(from: string, dist: string): Promise<void> {
  const names: string[] = [];
  const files: string[] = [];
  const code: string[] = [];
  const texts: string[] = [];
  let base = 0;
  for (const { names: own, file, inner, text } of libraryModules(from)) {
    const emitted = compile(new Source(`lib/${file}.oak`, text), base);
    if (emitted === null) continue;
    const { text: wrapped, calls } = wrapLines(emitted.text, emitted.calls);
    const path = join(dist, 'lib', file);
    await replaceFile(`${path}.oak`, text);
    await replaceFile(`${path}.cjs`, `module.exports = ${wrapped};\n`);
    await replaceFile(`${path}.texts.cjs`, `exports.source = ${template(text)};\nexports.calls = ${list(calls)};\n`);
    files.push(`    '${file}': { base: ${base}, length: ${text.length}, inner: ${inner} },`);
    for (const [cases, ending] of [
      [code, ''],
      [texts, '.texts'],
    ] as const) {
      cases.push(`      case '${file}': return require('./lib/${file}${ending}.cjs');`);
    }
    for (const name of own) names.push(`    '${name}': '${file}',`);
    base += text.length + 1;
  }
  if (base > FIRST_FREE_BASE)
    throw new Error(`The library is larger than the ${FIRST_FREE_BASE} positions that units.ts leaves for it`);
  await replaceFile(join(dist, 'lib/manifest.cjs'), `module.exports = ${JSON.stringify(libraryManifest(from), null, 1)};\n`);
  const manifest = "manifest: () => require('./lib/manifest.cjs')";
  const chosen = (cases: readonly string[]): string[] => ['    switch (file) {', ...cases, '    }', '  },'];
  const functions = ['  code(file) {', ...chosen(code), '  texts(file) {', ...chosen(texts), `  ${manifest},`];
  const parts = ['names: {', ...names, '  },', '  files: {', ...files, '  },', ...functions];
  await replaceFile(join(dist, 'library.cjs'), `'use strict';\nexports.library = {\n  ${parts.join('\n')}\n};\n`);
}

/** A text as a literal with its lines. */
function template(text: string): string {
  return `\`${text.replace(/[\\`]|\$(?=\{)|\r/g, (sign) => (sign === '\r' ? '\\r' : `\\${sign}`))}\``;
}

function list(numbers: readonly number[]): string {
  return JSON.stringify(numbers).replace(/(.{1,120}),/g, '$1,\n');
}

function compile(source: Source, base: number): EmittedUnit | null {
  try {
    return emit(parseProgram(source), { base, short: true });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { line, column } = source.lineAndColumn(error.at ?? 0);
    console.error(`${source.file}:${line}:${column}: ${error.reason}`);
    process.exitCode = 1;
    return null;
  }
}
