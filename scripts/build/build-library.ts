/**
 * The standard library on its way into dist/lib. It is compiled here, so that a program start neither lexes nor emits it:
 *
 *     FILE.oak          the source, for errors
 *     FILE.cjs          its JavaScript: a function that sets the module up
 *     FILE.calls.json   where the calls are in that, for errors
 *     index.json        every name that `import` knows, with the file and the positions it owns
 *     manifest.json     what people and tools want to know (library-manifest.ts)
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

/** What `import` knows of a name; see runtime-native/library.ts. */
export interface IndexEntry {
  readonly file: string;
  readonly base: number;
  readonly length: number;
  readonly inner?: true;
}

/** Compiles the Magnolia sources of `from` into `to`. A source with a mistake is reported and left out; the process then fails at its end. */
export async function buildLibrary(from: string, to: string): Promise<void> {
  const index: { [name: string]: IndexEntry } = {};
  let base = 0;
  for (const { names, file, inner, text } of libraryModules(from)) {
    const emitted = compile(new Source(`lib/${file}.oak`, text), base);
    if (emitted === null) continue;
    await replaceFile(join(to, `${file}.oak`), text);
    await replaceFile(join(to, `${file}.cjs`), `module.exports = ${emitted.text};\n`);
    await replaceFile(join(to, `${file}.calls.json`), JSON.stringify(emitted.calls));
    for (const name of names) index[name] = { file, base, length: text.length, ...(inner && { inner }) };
    base += text.length + 1;
  }
  if (base > FIRST_FREE_BASE)
    throw new Error(`The library is larger than the ${FIRST_FREE_BASE} positions that units.ts leaves for it`);
  await replaceFile(join(to, 'index.json'), JSON.stringify(index));
  await replaceFile(join(to, 'manifest.json'), JSON.stringify(libraryManifest(from)));
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
