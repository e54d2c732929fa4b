/** `magnolia help`: the commands, the builtins (from the registry's table) and the library (from the comments in its source). */
import { readFileSync } from 'node:fs';
import { LIBRARIES, librariesWith } from '../../language/library-index.ts';
import { nearest } from '../../language/nearest.ts';
import { COMMANDS, type Settings } from './arguments.ts';
import { describeBuiltin } from './builtin-help.ts';
import { librarySource, nativeRegistry } from './engine.ts';
import { type Documented, documentation } from './library-help.ts';
import { complain, writeOut } from './screen.ts';

const OVERVIEW = `Usage:
  magnolia FILE [ARG...]      run a program; - is standard input
  magnolia eval PROGRAM       run PROGRAM and print its value
  magnolia check FILE...      show what is wrong with programs, without running them
  magnolia repl               type programs, see values; the same as magnolia at a terminal
  magnolia help [NAME]        explain a command, a builtin (print) or the library (std, std.map)
  magnolia version            print the version

Flags, before the FILE or the command:
  --lib DIR                   take the standard library from DIR (or MAGNOLIA_LIB)
  --allow-net LIST            let the program use these addresses only: host, host:port, :port, 10.0.0.0/8, unix:/path, *
  --deny-net LIST             never let it use these; what is refused is an error value for the program
  --help, --version

MAGNOLIA_TRACE=net tells on standard error what happens to sockets.
Errors go to standard error. The exit status is the program's own, 1 after an error, 2 for wrong usage.
`;

/** Explains a topic, or gives the overview; gives the exit status. */
export function help(topic: string | null, settings: Settings): number {
  if (topic === null) {
    writeOut(OVERVIEW);
    return 0;
  }
  const found = commandHelp(topic) ?? builtinHelp(topic) ?? libraryHelp(topic, settings);
  if (found !== null) {
    writeOut(found);
    return 0;
  }
  const homes = librariesWith(topic);
  if (homes.length > 0) {
    writeOut(homes.map((library) => libraryHelp(`${library}.${topic}`, settings) ?? '').join('\n'));
    return 0;
  }
  const builtins = nativeRegistry()
    .all()
    .map(({ name }) => name);
  const meant = nearest(topic, [...builtins, ...LIBRARIES, ...Object.keys(COMMANDS)]) ?? nearMember(topic, settings);
  complain(`there is no help for ${topic}${meant === null ? '' : `; did you mean ${meant}?`}`);
  return 1;
}

/** The version of this package. */
export function version(): number {
  writeOut(`magnolia ${packageVersion()}\n`);
  return 0;
}

function packageVersion(): string {
  for (const up of ['..', '../..', '../../..']) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8'));
      if (typeof found === 'object' && found !== null && 'version' in found) return String(found.version);
    } catch {
      // one folder further up
    }
  }
  return 'of unknown version';
}

function commandHelp(topic: string): string | null {
  const line = Object.hasOwn(COMMANDS, topic) ? COMMANDS[topic] : undefined;
  if (line === undefined) return null;
  const usage = OVERVIEW.split('\n').find((one) => one.startsWith(`  magnolia ${topic === 'run' ? 'FILE' : topic}`));
  return `${usage?.trim().split(/ {2,}/)[0] ?? `magnolia ${topic}`}\n    ${line}\n`;
}

function builtinHelp(topic: string): string | null {
  const one = nativeRegistry().get(topic);
  return one === undefined ? null : describeBuiltin(one);
}

function read(library: string, settings: Settings): Documented | null {
  const source = librarySource(library, settings);
  return source === null ? null : documentation(source);
}

/** `std` or `std.map`. */
function libraryHelp(topic: string, settings: Settings): string | null {
  const whole = read(topic, settings);
  if (whole !== null) {
    const names = [...whole.entries.values()].map(({ signature }) => `    ${signature}`);
    return `${[`${topic} := import('${topic}')`, '', ...whole.about, '', ...names].join('\n')}\n`;
  }
  const [library = '', member = ''] = topic.split(/\.(?=[^.]*$)/);
  const entry = read(library, settings)?.entries.get(member);
  return entry === undefined
    ? null
    : `${[`${library}.${entry.signature}`, ...entry.text.map((line) => `    ${line}`)].join('\n').trimEnd()}\n`;
}

/** `std.mpa`: the name in that library which was probably meant. */
function nearMember(topic: string, settings: Settings): string | null {
  const [library = '', member = ''] = topic.split(/\.(?=[^.]*$)/);
  const meant = nearest(member, read(library, settings)?.entries.keys() ?? []);
  return meant === null ? null : `${library}.${meant}`;
}
