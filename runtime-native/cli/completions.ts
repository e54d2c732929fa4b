/** `magnolia completions SHELL`: what a shell has to know to complete commands, their flags and programs. Made from the tables of commands. */
import { COMMANDS, FLAGS, VALUE_FLAGS } from './arguments.ts';
import { isOwnCommand, OWN_COMMANDS } from './commands.ts';
import { readFlags, usageError } from './flags.ts';
import { detailsOf } from './help.ts';
import { writeOut } from './screen.ts';

const SHELLS: { readonly [shell: string]: () => string } = { bash, zsh, fish };
const ENDINGS = ['oak', 'ok', 'mag', 'mg'];

/** Prints the script for a shell. */
export async function printCompletions(words: readonly string[]): Promise<number> {
  const read = readFlags('completions', words, {});
  if (read === null) return 2;
  const [shell = '', ...more] = read.rest;
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined || more.length > 0) {
    usageError(`completions needs one of ${Object.keys(SHELLS).join(', ')}`);
    return 2;
  }
  writeOut(script());
  return 0;
}

/** Each command with what can follow it: its flags, as its help names them, or the words that it takes. */
function commands(): { readonly name: string; readonly about: string; readonly words: readonly string[] }[] {
  const names = Object.keys(COMMANDS);
  return Object.entries(COMMANDS).map(([name, about]) => ({ name, about, words: wordsBehind(name, names) }));
}

function wordsBehind(name: string, names: readonly string[]): readonly string[] {
  if (name === 'help') return [...names, 'builtins', 'library'];
  if (name === 'completions') return Object.keys(SHELLS);
  if (name === 'run') return FLAGS;
  const usage = isOwnCommand(name) ? OWN_COMMANDS[name].usage : '';
  const shown = `    ${usage}\n${detailsOf(name) ?? ''}`.matchAll(/^ {4}(\[?-.*?)(?: {2}|$)/gm);
  const flags = Array.from(shown, ([, line = '']) => Array.from(line.matchAll(/(?<![\w-])--?[a-z][\w-]*/g), ([flag]) => flag));
  return [...new Set(flags.flat())];
}

function bash(): string {
  const cases = commands().map(({ name, words }) => `    ${name}) words='${words.join(' ')}' ;;\n`);
  return `# Completion of magnolia for bash. In ~/.bashrc: source <(magnolia completions bash)
_magnolia() {
  local word=\${COMP_WORDS[COMP_CWORD]} words command= at ending file
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      ${VALUE_FLAGS.join('|')}) ((at++)) ;;
      -*) ;;
      *) command=\${COMP_WORDS[at]}; break ;;
    esac
  done
  case $command in
    '') words='${[...Object.keys(COMMANDS), ...FLAGS].join(' ')}' ;;
${cases.join('')}    *) words= ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [[ $word == -* || $command == help || $command == completions ]] && return
  while IFS= read -r file; do
    COMPREPLY+=("$file")
  done < <(
    for ending in ${ENDINGS.join(' ')}; do compgen -f -X "!*.$ending" -- "$word"; done
    compgen -d -- "$word"
  )
}
complete -o filenames -F _magnolia magnolia
`;
}

function zsh(): string {
  const described = commands().map(({ name, about }) => `    '${name}:${about.replaceAll("'", "'\\''")}'\n`);
  const cases = commands().map(({ name, words }) => `    ${name}) words_behind=(${words.join(' ')}) ;;\n`);
  return `#compdef magnolia
# Completion of magnolia for zsh. In ~/.zshrc, behind compinit: source <(magnolia completions zsh)
_magnolia() {
  local -a commands words_behind
  local at
  commands=(
${described.join('')}  )
  for ((at = 2; at < CURRENT; at++)); do
    case $words[at] in
      ${VALUE_FLAGS.join('|')}) ((at++)) ;;
      -*) ;;
      *) break ;;
    esac
  done
  if (( at == CURRENT )); then
    [[ $words[CURRENT] == -* ]] && compadd -- ${FLAGS.join(' ')} && return
    _describe 'command' commands
    _files -g '*.(${ENDINGS.join('|')})'
    return
  fi
  (( at < CURRENT )) && case $words[at] in
${cases.join('')}  esac
  if [[ $words[CURRENT] == -* || $words[at] == (help|completions) ]]; then
    compadd -- $words_behind
  else
    _files
  fi
}
if [[ $funcstack[1] == _magnolia ]]; then _magnolia "$@"; else compdef _magnolia magnolia; fi
`;
}

function fish(): string {
  const lines = ['# Completion of magnolia for fish. In config.fish: magnolia completions fish | source'];
  for (const flag of FLAGS) lines.push(`complete -c magnolia -n __fish_use_subcommand ${fishFlag(flag)}`);
  for (const { name, about, words } of commands()) {
    lines.push(`complete -c magnolia -n __fish_use_subcommand -a ${name} -d '${about.replaceAll("'", "\\'")}'`);
    for (const word of words) {
      const what = word.startsWith('-') ? fishFlag(word) : `-f -a ${word}`;
      lines.push(`complete -c magnolia -n '__fish_seen_subcommand_from ${name}' ${what}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function fishFlag(flag: string): string {
  return flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
}
