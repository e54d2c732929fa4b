/** What has to be known around a program to check it: the builtins, the library and where its imports lead. */
import type { Manifest, ManifestMember } from '../../language/diagnostics/library.ts';
import type { Source } from '../../language/syntax/source.ts';

/** Something that can be called and whose parameters are known. */
export interface Callable {
  /** As it is called in messages: `add`, `std.map`. Byte text. */
  readonly name: string;
  /** The fewest arguments that it can do with, and the most that it takes; null for any number. */
  readonly least: number;
  readonly most: number | null;
  /** The index of the parameter with options, and their names; null if it takes none. */
  readonly options: { readonly index: number; readonly names: readonly string[] } | null;
  /** A call of it is of no use unless something takes the result. */
  readonly resultNeeded: boolean;
}

/** Where an import leads: to a module of the library (its name), or to another text. */
export type Resolved = { readonly kind: 'library'; readonly name: string } | { readonly kind: 'file'; readonly source: Source };

export interface World {
  /** Null for a builtin whose arguments are not known. */
  readonly builtins: ReadonlyMap<string, Callable | null>;
  readonly library: Manifest;
  /**
   * Where `import(path)` in a text leads (`path` is ordinary text); null if the module does not exist. A text that has not changed
   * should be the same object each time, because what is known about it is kept.
   */
  resolve(path: string, from: Source): Resolved | null;
  /** Whether a text belongs to the standard library: it has more builtins, and others use what it imports. */
  isLibrary?(source: Source): boolean;
}

/** What a member of the library takes, from its signature; null for what is not a function. */
export function callableOf(module: string, { name, signature, options, resultNeeded }: ManifestMember): Callable | null {
  const forms = [...signature.matchAll(/\(([^()]*)\)/g)].map(([, params = '']) => params.split(', ').filter((one) => one !== ''));
  if (forms.length === 0) return null;
  const rest = forms.some((params) => params.some((one) => one.endsWith('...')));
  const index = forms[0]?.findIndex((one) => /^options\b/.test(one)) ?? -1;
  return {
    name: `${module}.${name}`,
    least: Math.min(...forms.map((params) => params.filter((one) => !/(?:\?|\.\.\.)$/.test(one)).length)),
    most: rest ? null : Math.max(...forms.map((params) => params.length)),
    options: index === -1 || options.length === 0 ? null : { index, names: options },
    resultNeeded: resultNeeded === true,
  };
}
