/** The editor: CodeMirror with the colours of our own lexer and marks for mistakes. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentService, indentUnit } from '@codemirror/language';
import { EditorState, type Extension, type Range, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from '@codemirror/view';
import { type Piece, pieces, tokenAt } from './highlight.ts';
import { LONGEST_PROGRAM, type Mark } from './messages.ts';
import { theme } from './theme.ts';

/** Longer texts get their colours a moment after the key, so that typing stays fast. */
const LONG_TEXT = 60_000;
const COLOUR_LATER_MS = 400;
const INDENT = 4;

export interface EditorListener {
  /** Somebody has changed the text. */
  changed(text: string): void;
  /** A change was refused because the text would get this long. */
  refused(length: number): void;
}

export class Editor {
  readonly #view: EditorView;

  /** The editor lives in a shadow root: its style sheets are then objects, which the strict content security policy allows. */
  constructor(parent: HTMLElement, text: string, listener: EditorListener) {
    const root = parent.attachShadow({ mode: 'open' });
    this.#view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({ doc: text, extensions: extensions(listener) }),
    });
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  /** Replaces the text; Ctrl-Z brings the former one back. */
  set text(text: string) {
    const view = this.#view;
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: text },
      selection: { anchor: 0 },
      scrollIntoView: true,
    });
  }

  focus(): void {
    this.#view.focus();
  }

  /** Shows a mistake in the text, or none. With `jump`, its place comes into view. */
  mark(mark: Mark | null, jump = false): void {
    const from = mark === null ? 0 : placeOf(this.#view.state, mark);
    this.#view.dispatch({
      effects: [setMark.of(mark), ...(jump && mark !== null ? [EditorView.scrollIntoView(from, { y: 'center' })] : [])],
    });
  }
}

function extensions(listener: EditorListener): Extension {
  return [
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    bracketMatching(),
    colours,
    markField,
    EditorView.lineWrapping,
    EditorState.tabSize.of(INDENT),
    indentUnit.of('\t'),
    indentService.of((context, at) => indentAt(context.state, at)),
    theme,
    EditorView.contentAttributes.of({
      'aria-label': 'Program',
      tabindex: '0',
      spellcheck: 'false',
      autocorrect: 'off',
      autocapitalize: 'off',
      translate: 'no',
    }),
    keymap.of([...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'), ...historyKeymap, indentWithTab]),
    EditorView.inputHandler.of(closeBlock),
    EditorState.changeFilter.of((change) => {
      if (!change.docChanged || change.newDoc.length <= LONGEST_PROGRAM) return true;
      const { length } = change.newDoc;
      queueMicrotask(() => listener.refused(length));
      return false;
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) listener.changed(update.state.doc.toString());
    }),
  ];
}

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

// ---- colours ----

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

const colours = ViewPlugin.fromClass(
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

// ---- marks ----

const setMark = StateEffect.define<Mark | null>();

/** The mark goes when the text is changed. */
const markField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { effects, docChanged, state }) {
    const set = effects.findLast((effect) => effect.is(setMark));
    if (set !== undefined) return set.value === null ? Decoration.none : decorationsOf(state, set.value as Mark); // `is` says so
    return docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** A place in UTF-16 units. */
function placeOf({ doc }: EditorState, { line, column }: Mark): number {
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
