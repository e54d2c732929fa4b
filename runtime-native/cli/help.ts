/** `magnolia help`: the commands, the builtins (from the registry's table) and the library (from the comments in its source). */
import type { Builtin, Registry } from '../../builtins/registry.ts';
import { VERSION } from '../../embedding/version.ts';
import { nearest } from '../../language/diagnostics/nearest.ts';
import { isPrivate } from '../../language/modules.ts';
import { utf8Decode } from '../../language/values/bytes.ts';
import { knownLibrary } from '../library.ts';
import { COMMANDS, type Settings } from './arguments.ts';
import { describeBuiltin } from './builtin-help.ts';
import { isOwnCommand, OWN_COMMANDS } from './commands.ts';
import { languageHelp, languageWords } from './language-help.ts';
import { everyModulesHelp, libraryHelp, libraryList, notInLibrary } from './library-help.ts';
import { NO_SETTINGS } from './no-settings.ts';
import { columns, complain, writeOut } from './screen.ts';
import { commandWorld } from './world.ts';

const OVERVIEW = `Usage:
  magnolia FILE [ARG...]      run a program; - is standard input
  magnolia eval PROGRAM       run PROGRAM and print its value
  magnolia cert NAME...       make a certificate for development
  magnolia repl               type programs, see values; the same as magnolia at a terminal
  magnolia help NAME          explain a command, a builtin (print), the library (std, std.map) or a word (if)
  magnolia help builtins      list what a program can call; magnolia help library: what it can import
${ownCommands()}  magnolia version            print the version

Flags, before the FILE or the command:
  --lib DIR                   take the standard library from DIR (or MAGNOLIA_LIB)
  --watch                     run FILE again when it or something that it imports changes
  --workers N, --workers auto run FILE in N processes that share its listening sockets, one for each processor with auto
  --grace SECONDS             how long workers may take to end after SIGTERM; 30 unless given
  --metrics HOST:PORT         figures of the program for Prometheus at /metrics, and /healthz
  --allow-net LIST            let the program use these addresses only: host, host:port, :port, 10.0.0.0/8, unix:/path, *
  --deny-net LIST             never let it use these; what is refused is an error value for the program
  --allow-read LIST           let it read these folders and files only; its own folder is open to import
  --allow-write LIST          let it write there only; links and .. do not lead out
  --allow-run LIST            let exec run these programs only; without it any other --allow or --deny flag refuses exec
  --allow-env LIST            let env() show these variables only
  --help, --version

With MAGNOLIA_TRACE=net, what happens to sockets is reported on standard error.
Errors go to standard error. The exit status is the program's own, 1 after an error, 2 for wrong usage.
`;

/** A line for each command that reads its own arguments. */
function ownCommands(): string {
  return Object.entries(OWN_COMMANDS)
    .map(([name, { usage, summary }]) => `  ${`magnolia ${name} ${usage}`.padEnd(26)}  ${summary}\n`)
    .join('');
}

/** Topics that are lists. */
const LISTS = ['builtins', 'library'];

/** What there is to know about a command besides its line. */
const DETAILS: { readonly [command: string]: string } = {
  run: `    magnolia run [--watch] [--workers N|auto] [--grace SECONDS] [--metrics HOST:PORT] FILE [ARG...]

    --watch runs the program again whenever it or something that it imports by a literal name changes. A run that has not ended gets SIGTERM,
    and is ended after two seconds. Ctrl-C ends the program and the watching.

    --workers runs the program in N processes. What they listen on is shared, and connections are handed out in turn. A worker that
    dies is replaced, one that ends with status 0 is not. SIGTERM and SIGINT end all of them within the grace, the second one at once.
    SIGHUP replaces them one by one with the program as it is then: no connection is refused, and none is cut when the program drains
    on :term. Workers share no memory. process.worker() says which one runs.

    --metrics answers at /metrics in Prometheus' text format (sockets, connections, bytes, handshakes, threads, heap), and at /healthz with
    ok, or with status 503 once the program has stopped listening. With port 0 the system picks one; standard error shows the URL.
`,
  cert: `    NAMEs are DNS names, wildcards like *.example.org or IP addresses. Writes cert.pem and key.pem for servers and clients, and ca.pem,
    the certificate of the authority that signed it, for whoever has to trust it. The key of the authority is not kept.

    --out DIR                   the folder for the files; this one unless given
    --days N                    how long they are valid, 365 unless given
    --force                     replace files that are there
    --keep-ca-key               keep the key of the authority, in ca-key.pem, to sign more
    --ca FILE --ca-key FILE     sign with an authority that exists
`,
  repl: `    __ is the last value. An input that is not complete goes on with the next line. While a program runs, lines are what it reads
    with input(), and Ctrl-D is the end of that. Ctrl-C stops the program, or clears the line; exit(0), or Ctrl-D on an empty line,
    ends the session. Up brings back inputs that begin with what is typed, Ctrl-R those that contain it.
    Tab completes names, members and libraries. help, or help std.map, works there, too.
`,
};

