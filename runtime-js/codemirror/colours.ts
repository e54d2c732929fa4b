/** The colours of a program in CodeMirror, from the tokens of the language's own lexer: each piece has a class, `m-keyword` and so on. */
import type { Extension, Range } from '@codemirror/state';
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import { type Piece, pieces } from './highlight.ts';

/** Longer texts get their colours a moment after the key, so that typing stays fast. */
const LONG_TEXT = 60_000;
const COLOUR_LATER_MS = 400;

const styles: { readonly [style in Piece['style']]: Decoration } = {
  keyword: Decoration.mark({ class: 'm-keyword' }),
  constant: Decoration.mark({ class: 'm-constant' }),
  string: Decoration.mark({ class: 'm-string' }),
  number: Decoration.mark({ class: 'm-number' }),
  atom: Decoration.mark({ class: 'm-atom' }),
  function: Decoration.mark({ class: 'm-function' }),
  property: Decoration.mark({ class: 'm-property' }),
  operator: Decoration.mark({ class: 'm-operator' }),
  comment: Decoration.mark({ class: 'm-comment' }),
};

/** Gives each piece of the text that is in view its class. */
export const colours: Extension = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    #pieces: readonly Piece[];
    #later: ReturnType<typeof setTimeout> | null = null;

    constructor(view: EditorView) {
      this.#pieces = pieces(view.state.doc.toString());
      this.decorations = this.#visible(view);
    }

    update({ view, docChanged, viewportChanged, changes, state }: ViewUpdate): void {
      if (docChanged && state.doc.length > LONG_TEXT) {
        this.decorations = this.decorations.map(changes);
        if (this.#later !== null) clearTimeout(this.#later);
        this.#later = setTimeout(() => {
          this.#later = null;
          this.#pieces = pieces(view.state.doc.toString());
          this.decorations = this.#visible(view);
          view.dispatch({});
        }, COLOUR_LATER_MS);
      } else if (docChanged) {
        this.#pieces = pieces(state.doc.toString());
        this.decorations = this.#visible(view);
      } else if (viewportChanged && this.#later === null) {
        this.decorations = this.#visible(view);
      }
    }

    destroy(): void {
      if (this.#later !== null) clearTimeout(this.#later);
    }

    #visible({ viewport: { from, to }, state }: EditorView): DecorationSet {
      const found: Range<Decoration>[] = [];
      for (let i = firstEndingAfter(this.#pieces, from); i < this.#pieces.length; i++) {
        const piece = this.#pieces[i];
        if (piece === undefined || piece.start >= to) break;
        const start = Math.max(piece.start, from);
        const end = Math.min(piece.end, to, state.doc.length);
        if (start < end) found.push(styles[piece.style].range(start, end));
      }
      return Decoration.set(found);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function firstEndingAfter(all: readonly Piece[], at: number): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.end ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
