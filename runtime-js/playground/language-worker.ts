/** Knows the language and the library: answers the page about the text in the editor, with what `magnolia lsp` answers with. */
import { Source } from '../../language/syntax/source.ts';
import { Editor } from '../../tools/editor/editor.ts';
import { knowledge } from './knowledge-data.ts';
import type { Answers, FromLanguage, Question, ToLanguage } from './language-messages.ts';
import { PROGRAM } from './messages.ts';

const { builtins, library } = knowledge;
const helps = new Map(builtins.map(({ name, help }) => [name, help]));
const imports = new Set(library.modules.flatMap(({ names }) => names));

const editor = new Editor({
  builtins: new Map(builtins.map(({ name, callable }) => [name, callable])),
  library,
  resolve: (path) => (imports.has(path) ? { kind: 'library', name: path } : null), // there are no other files
  builtinHelp: (name) => helps.get(name) ?? null,
  librarySource: () => null,
  filesAround: () => [],
});

/** The last text: what was found out about it is kept with it. */
let source = new Source(PROGRAM, '');

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  switch (question.kind) {
    case 'diagnostics':
      return editor.diagnostics(source).map(({ range, severity, message, hint }) => ({ range, severity, message, hint }));
    case 'hover':
      return editor.hover(source, question.at);
    case 'complete':
      return editor.complete(source, question.at);
    case 'format':
      return editor.format(source);
    case 'page':
      return await (await import('./builder.ts')).buildPage(source, question.network);
  }
}

addEventListener('message', ({ data: { number, text, question } }: MessageEvent<ToLanguage>) => {
  if (source.text !== text) source = new Source(PROGRAM, text);
  void answer(question).then((found) => postMessage({ number, answer: found } satisfies FromLanguage));
});
