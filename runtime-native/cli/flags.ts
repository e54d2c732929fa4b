/** Reading the flags of one command. */
import { parseArgs } from 'node:util';
import { nearest } from '../../language/diagnostics/nearest.ts';
import { complain, writeError } from './screen.ts';

/** What the flags of a command may be: `boolean` ones take no value. */
export type Flags = { readonly [name: string]: 'boolean' | 'string' };

/** The flags that were given, and the other words. */
export interface ReadFlags {
  readonly flags: { readonly [name: string]: string | true | undefined };
  readonly rest: readonly string[];
  /** All values of each flag, for those that may be repeated. */
  readonly all: { readonly [name: string]: readonly string[] | undefined };
}

/** Separates flags from other words; null, after a message for the user, if a flag is unknown or lacks its value. */
export function readFlags(command: string, words: readonly string[], known: Flags): ReadFlags | null {
  const options = Object.fromEntries(
    Object.entries(known).map(([name, type]) => [name, name.length === 1 ? { type, short: name } : { type }]),
  );
  const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true });
  const flags: { [name: string]: string | true | undefined } = {};
  const rest: string[] = [];
  const all: { [name: string]: string[] } = {};
  for (const token of tokens) {
    if (token.kind === 'positional') rest.push(token.value);
    if (token.kind !== 'option') continue;
    const type = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (type === undefined) {
      const meant = nearest(
        token.rawName,
        Object.keys(known).map((name) => `--${name}`),
      );
      return usageError(`${command} has no flag ${token.rawName}${meant === null ? '' : `; did you mean ${meant}?`}`);
    }
    if (type === 'string' && (token.value === undefined || token.value === ''))
      return usageError(`${token.rawName} needs a value`);
    if (type === 'boolean' && token.value !== undefined) return usageError(`${token.rawName} takes no value`);
    flags[token.name] = token.value ?? true;
    if (token.value !== undefined) {
      all[token.name] ??= [];
      all[token.name]?.push(token.value);
    }
  }
  return { flags, rest, all };
}

/** Says how a command was called in a wrong way; the exit status is then 2. */
export function usageError(message: string): null {
  complain(message);
  writeError('Try `magnolia help`.\n');
  return null;
}
