/** Indentation while a program is typed. */
import { indentService, indentUnit } from '@codemirror/language';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

const INDENT = 4;

/** Tabs, shown four columns wide: one more behind an opening bracket, one less for a closing one. */
export const indentation: Extension = [
  EditorState.tabSize.of(INDENT),
  indentUnit.of('\t'),
  indentService.of((context, at) => indentAt(context.state, at)),
  EditorView.inputHandler.of(closeBlock),
];

/** As the line before, one step further behind an opening bracket, one step back for a closing one. */
function indentAt(state: EditorState, at: number): number {
  const line = state.doc.lineAt(at);
  const before = at > line.from ? state.sliceDoc(line.from, at) : line.number > 1 ? state.doc.line(line.number - 1).text : '';
  const after = state.sliceDoc(at, line.to);
  let columns = 0;
  for (const char of /^[ \t]*/.exec(before)?.[0] ?? '') columns += char === '\t' ? INDENT - (columns % INDENT) : 1;
  if (/[[({]\s*$/.test(before)) columns += INDENT;
  if (/^\s*[\])}]/.test(after)) columns -= INDENT;
  return Math.max(0, columns);
}

/** A closing bracket that begins its line goes back to where its block began. */
function closeBlock(view: EditorView, from: number, to: number, text: string): boolean {
  const line = view.state.doc.lineAt(from);
  const before = view.state.sliceDoc(line.from, from);
  if (!/^[\])}]$/.test(text) || !/^[ \t]+$/.test(before)) return false;
  const start = from - (before.endsWith('\t') ? 1 : Math.min(INDENT, before.length));
  view.dispatch({
    changes: { from: start, to, insert: text },
    selection: { anchor: start + 1 },
    userEvent: 'input.type',
    scrollIntoView: true,
  });
  return true;
}