/** Prints help on a topic, or the overview. Returns the exit status. */
export function help(topic: string | null, settings: Settings): number {
  if (topic === null) {
    writeOut(OVERVIEW);
    return 0;
  }
  const found = commandHelp(topic) ?? list(topic) ?? libraryHelp(topic, settings) ?? everythingCalled(topic, settings);
  if (found !== null) {
    writeOut(found);
    return 0;
  }
  complain(notInLibrary(topic, settings) ?? notThere(topic));
  return 1;
}

/** Why there is no help for a topic, with what was probably meant. */
function notThere(topic: string): string {
  const names = builtins()
    .all()
    .map(({ name }) => name)
    .filter((name) => !isPrivate(name));
  const known = Object.entries(knownLibrary().modules).flat(2);
  const meant = nearest(topic, [...names, ...known, ...Object.keys(COMMANDS), ...languageWords(), ...LISTS]);
  return `there is no help for ${topic}${meant === null ? '' : `; did you mean ${meant}?`}`;
}

/** The version of this package. */
export function version(): number {
  writeOut(`magnolia ${VERSION}\n`);
  return 0;
}

/** What the help of a command says below its usage: flags begin a line. */
export function detailsOf(command: string): string | undefined {
  return DETAILS[command] ?? (isOwnCommand(command) ? OWN_COMMANDS[command].details : undefined);
}

function commandHelp(topic: string): string | null {
  const line = Object.hasOwn(COMMANDS, topic) ? COMMANDS[topic] : undefined;
  if (line === undefined) return null;
  const usage = OVERVIEW.split('\n').find((one) => one.startsWith(`  magnolia ${topic === 'run' ? 'FILE' : topic}`));
  const details = detailsOf(topic);
  const more = details === undefined ? '' : `\n${details}`;
  return `${usage?.trim().split(/ {2,}/)[0] ?? `magnolia ${topic}`}\n    ${line}\n${more}`;
}

/** The builtin and the functions of the library that have this name, and what the language means by it; null when there is nothing. */
function everythingCalled(name: string, settings: Settings): string | null {
  const pages = [builtinHelp(name), ...everyModulesHelp(name, settings), languageHelp(name)].filter((page) => page !== null);
  return pages.length === 0 ? null : pages.join('\n');
}

function list(topic: string): string | null {
  if (topic === 'library') return libraryList();
  return topic === 'builtins' ? builtinList() : null;
}

/** The builtins by group. */
function builtinList(): string {
  const groups = new Map<string, Builtin[]>();
  for (const one of builtins().all()) {
    if (!one.name.startsWith('__')) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  }
  const parts = [...groups].map(
    ([group, all]) => `${group}\n${columns(all.map(({ name, help: about }) => [name, utf8Decode(about)]))}`,
  );
  return `What a program can call without importing it; magnolia help len tells more. The library is in magnolia help library.\n\n${parts.join('\n')}`;
}

function builtinHelp(topic: string): string | null {
  const one = builtins().get(topic);
  return one === undefined || isPrivate(topic) ? null : describeBuiltin(one);
}

/** The builtins of a program that the command runs. */
function builtins(): Registry {
  return commandWorld(NO_SETTINGS, []).world.registry;
}
