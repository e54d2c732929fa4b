/** The commands that read their own arguments. other-commands.ts says how each is loaded. */

interface OwnCommand {
  /** What follows the name of the command. */
  readonly usage: string;
  /** One line for lists. */
  readonly summary: string;
  /** What `magnolia help NAME` says beside that; lines that end in a line end. */
  readonly details?: string;
}

const own = {
  build: {
    usage: 'FILE',
    summary: 'compile a program and all that it imports into one file, which runs without magnolia',
    details: `    -o OUT           the file to write: NAME.mjs, or NAME.html for a page
    --target NAME    node: \`node OUT ARG...\` is \`magnolia FILE ARG...\`. browser: a module that exports run(options) and program.
                     html: one page
    --include FILE   a program, or a module of the library, that is imported by a computed name; may be repeated
    --minify         short names in the JavaScript of the program
    What is written imports nothing but modules of Node, and generates no code: it runs under script-src 'self', too.
    A source map is written beside it (not for html).
`,
  },
  check: {
    usage: 'FILE...',
    summary: 'find mistakes in programs, and in what they import, without running them',
    details: `    Folders are searched for .oak, .ok, .mag and .mg files. Status 1 for a mistake of syntax and a file that cannot be read.
    --strict        status 1 for warnings, too
    --format json   one array on standard output: [{file, diagnostics: [{range, severity, code, source, message, data}]}]
    A remark // check: ignore CODE at the end of a line, or on the line before, takes one warning away.
`,
  },
  completions: {
    usage: 'SHELL',
    summary: 'print the completions of this command for bash, zsh or fish',
    details: `    In ~/.bashrc      source <(magnolia completions bash)
    In ~/.zshrc       source <(magnolia completions zsh)
    In config.fish    magnolia completions fish | source
`,
  },
  emit: {
    usage: 'FILE',
    summary: 'print the JavaScript that a program is compiled to',
  },
  fmt: {
    usage: 'FILE...',
    summary: 'lay out programs in the one style',
    details: `    Rewrites the files in place; - formats standard input to standard output. Folders are searched for .oak, .ok, .mag and .mg files.
    --check   change nothing, name the files that differ, status 1 if there is one
    --diff    change nothing, show the changes
    A file with a syntax error is left alone, with status 1. As with gofmt, lines are neither broken nor joined.
`,
  },
  gateway: {
    usage: '--allow-net LIST',
    summary: 'give pages that know its token sockets of this machine',
    details: `    Prints its link once, on standard error, and serves until it is ended. Every connection is a line there; data never is.
    --listen ADDRESS      where pages reach it: 127.0.0.1:8090
    --allow-net LIST      what pages may connect to: host:port, host, *.host, :port, address/bits, unix:/path; * is everything
    --deny-net LIST       what they may not, also as an address of an allowed name
    --allow-listen LIST   where pages may listen; nowhere without it
    --origin ORIGIN       pages of this origin may come, too (https://play.example); those of this machine may. May be repeated
    --token-file FILE     take the token from a file, in place of a new one that is printed
    docs/tunnel.md tells who sees what.
`,
  },
  lsp: {
    usage: '[--stdio]',
    summary: 'answer an editor on standard input and output (Language Server Protocol)',
    details: `    Diagnostics as magnolia check has them, hover, completion, signatures, definitions, references, rename, symbols, formatting.
    editors/ in the repository has an extension for Visual Studio Code and a TextMate grammar.
`,
  },
  test: {
    usage: '[FILE|FOLDER...]',
    summary: 'run the tests in *.test.oak files',
    details: `    Without FILE or FOLDER, searches below the current folder. A file defines run(t), where t is a suite of import('test'), or makes suites
    itself. Each file runs in a world of its own. Status 0 if all passed, 1 if one failed or none was found.
    --filter TEXT        only tests with TEXT in their path, suite or name count and are shown
    --reporter NAME      text, tap (version 14) or json; with tap and json, programs print to standard error
    --timeout SECONDS    how long a file may take: 60
    --memory-network     sockets use a network in memory, with addresses of its own
    --virtual-time       wait, timeouts and time() use a clock that begins with 2020 and jumps when all threads wait
    --seed N             N decides the order of runnable threads and what rand returns
    --watch              run again when a program changes
    --coverage           show which lines of what the tests import were reached
    --lcov FILE          write the same as a tracefile of lcov
`,
  },
} satisfies { readonly [name: string]: OwnCommand };

/** The name of such a command. */
export type OwnName = keyof typeof own;

export const OWN_COMMANDS: { readonly [name in OwnName]: OwnCommand } = own;

/** Whether there is such a command. */
export function isOwnCommand(name: string): name is OwnName {
  return Object.hasOwn(own, name);
}
