/**
 * dist/lib/manifest.cjs: all that is known about the standard library, from the files and comments in lib/. Hints, `magnolia help`,
 * completion, docs/stdlib.md and editors read it; language/diagnostics/library.ts has its shape.
 *
 * The options of a function are what is code in the sentence of its comment that begins with "Options: ", as in
 * "Options: `timeout`, `keep: true` and those of `connect`.", where the last is another function, of this module or (`socket.connect`) of
 * another one.
 *
 * lib/results.txt lists the functions of which a call is of no use unless something takes the result, one line for each module.
 *
 * lib/elsewhere.txt lists what only the reference has, one line for modules that belong together: `NAMES: what they are for`. Names that
 * lib/ has are left out.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ElsewhereModule, Manifest, ManifestMember, ManifestModule } from '../../language/diagnostics/library.ts';
import { type DocumentedName, documentation, passedOn } from '../../language/syntax/doc-comments.ts';
import { type LibraryModule, libraryModules } from './library-modules.ts';

/** Reads the library in a folder. */
export function libraryManifest(folder: string): Manifest {
  const modules = libraryModules(folder);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return new ManifestMaker(modules, read('results.txt')).manifest(read('elsewhere.txt'));
}

class ManifestMaker {
  readonly #modules: readonly LibraryModule[];
  readonly #byName: ReadonlyMap<string, LibraryModule>;
  /** The names of each module whose results are needed. */
  readonly #results: ReadonlyMap<LibraryModule, ReadonlySet<string>>;

  constructor(modules: readonly LibraryModule[], results: string) {
    this.#modules = modules;
    this.#byName = new Map(modules.flatMap((one) => one.names.map((name) => [name, one])));
    this.#results = new Map(
      results
        .trimEnd()
        .split('\n')
        .map((line) => this.#resultsOf(line)),
    );
  }

  #resultsOf(line: string): [LibraryModule, ReadonlySet<string>] {
    const [name = '', list = ''] = line.split(': ');
    const module = this.#byName.get(name);
    const names = list.split(' ');
    const known = module === undefined ? [] : this.#membersOf(module).map((one) => one.name);
    const wrong = names.filter((one) => !known.includes(one));
    if (module === undefined || wrong.length > 0) throw new Error(`lib/results.txt: there is no ${wrong.join(', ')} in ${name}`);
    return [module, new Set(names)];
  }

  manifest(elsewhere: string): Manifest {
    return { modules: this.#modules.map((one) => this.#describe(one)), elsewhere: this.#elsewhere(elsewhere) };
  }

  #describe(module: LibraryModule): ManifestModule {
    const { names, file, inner, chunk, text } = module;
    const members = this.#membersOf(module).map((one) => ({
      ...one,
      options: [...this.#optionsOf(module, one, [])],
      ...(this.#results.get(module)?.has(one.name) === true ? { resultNeeded: true as const } : {}),
    }));
    return { names, file, inner, chunk, about: documentation(text).about, members };
  }

  /** What a module defines, then what it imports from other modules under names without a `_`. */
  #membersOf(module: LibraryModule): readonly (DocumentedName & Pick<ManifestMember, 'home' | 'borrowed'>)[] {
    const { members } = documentation(module.text);
    const others = passedOn(module.text).flatMap(({ name, home, member }) => {
      if (name.startsWith('_')) return [];
      const { text, inner } = this.#named(home, module);
      const source = documentation(text);
      const from = inner ? { home } : { home, borrowed: true as const };
      if (member === null) return members.length > 0 ? [] : [{ name, signature: name, text: source.about, ...from }];
      return source.members.filter((one) => one.name === member).map((one) => ({ ...one, name, ...from }));
    });
    return [...members, ...others];
  }

  #optionsOf(module: LibraryModule, { name, text }: DocumentedName, seen: readonly string[]): Set<string> {
    const [, sentence = ''] = /\bOptions: (.*?)(?:\.(?: |$)|$)/.exec(text.join(' ')) ?? [];
    const options = new Set<string>();
    const own = sentence.replace(/those of `(?:([\w/-]+)\.)?(\w+)`/g, (_all, home: string | undefined, other: string) => {
      const from = home === undefined ? module : this.#named(home, module);
      const found = this.#membersOf(from).find((one) => one.name === other);
      if (found === undefined)
        throw new Error(`lib/${module.file}.oak: ${name} has the options of ${other}, which does not exist`);
      if (!seen.includes(other)) for (const option of this.#optionsOf(from, found, [...seen, name])) options.add(option);
      return '';
    });
    for (const [, option = ''] of own.matchAll(/`([\w?!]+)(?::[^`]*)?`/g)) options.add(option);
    return options;
  }

  #named(name: string, from: LibraryModule): LibraryModule {
    const found = this.#byName.get(name);
    if (found === undefined) throw new Error(`lib/${from.file}.oak speaks of the module ${name}, which does not exist`);
    return found;
  }

  #elsewhere(text: string): ElsewhereModule[] {
    return text
      .trimEnd()
      .split('\n')
      .flatMap((line) => {
        const [, list = '', about = ''] = /^(.*?): (.*)$/.exec(line) ?? [];
        const names = list.split(' ').filter((name) => name !== '' && !this.#byName.has(name));
        return names.length === 0 ? [] : [{ names, about }];
      });
  }
}
