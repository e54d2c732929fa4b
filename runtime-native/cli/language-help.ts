/** The sections of docs/language.md, for `magnolia help if`. The build puts the page beside the library. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALLED } from './installed.ts';
import { columns } from './screen.ts';

interface Section {
  readonly heading: string;
  /** The words it is found by, beside its heading: those of the comment `help: WORD ...` below it. */
  readonly words: readonly string[];
  /** Markdown. */
  readonly body: string;
}

/** All words that `languageHelp` knows. */
export function languageWords(): readonly string[] {
  return sections().flatMap(({ heading, words }) => [...words, heading.toLowerCase()]);
}

/** The section about a word, operator or heading, as text for a terminal; null if there is none. */
export function languageHelp(word: string): string | null {
  const wanted = word.toLowerCase();
  const found = sections().find(({ heading, words }) => words.includes(wanted) || heading.toLowerCase() === wanted);
  if (found === undefined) return null;
  const more = wanted === 'language' ? `\n${topicList()}` : '';
  return `${found.heading}\n\n${plain(found.body)}${more}`;
}

function topicList(): string {
  const lines = sections().map(({ heading, words }) => `    ${heading.padEnd(26)}  ${words.join(' ')}`);
  return `magnolia help TOPIC, where TOPIC is one of these:\n\n${lines.join('\n')}\n`;
}

let read: readonly Section[] | null = null;

function sections(): readonly Section[] {
  read ??= readSections();
  return read;
}

function readSections(): readonly Section[] {
  let page: string;
  try {
    page = readFileSync(join(INSTALLED, 'lib/language.md'), 'utf8');
  } catch {
    return []; // not built
  }
  return page
    .split(/^## /m)
    .slice(1)
    .map((text) => {
      const [, heading = '', words = '', body = ''] = /^(.*)\n(?:<!-- help: (.*) -->\n)?([\s\S]*)$/.exec(text) ?? [];
      return { heading, words: words.split(' '), body: body.trim() };
    });
}

/** Markdown as text: programs are indented, tables aligned, the rest loses its marks and is broken for the terminal. */
function plain(markdown: string): string {
  const pieces = markdown.split(/^```(oak|text)\n([\s\S]*?)^```\n?/m);
  const blocks: string[] = [];
  for (let i = 0; i < pieces.length; i += 3) {
    blocks.push(
      ...(pieces[i] ?? '')
        .split(/\n{2,}/)
        .filter((block) => block.trim() !== '')
        .map(proseOrTable),
    );
    const code = pieces[i + 2];
    if (code === undefined) continue;
    const shown = code.replace(/^(?=.)/gm, '    ').trimEnd();
    blocks.push(pieces[i + 1] === 'text' ? `  prints\n${shown}` : shown);
  }
  return `${blocks.join('\n\n')}\n`;
}

/** The most columns of a line of prose. */
const WIDEST = 100;

function proseOrTable(block: string): string {
  const lines = block.trim().split('\n');
  if (lines[0]?.startsWith('|')) return columns(lines.filter((line) => !/^\|[-| ]+\|$/.test(line)).map(cellsOf)).trimEnd();
  if (lines[0]?.startsWith('- ')) return lines.map(withoutMarks).join('\n');
  const width = Math.min(process.stdout.columns || WIDEST, WIDEST);
  let text = '';
  let column = 0;
  for (const word of withoutMarks(lines.join(' ')).split(' ')) {
    if (column > 0 && column + 1 + word.length > width) {
      text += '\n';
      column = 0;
    } else if (column > 0) {
      text += ' ';
      column++;
    }
    text += word;
    column += word.length;
  }
  return text;
}

function cellsOf(row: string): string[] {
  return row
    .replace(/^\| ?| ?\|$/g, '')
    .split(/ \|(?: |$)/)
    .map((cell) => withoutMarks(cell.replace(/<code>&#124;(.*?)<\/code>/g, '`|$1`')).trim());
}

function withoutMarks(prose: string): string {
  return prose
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/\*\*(\w[^*]*\w)\*\*/g, '$1')
    .replace(/(?<=\s)\*(\w[\w ]*)\*(?=[\s,.])/g, '$1');
}
