/**
 * The standard library on its way into dist/lib. It is compiled here, so that a program start neither lexes nor emits it:
 *
 *     NAME.oak          the source, for `magnolia help` and for errors
 *     NAME.cjs          its JavaScript: a function that sets the module up
 *     NAME.calls.json   where the calls stand in that, for errors
 *     index.json        every name that `import` knows, with the file and the positions it owns
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmittedUnit } from '../../language/compiler/emit-unit.ts';
import { emit } from '../../language/compiler/emitter.ts';
import { FIRST_FREE_BASE } from '../../language/runtime/units.ts';
import { ParseError } from '../../language/syntax/parse-error.ts';
import { parseProgram } from '../../language/syntax/parser.ts';
import { Source } from '../../language/syntax/source.ts';

/** Modules that can be imported by a second name. */
const OTHER_NAMES: { readonly [name: string]: string } = {
  'async/event-bus': 'async-event-bus',
  'email-smtp': 'smtp',
  'email-pop': 'pop',
  'email-imap': 'imap',
};

/** Compiles the Magnolia sources of `from` into `to`. A source with a mistake is told and left out; the process then fails at its end. */
export async function buildLibrary(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const index: { [name: string]: { file: string; base: number; length: number } } = {};
  let base = 0;
  const files = (await readdir(from)).filter((file) => file.endsWith('.oak')).sort();
  for (const file of files) {
    const name = file.slice(0, -'.oak'.length);
    const text = await readFile(join(from, file), 'utf8');
    const emitted = compile(new Source(`lib/${file}`, text), base);
    if (emitted === null) continue;
    await replaceFile(join(to, file), text);
    await replaceFile(join(to, `${name}.cjs`), `module.exports = ${emitted.text};\n`);
    await replaceFile(join(to, `${name}.calls.json`), JSON.stringify(emitted.calls));
    index[name] = { file: name, base, length: text.length };
    base += text.length + 1;
  }
  if (base > FIRST_FREE_BASE)
    throw new Error(`The library is larger than the ${FIRST_FREE_BASE} positions that units.ts leaves for it`);
  for (const [other, name] of Object.entries(OTHER_NAMES)) if (index[name] !== undefined) index[other] = index[name];
  await replaceFile(join(to, 'index.json'), JSON.stringify(index));
}

/** In one step, so that programs may run while we build. */
async function replaceFile(path: string, contents: string): Promise<void> {
  await writeFile(`${path}.${process.pid}`, contents);
  await rename(`${path}.${process.pid}`, path);
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
