/** Pages of docs/ as HTML, beside the playground, which links to them: it asks no other host for anything. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Marked } from 'marked';
import { pieces } from '../../runtime-js/codemirror/highlight.ts';

/** The pages that become HTML; links to others become plain words. */
const PAGES = ['language', 'coming-from', 'stdlib', 'socket'];

/** Writes NAME.html for each page; `policy` is the content security policy of the page. */
export async function writeDocPages(docs: string, to: string, policy: string): Promise<void> {
  await Promise.all(
    PAGES.map((name) => writeFile(join(to, `${name}.html`), docPage(readFileSync(join(docs, `${name}.md`), 'utf8'), policy))),
  );
}

function docPage(markdown: string, policy: string): string {
  const seen = new Map<string, number>();
  const marked = new Marked({
    renderer: {
      code: (text, lang) =>
        lang === 'oak'
          ? `<pre>${coloured(text)}</pre>\n`
          : `<pre class="${lang === 'text' ? 'output' : 'code'}">${escaped(text)}</pre>\n`,
      heading: (text, level, raw) => `<h${level} id="${anchor(raw, seen)}">${text}</h${level}>\n`,
      link: (href, _title, text) => {
        const target = localTarget(href);
        return target === null ? text : `<a href="${escaped(target)}">${text}</a>`;
      },
      image: (_href, _title, text) => text, // the pages have none
      html: () => '', // comments for our own tools
    },
  });
  const title = /^# (.*)$/m.exec(markdown)?.[1] ?? 'Magnolia';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · Magnolia</title>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="style.css">
<link rel="stylesheet" href="docs.css">
</head>
<body class="doc">
<main>
<nav><a href="./">Playground</a></nav>
${marked.parse(markdown)}</main>
</body>
</html>
`;
}

/** Where a link leads beside the playground; null for pages that are not there. */
function localTarget(href: string): string | null {
  if (/^(https?:|#)/.test(href)) return href;
  const [path = '', fragment] = href.split('#');
  const name = basename(path, '.md');
  if (!PAGES.includes(name) || !path.endsWith('.md')) return null;
  return `${name}.html${fragment === undefined ? '' : `#${fragment}`}`;
}

/** The anchor of a heading, as GitHub makes it. */
function anchor(heading: string, seen: Map<string, number>): string {
  const made = heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
  const before = seen.get(made) ?? 0;
  seen.set(made, before + 1);
  return before === 0 ? made : `${made}-${before}`;
}

/** A program with the colours of the editor. */
function coloured(program: string): string {
  let html = '';
  let behind = 0;
  for (const { start, end, style } of pieces(program)) {
    html += `${escaped(program.slice(behind, start))}<span class="m-${style}">${escaped(program.slice(start, end))}</span>`;
    behind = end;
  }
  return html + escaped(program.slice(behind));
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
