/** The editor: CodeMirror with the colours of our own lexer and marks for mistakes. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { magnolia } from '../codemirror/index.ts';
import { markField, placeOf, setMark } from './marks.ts';
import { LONGEST_PROGRAM, type Mark } from './messages.ts';
import { theme } from './theme.ts';

/** Where what is loaded later is put in. */
const later = new Compartment();

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

  /** Replaces what differs; cursor and scrolling stay where they are. */
  revise(text: string): void {
    const old = this.text;
    let from = 0;
    while (from < old.length && old[from] === text[from]) from++;
    let end = 0;
    while (end < Math.min(old.length, text.length) - from && old.at(-1 - end) === text.at(-1 - end)) end++;
    if (old === text) return;
    this.#view.dispatch({ changes: { from, to: old.length - end, insert: text.slice(from, text.length - end) } });
  }

  /** Adds what was loaded later. */
  extend(extension: Extension): void {
    this.#view.dispatch({ effects: later.reconfigure(extension) });
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
    magnolia(),
    markField,
    later.of([]),
    EditorView.lineWrapping,
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
