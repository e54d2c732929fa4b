/**
 * What is known about the standard library: the shape of dist/lib/manifest.cjs, which the build makes from lib/
 * (scripts/build/library-manifest.ts), and the part of it that hints need.
 */
import type { DocumentedName } from '../syntax/doc-comments.ts';

/** All that the build knows about the library. */
export interface Manifest {
  /** In order of how many other modules import them. */
  readonly modules: readonly ManifestModule[];
  /** Modules that only the reference has: their names, and what they are for. */
  readonly elsewhere: readonly ElsewhereModule[];
}

export interface ManifestModule {
  /** What `import` takes; the documentation uses the first one. */
  readonly names: readonly string[];
  /** Its path below lib/, without the extension. */
  readonly file: string;
  /** Whether only library modules can import it. */
  readonly inner: boolean;
  /** The file of the browser's library that has its source. */
  readonly chunk: string;
  /** The comment at the top of its file, line by line. */
  readonly about: readonly string[];
  /** What programs can use of it, by the order of its file. */
  readonly members: readonly ManifestMember[];
}

/** A function, class or constant of a module. */
export interface ManifestMember extends DocumentedName {
  /** The names of its options; empty for what takes none. */
  readonly options: readonly string[];
  /** A call of it is of no use unless something takes the result. */
  readonly resultNeeded?: true;
  /** The module that defines it, when that is another one. */
  readonly home?: string;
  /** That module is one for programs, and documents it. */
  readonly borrowed?: true;
}

/** What the documentation of a module describes: its own members, or all of them if it has no others. */
export function ownMembers(members: readonly ManifestMember[]): readonly ManifestMember[] {
  const own = members.filter(({ borrowed }) => borrowed !== true);
  return own.length > 0 ? own : members;
}

export interface ElsewhereModule {
  readonly names: readonly string[];
  readonly about: string;
}

/** What hints need to know. */
export interface LibraryNames {
  /** What is in each module that programs can import; modules that many others import come first. */
  readonly modules: { readonly [name: string]: readonly string[] };
  /** Other names of modules, and the name that `modules` has for them. */
  readonly aliases: { readonly [name: string]: string };
  readonly elsewhere: readonly ElsewhereModule[];
}

export const NO_LIBRARY: LibraryNames = { modules: {}, aliases: {}, elsewhere: [] };

/** The part of a manifest that hints need. */
export function namesOf({ modules, elsewhere }: Manifest): LibraryNames {
  const open = modules.filter(({ inner }) => !inner);
  return {
    modules: Object.fromEntries(
      open.map(({ names: [name = ''], members }) => [name, ownMembers(members).map((one) => one.name)]),
    ),
    aliases: Object.fromEntries(open.flatMap(({ names: [name = '', ...others] }) => others.map((other) => [other, name]))),
    elsewhere,
  };
}

/** The names in one module of the library; none when it is not one. */
export function namesIn({ modules, aliases }: LibraryNames, name: string): readonly string[] {
  const own = Object.hasOwn(aliases, name) ? (aliases[name] ?? '') : name;
  return Object.hasOwn(modules, own) ? (modules[own] ?? []) : [];
}

/** The modules that have a function of this name, the most imported one first. */
export function librariesWith({ modules }: LibraryNames, name: string): readonly string[] {
  return Object.keys(modules).filter((library) => modules[library]?.includes(name));
}

/** That a module is in the reference and not here, and what it is for; null for any other name. */
export function onlyInReference({ elsewhere }: LibraryNames, name: string): string | null {
  const found = elsewhere.find(({ names }) => names.includes(name));
  return found === undefined ? null : `\`${name}\` is in the reference, not here: ${found.about}`;
}
