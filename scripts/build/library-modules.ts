/**
 * The modules of the standard library, as the folders of lib/ say:
 *
 *     lib/NAME.oak, lib/GROUP/NAME.oak     a public module: programs import it as NAME
 *     lib/GROUP/.../NAME.oak, deeper       an inner module: library modules import it by its path, GROUP/.../NAME
 *     lib/NAME/PART.oak beside NAME.oak    an inner module, NAME/PART
 *
 * The comment at the top of a public module begins with its name, which may be another one than its file's (`async/event-bus: ...`),
 * and may say "Also imported as `email-smtp`."; a program can use each of these names.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { passedOn } from '../../language/syntax/doc-comments.ts';

export interface LibraryModule {
  /** What `import` takes, the name of its comment first. */
  readonly names: readonly string[];
  /** Its path below lib/, without the extension. */
  readonly file: string;
  /** The file of the browser's library that has its source: one for each folder of lib/, and one for what is in none. */
  readonly chunk: string;
  /** Whether only library modules can import it. */
  readonly inner: boolean;
  readonly text: string;
}

/** All modules below `folder`: those first that most others import, otherwise in the order of their files. */
export function libraryModules(folder: string): LibraryModule[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = all.filter((file) => file.endsWith('.oak')).map((file) => file.slice(0, -'.oak'.length).replaceAll('\\', '/'));
  const modules = files.sort().map((file) => moduleOf(file, files, readFileSync(join(folder, `${file}.oak`), 'utf8')));
  const owners = new Map<string, string>();
  for (const { names, file } of modules) {
    for (const name of names) {
      const other = owners.get(name);
      if (other !== undefined) throw new Error(`lib/${other}.oak and lib/${file}.oak have the same name, ${name}`);
      owners.set(name, file);
    }
  }
  const imports = new Map<string | undefined, number>();
  for (const { home } of modules.flatMap(({ text }) => passedOn(text))) {
    imports.set(owners.get(home), (imports.get(owners.get(home)) ?? 0) + 1);
  }
  return modules.sort((a, b) => (imports.get(b.file) ?? 0) - (imports.get(a.file) ?? 0));
}

function moduleOf(file: string, files: readonly string[], text: string): LibraryModule {
  const folders = file.split('/').slice(0, -1);
  const [group = ''] = folders;
  const isPart = files.includes(group);
  const inner = isPart || folders.length > 1;
  const [, title] = /^\/\/ (\S+): /.exec(text) ?? [];
  if (title === undefined) throw new Error(`lib/${file}.oak does not begin with a comment that says what it is: // NAME: ...`);
  const others = /^\/\/.*\bAlso imported as ([^.]*)\./m.exec(text)?.[1]?.matchAll(/`([^`]+)`/g) ?? [];
  const names = inner ? [file] : [title, basename(file), ...Array.from(others, ([, name = '']) => name)];
  return { names: [...new Set(names)], file, chunk: `magnolia-${group === '' || isPart ? 'library' : group}.js`, inner, text };
}
