/** The commands that read their own arguments. A new one is an entry here and a file, which is loaded when the command is used. */
import type { Settings } from './arguments.ts';

/** Runs a command with the words behind its name; returns the exit status. */
export type RunCommand = (words: readonly string[], settings: Settings) => Promise<number>;

export interface OwnCommand {
  /** What follows the name of the command. */
  readonly usage: string;
  /** One line for lists. */
  readonly summary: string;
  /** What `magnolia help NAME` says beside that; lines that end in a line end. */
  readonly details?: string;
  load(): Promise<RunCommand>;
}

export const OWN_COMMANDS: { readonly [name: string]: OwnCommand } = {
  fmt: {
    usage: 'FILE...',
    summary: 'lay out programs in the one style',
    details: `    Rewrites the files in place; - formats standard input to standard output. Folders are searched for .oak, .ok, .mag and .mg files.
    --check   change nothing, name the files that differ, status 1 if there is one
    --diff    change nothing, show the changes
    A file with a syntax error is left alone, with status 1. As with gofmt, lines are neither broken nor joined.
`,
    load: async () => (await import('./fmt.ts')).formatFiles,
  },
};
