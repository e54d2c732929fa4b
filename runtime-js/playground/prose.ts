/** Markdown as our own texts use it, as elements: paragraphs, lists, code, links, emphasis. Nothing in it becomes markup. */

/** The elements of a text. */
export function prose(markdown: string): DocumentFragment {
  const made = document.createDocumentFragment();
  for (const [, code, block = ''] of markdown.matchAll(/^```\w*\n([\s\S]*?)^```$|((?:(?!^```).+\n?)+)/gm)) {
    if (code !== undefined) made.append(codeBlock(code));
    else if (/^( {4}|\t)/.test(block)) made.append(codeBlock(block.replace(/^( {4}|\t)/gm, '')));
    else if (/^- /.test(block)) made.append(list(block));
    else made.append(withWords('p', block));
  }
  return made;
}

function codeBlock(text: string): HTMLElement {
  const block = document.createElement('pre');
  block.textContent = text.trimEnd();
  return block;
}

function list(block: string): HTMLElement {
  const items = block.split(/^- /m).slice(1);
  const made = document.createElement('ul');
  made.append(...items.map((item) => withWords('li', item)));
  return made;
}

function withWords(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  let behind = 0;
  for (const found of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g)) {
    const [whole, code, strong, label, target] = found;
    made.append(text.slice(behind, found.index));
    behind = found.index + whole.length;
    if (target !== undefined) {
      const link = document.createElement('a');
      link.href = target;
      link.target = '_blank';
      link.textContent = label ?? '';
      made.append(link);
    } else {
      const word = document.createElement(code === undefined ? 'strong' : 'code');
      word.textContent = code ?? strong ?? '';
      made.append(word);
    }
  }
  made.append(text.slice(behind).trimEnd());
  return made;
}
