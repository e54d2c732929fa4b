/**
 * What the command line asks for.
 *
 *     magnolia [--lib DIR] FILE [ARG...]     all after FILE is the program's own
 *     magnolia [--lib DIR] COMMAND ...
 *
 * Reading it has no effects: whether a file exists and whether there is a terminal is asked through `Surroundings`.
 */
import { readPolicy } from '../../builtins/sockets/policy.ts';
import { nearest } from '../../language/diagnostics/nearest.ts';
import { isOwnCommand, OWN_COMMANDS, type OwnName } from './commands.ts';
import { NO_SETTINGS } from './no-settings.ts';
import { readWorkerOptions, type WorkerOptions } from './workers/options.ts';

/** What holds for every command. */
export interface Settings {
  /** The folder of the standard library; null for the one that came with this command. */
  readonly lib: string | null;
  /** Steps that a thread may run before others get their turn; null for the usual number. For tests. */
  readonly fuel: number | null;
  /** Addresses that the program may use, and may not; null for no such list. */
  readonly allowNet: string | null;
  readonly denyNet: string | null;
  /** Folders and files that the program may read and write, separated by commas; null for no such list. */
  readonly allowRead: string | null;
  readonly allowWrite: string | null;
  /** Programs that it may run, and variables that it may see. */
  readonly allowRun: string | null;
  readonly allowEnv: string | null;
  /** How many processes run the program, and how long they may take to end; null for one process. */
  readonly workers: WorkerOptions | null;
  /** Where figures of the program can be asked for; null for nowhere. */
  readonly metrics: string | null;
}

export type Command =
  | { readonly kind: 'run'; readonly file: string; readonly args: readonly string[] }
  | { readonly kind: 'watch'; readonly file: string; readonly words: readonly string[] }
  | { readonly kind: 'eval'; readonly program: string }
  | { readonly kind: 'repl' }
  | { readonly kind: 'cert'; readonly args: readonly string[] }
  | { readonly kind: 'help'; readonly topic: string | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'own'; readonly name: OwnName; readonly words: readonly string[] }
  | { readonly kind: 'wrong'; readonly message: string };

export interface Asked {
  readonly command: Command;
  readonly settings: Settings;
}

/** What has to be known of the surroundings. */
export interface Surroundings {
  readonly env: { readonly [name: string]: string | undefined };
  inputIsTerminal(): boolean;
  exists(path: string): boolean;
  isFolder(path: string): boolean;
}

/** The commands, and a line on each. */
export const COMMANDS: { readonly [name: string]: string } = {
  run: 'run a program; the word `run` may be left out',
  eval: 'run a program given as arguments and print its value',
  cert: 'make a certificate for development: ca.pem, cert.pem and key.pem',
  repl: 'type programs, see values',
  help: 'explain a command, a builtin (`help print`) or the library (`help std.map`)',
  version: 'print the version',
  ...Object.fromEntries(Object.entries(OWN_COMMANDS).map(([name, { summary }]) => [name, summary])),
};

/** The flags in front of a FILE that have a value. */
export const VALUE_FLAGS = [
  '--lib',
  '--fuel',
  '--allow-net',
  '--deny-net',
  '--allow-read',
  '--allow-write',
  '--allow-run',
  '--allow-env',
  '--workers',
  '--grace',
  '--metrics',
] as const;
/** All flags in front of a FILE. */
export const FLAGS = [...VALUE_FLAGS, '--watch', '--help', '--version'];

