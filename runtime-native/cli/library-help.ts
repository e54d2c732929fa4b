/** What `magnolia help` says about the standard library, from its manifest; about modules of `--lib DIR`, from their comments. */
import {
  librariesWith,
  type ManifestMember,
  type ManifestModule,
  onlyInReference,
  ownMembers,
} from '../../language/diagnostics/library.ts';
import { nearest } from '../../language/diagnostics/nearest.ts';
import { documentation } from '../../language/syntax/doc-comments.ts';
import { utf8Decode } from '../../language/values/bytes.ts';
import { knownLibrary, libraryManifest } from '../library.ts';
import { nativeLibrary } from '../modules.ts';
import type { Settings } from './arguments.ts';
import { columns } from './screen.ts';

/** How many columns the names of modules take that are only in the reference. */
const WIDTH = 100;

type Described = Pick<ManifestModule, 'about' | 'members'>;

/** `std` or `std.map`; null when the library has no such thing. */
export function libraryHelp(topic: string, settings: Settings): string | null {
  const whole = moduleNamed(topic, settings);
  if (whole !== null) return moduleHelp(topic, whole);
  const [library, name] = memberOf(topic);
  const member = library === '' ? undefined : moduleNamed(library, settings)?.members.find((one) => one.name === name);
  return member === undefined ? null : memberHelp(library, member);
}

/** What the modules of the library that have a function of this name say about it, one after the other. */
export function everyModulesHelp(name: string, settings: Settings): string[] {
  const homes = librariesWith(knownLibrary(), name);
  const pages = homes.map((library) => libraryHelp(`${library}.${name}`, settings) ?? '');
  const also = libraryManifest().modules.flatMap(({ names: [library = ''], inner, members }) =>
    inner || homes.includes(library) || !members.some((one) => one.name === name) ? [] : [`${library}.${name}`],
  );
  return also.length === 0 ? pages : [...pages, `Also in reach as ${also.join(', ')}.\n`];
}

/** The modules for programs with a line on each, then what only the reference has. */
export function libraryList(): string {
  const { modules, elsewhere } = libraryManifest();
  const rows = modules.flatMap(({ names: [name = ''], inner, about: [first = ''] }): [string, string][] => {
    const [, about = ''] = /^\S+: (.*?)(?:\. .*|[.,:])?$/.exec(first) ?? [];
    return inner ? [] : [[name, about]];
  });
  rows.sort(([a], [b]) => (a < b ? -1 : 1));
  const others = elsewhere.map(({ names, about }) => `${wrapped(names)}\n        ${about}\n`);
  return [
    "The standard library; std := import('std') brings a module in, magnolia help std lists its functions.\n",
    columns(rows),
    'These modules are in the reference, not here.\n',
    others.join(''),
  ].join('\n');
}

/** Why the library has no such thing, with what was probably meant; null when the topic does not speak of the library. */
export function notInLibrary(topic: string, settings: Settings): string | null {
  const elsewhere = onlyInReference(knownLibrary(), topic);
  if (elsewhere !== null) return elsewhere;
  const [library, name] = memberOf(topic);
  const members = library === '' ? undefined : moduleNamed(library, settings)?.members;
  if (members === undefined) return null;
  const meant = nearest(name, members.map((one) => one.name)); // biome-ignore format: one line
  return `there is no ${name} in ${library}; ${meant === null ? `magnolia help ${library} lists what there is` : `did you mean ${library}.${meant}?`}`;
}

function moduleNamed(name: string, settings: Settings): Described | null {
  const replaced = settings.lib === null ? undefined : nativeLibrary(settings.lib).source(name);
  if (replaced !== undefined) {
    const { about, members } = documentation(utf8Decode(replaced));
    return { about, members: members.map((one) => ({ ...one, options: [] })) };
  }
  return libraryManifest().modules.find(({ names, inner }) => !inner && names.includes(name)) ?? null;
}

function moduleHelp(name: string, { about, members }: Described): string {
  const signatures = ownMembers(members).map(({ signature }) => `    ${signature}`);
  return `${[`${variableFor(name)} := import('${name}')`, '', ...about, '', ...signatures].join('\n')}\n`;
}

function memberHelp(library: string, { signature, text }: ManifestMember): string {
  return `${[`${library}.${signature}`, ...text.map((line) => `    ${line}`)].join('\n').trimEnd()}\n`;
}

/** `std.map` as library and member; the library is '' where there is no dot. */
function memberOf(topic: string): [library: string, member: string] {
  const dot = topic.lastIndexOf('.');
  return dot < 0 ? ['', topic] : [topic.slice(0, dot), topic.slice(dot + 1)];
}

/** A name that a program can give to a module. */
function variableFor(library: string): string {
  return library.replace(/^.*\//, '').replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
}

/** Names in lines that are not too long. */
function wrapped(names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + name.length > WIDTH) lines.push(name);
    else lines[lines.length - 1] = `${last} ${name}`;
  }
  return lines.map((line) => `    ${line}`).join('\n');
}
