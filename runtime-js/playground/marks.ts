/** The mark of a mistake in the editor: its place underlined, and what is wrong in a box below its line. */
import { type EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, WidgetType } from '@codemirror/view';
import { tokenAt } from '../codemirror/highlight.ts';
import type { Mark } from './messages.ts';

/** Shows a mark, or takes it away. */
export const setMark = StateEffect.define<Mark | null>();

/** The mark goes when the text is changed. */
export const markField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { effects, docChanged, state }) {
    const set = effects.findLast((effect) => effect.is(setMark));
    if (set !== undefined) return set.value === null ? Decoration.none : decorationsOf(state, set.value as Mark); // `is` says so
    return docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** A place in UTF-16 units. */
export function placeOf({ doc }: EditorState, { line, column }: Mark): number {
  if (column < 1 && line > 1) return doc.line(Math.min(line - 1, doc.lines)).to;
  const { from, text } = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return from + [...text].slice(0, Math.max(0, column - 1)).join('').length;
}

function decorationsOf(state: EditorState, mark: Mark): DecorationSet {
  const at = placeOf(state, mark);
  const line = state.doc.lineAt(at);
  const token = tokenAt(state.doc.toString(), at);
  let from = Math.max(mark.span?.from ?? token?.start ?? at, line.from);
  let to = Math.min(mark.span?.to ?? token?.end ?? at + 1, line.to);
  if (to <= from) [from, to] = [Math.max(line.from, line.to - 1), line.to];
  const found = [Decoration.line({ class: 'm-bad-line' }).range(line.from)];
  if (from < to && from >= line.from) found.push(Decoration.mark({ class: 'm-bad' }).range(from, to));
  found.push(Decoration.widget({ widget: new Message(mark), block: true, side: 1 }).range(line.to));
  return Decoration.set(found, true);
}

/** What is wrong, below its line. */
class Message extends WidgetType {
  readonly #mark: Mark;

  constructor(mark: Mark) {
    super();
    this.#mark = mark;
  }

  override eq(other: Message): boolean {
    return other.#mark.reason === this.#mark.reason && other.#mark.hint === this.#mark.hint;
  }

  toDOM(): HTMLElement {
    const box = document.createElement('div');
    box.className = 'm-message';
    box.append(this.#mark.reason);
    if (this.#mark.hint !== null) {
      const hint = document.createElement('div');
      hint.className = 'm-hint';
      hint.textContent = `Hint: ${this.#mark.hint}`;
      box.append(hint);
    }
    return box;
  }
}