/** Reads the arguments that come after the name of the command itself. */
export function readArguments(argv: readonly string[], around: Surroundings): Asked {
  const given: { [name in (typeof VALUE_FLAGS)[number]]: string | null } = {
    '--lib': around.env.MAGNOLIA_LIB || null,
    '--fuel': around.env.MAGNOLIA_FUEL || null,
    '--allow-net': null,
    '--deny-net': null,
    '--allow-read': null,
    '--allow-write': null,
    '--allow-run': null,
    '--allow-env': null,
    '--workers': null,
    '--grace': null,
    '--metrics': null,
  };
  const rest = [...argv];
  /** The position of --watch. */
  let watch = -1;
  const wrong = (message: string): Asked => ({ command: { kind: 'wrong', message }, settings: NO_SETTINGS });

  /** Takes the flags that come next; returns the command of a flag such as --version, or undefined. */
  const takeFlags = (): Command | undefined => {
    for (let flag = rest[0]; flag?.startsWith('-') && flag !== '-'; flag = rest[0]) {
      rest.shift();
      if (flag === '--') return undefined;
      if (flag === '--help' || flag === '-h') return { kind: 'help', topic: null };
      if (flag === '--version' || flag === '-v' || flag === '-V') return { kind: 'version' };
      if (flag === '--watch') {
        watch = argv.length - rest.length - 1;
        continue;
      }
      const [start = '', inside] = flag.split(/=(.*)/s, 2);
      const name = VALUE_FLAGS.find((one) => one === start);
      if (name === undefined) return unknownFlag(start);
      const value = inside ?? rest.shift();
      if (value === undefined || value === '') return { kind: 'wrong', message: `${name} needs a value` };
      // Lists add up, so that a later one takes nothing back.
      given[name] = given[name] !== null && /^--(allow|deny)-/.test(name) ? `${given[name]},${value}` : value;
    }
    return undefined;
  };

  const asked = takeFlags() ?? readCommand(rest, takeFlags, around);
  const command = watch < 0 ? asked : watched(asked, [...argv.slice(0, watch), ...argv.slice(watch + 1)]);
  const { '--lib': lib, '--fuel': fuel, '--allow-net': allowNet, '--deny-net': denyNet } = given;
  if (fuel !== null && !/^[1-9]\d{0,8}$/.test(fuel)) return wrong(`--fuel takes a positive whole number, not ${fuel}`);
  if (allowNet !== null || denyNet !== null) {
    const problem = readPolicy(allowNet, denyNet);
    if (typeof problem === 'string') return wrong(`--allow-net and --deny-net: ${problem}`);
  }
  if (lib !== null && !around.isFolder(lib) && command.kind !== 'wrong' && command.kind !== 'help' && command.kind !== 'version')
    return wrong(`${lib === around.env.MAGNOLIA_LIB ? 'MAGNOLIA_LIB' : '--lib'}: there is no folder ${lib}`);
  const { '--workers': count, '--grace': grace } = given;
  const workers = count === null ? null : readWorkerOptions(count, grace);
  if (typeof workers === 'string') return wrong(workers);
  if (grace !== null && workers === null) return wrong('--grace belongs to --workers');
  if (workers !== null && command.kind !== 'wrong' && (command.kind !== 'run' || command.file === '-'))
    return wrong('--workers is for running a FILE');
  return {
    command,
    settings: {
      lib,
      fuel: fuel === null ? null : Number(fuel),
      allowNet,
      denyNet,
      allowRead: given['--allow-read'],
      allowWrite: given['--allow-write'],
      allowRun: given['--allow-run'],
      allowEnv: given['--allow-env'],
      workers,
      metrics: given['--metrics'],
    },
  };
}

/** The command under `--watch`; `words` are all others. */
function watched(command: Command, words: readonly string[]): Command {
  if (command.kind === 'wrong' || command.kind === 'help') return command;
  if (command.kind !== 'run' || command.file === '-') return { kind: 'wrong', message: '--watch is for running a FILE' };
  return { kind: 'watch', file: command.file, words };
}

function unknownFlag(flag: string): Command {
  const meant = nearest(flag, FLAGS);
  return { kind: 'wrong', message: `there is no flag ${flag}${meant === null ? '' : `; did you mean ${meant}?`}` };
}

function readCommand(rest: string[], takeFlags: () => Command | undefined, around: Surroundings): Command {
  const first = rest.shift();
  switch (first) {
    case undefined:
      return around.inputIsTerminal() ? { kind: 'repl' } : { kind: 'run', file: '-', args: [] };
    case 'run':
      return takeFlags() ?? fileToRun(rest);
    case 'cert':
      return asksForHelp(rest) ? { kind: 'help', topic: first } : { kind: 'cert', args: rest };
    case 'eval':
      return rest.length > 0 ? { kind: 'eval', program: rest.join(' ') } : needs('eval', 'PROGRAM');
    case 'repl':
      return takeFlags() ?? nothingMore('repl', rest) ?? { kind: 'repl' };
    case 'version':
      return nothingMore('version', rest) ?? { kind: 'version' };
    case 'help':
      return { kind: 'help', topic: rest.length === 0 ? null : rest.join(' ') };
    default:
      if (isOwnCommand(first))
        return asksForHelp(rest) ? { kind: 'help', topic: first } : { kind: 'own', name: first, words: rest };
  }

  const isCommand = /^\w+$/.test(first) && !around.exists(first);
  return isCommand ? { kind: 'wrong', message: noCommand(first, around) } : { kind: 'run', file: first, args: rest };
}

/** Whether the words of a command have `--help` or `-h` among its flags. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === '--help' || word === '-h');
}

/** Commands of the language's other runtimes, and what to use here. */
const ELSEWHERE: { readonly [name: string]: string } = {
  cat: 'any editor or the system shows a program',
  doc: 'magnolia help NAME explains a module or function',
  pack: 'magnolia build FILE makes one file of a program and its imports',
  pipe: 'a program reads lines with input()',
};

/** For a word that is neither a command nor a file. */
function noCommand(word: string, around: Surroundings): string {
  if (Object.hasOwn(ELSEWHERE, word)) return `there is no command ${word} here; ${ELSEWHERE[word]}`;
  const file = ['.oak', '.ok', '.mag', '.mg'].map((ending) => word + ending).find((name) => around.exists(name));
  const meant = file ?? nearest(word, Object.keys(COMMANDS));
  return `there is no command ${word}${meant === null ? ', and no such file' : `; did you mean ${meant}?`}`;
}

function fileToRun([file, ...args]: readonly string[]): Command {
  return file === undefined ? needs('run', 'FILE') : { kind: 'run', file, args };
}

function needs(command: string, what: string): Command {
  return { kind: 'wrong', message: `${command} needs ${what}` };
}

function nothingMore(command: string, rest: readonly string[]): Command | undefined {
  return rest.length === 0 ? undefined : { kind: 'wrong', message: `${command} takes nothing more, but got ${rest.join(' ')}` };
}
