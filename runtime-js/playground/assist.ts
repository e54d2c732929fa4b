/**
 * Help while typing: mistakes underlined, completion, and what a word means under the pointer. Loaded when the editor is first used;
 * the answers come from the language worker.
 */
import { acceptCompletion, autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { type Diagnostic, linter, lintKeymap } from '@codemirror/lint';
import { type EditorState, type Extension, Prec } from '@codemirror/state';
import { EditorView, hoverTooltip, keymap, type Tooltip } from '@codemirror/view';
import type { Position, Range } from '../../tools/check/range.ts';
import type { Language } from './language.ts';
import type { Found } from './language-messages.ts';
import { setMark } from './marks.ts';
import { prose } from './prose.ts';

/** Milliseconds without typing before mistakes are looked for. */
const CHECK_AFTER_MS = 400;
/** Longer texts are not looked at. */
const LONGEST_CHECKED = 200_000;

/** What is added to the editor. */
export function assistance(language: Language): Extension {
  return [
    linter((view) => mistakes(view, language), { delay: CHECK_AFTER_MS }),
    autocompletion({ override: [(context) => completions(context, language)], icons: false }),
    hoverTooltip((view, at) => explanation(view, at, language)),
    keymap.of(lintKeymap),
    Prec.high(keymap.of([{ key: 'Tab', run: acceptCompletion }])),
    theme,
  ];
}

// ---- mistakes ----

/** The first mistake of syntax is shown in a box below its line; everything else is underlined and says why under the pointer. */
async function mistakes(view: EditorView, language: Language): Promise<Diagnostic[]> {
  const { state } = view;
  if (isLong(state)) return [];
  const found = await language.ask(state.doc.toString(), { kind: 'diagnostics' });
  if (view.state.doc !== state.doc) return [];
  const first = found.find(({ severity }) => severity === 'error');
  if (first !== undefined) view.dispatch({ effects: setMark.of(markOf(state, first)) });
  return found.flatMap((one): Diagnostic[] => {
    if (one === first) return [];
    const { from, to } = placesOf(state, one.range);
    const { severity, message, hint } = one;
    return [{ from, to, severity, message, renderMessage: () => messageOf(message, hint) }];
  });
}

function markOf(state: EditorState, { range, message, hint }: Found) {
  const { from, to } = placesOf(state, range);
  const { number, text } = state.doc.lineAt(from);
  const column = [...text.slice(0, range.start.character)].length + 1;
  return { line: number, column, span: { from, to }, reason: message, hint };
}

function messageOf(message: string, hint: string | null): HTMLElement {
  const box = document.createElement('div');
  box.append(message);
  if (hint !== null) {
    const line = document.createElement('div');
    line.className = 'm-hint';
    line.textContent = `Hint: ${hint}`;
    box.append(line);
  }
  return box;
}

// ---- completion ----

async function completions(context: CompletionContext, language: Language): Promise<CompletionResult | null> {
  const { state, pos, explicit } = context;
  if (isLong(state)) return null;
  const line = state.doc.lineAt(pos);
  const before = state.sliceDoc(line.from, pos);
  const path = /\bimport\('([^']*)$/.exec(before)?.[1];
  const word = path ?? /[\p{L}_][\p{L}\p{Nd}_?!]*$/u.exec(before)?.[0] ?? '';
  if (!explicit && path === undefined && word === '' && !/[\p{L}\p{Nd}_?!]\.$/u.test(before)) return null;
  const all = await language.ask(state.doc.toString(), { kind: 'complete', at: positionOf(state, pos) });
  if (all.length === 0) return null;
  return {
    from: pos - word.length,
    options: all.map(({ label, kind, detail }) => ({ label, type: kind, detail })),
    validFor: path === undefined ? /^[\p{L}\p{Nd}_?!]*$/u : /^[^']*$/,
  };
}

// ---- the word under the pointer ----

async function explanation({ state }: EditorView, at: number, language: Language): Promise<Tooltip | null> {
  if (isLong(state)) return null;
  const found = await language.ask(state.doc.toString(), { kind: 'hover', at: positionOf(state, at) });
  if (found === null) return null;
  const { from, to } = placesOf(state, found.range);
  return {
    pos: from,
    end: to,
    above: true,
    create() {
      const dom = document.createElement('div');
      dom.className = 'm-explanation';
      dom.append(prose(found.text));
      return { dom };
    },
  };
}

function isLong({ doc }: EditorState): boolean {
  return doc.length > LONGEST_CHECKED;
}

// ---- places ----

function positionOf({ doc }: EditorState, at: number): Position {
  const { number, from } = doc.lineAt(at);
  return { line: number - 1, character: at - from };
}

/** A range as the editor counts, at least one character wide where there is one. */
function placesOf(state: EditorState, { start, end }: Range): { readonly from: number; readonly to: number } {
  const from = placeOf(state, start);
  const to = Math.max(from, placeOf(state, end));
  return { from, to: to === from ? Math.min(from + 1, state.doc.length) : to };
}

function placeOf({ doc }: EditorState, { line, character }: Position): number {
  const { from, to } = doc.line(Math.min(line + 1, doc.lines));
  return Math.min(from + character, to);
}

const theme = EditorView.theme({
  '.cm-lintRange': { backgroundImage: 'none', paddingBottom: '0' },
  '.cm-lintRange-error': { textDecoration: 'underline wavy var(--bad) 1.5px', textUnderlineOffset: '3px' },
  '.cm-lintRange-warning': { textDecoration: 'underline wavy var(--hint) 1.5px', textUnderlineOffset: '3px' },
  '.cm-lintRange-active': { backgroundColor: 'var(--active)' },
  '.cm-lintPoint::after': { borderBottomColor: 'var(--hint)' },
  '.cm-tooltip': {
    border: '1px solid var(--line)',
    borderRadius: '8px',
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    boxShadow: '0 6px 24px light-dark(#25222a26, #0009)',
    overflow: 'hidden',
  },
  '.cm-tooltip-hover': { maxWidth: 'min(560px, 90vw)', maxHeight: '50vh', overflow: 'auto' },
  '.cm-diagnostic': { border: 'none', padding: '7px 12px', font: '13px/1.45 system-ui, sans-serif', whiteSpace: 'pre-wrap' },
  '.cm-diagnostic-error': { color: 'var(--bad)' },
  '.m-explanation': { padding: '8px 12px', font: '13px/1.5 system-ui, sans-serif' },
  '.m-explanation p, .m-explanation pre': { margin: '0 0 6px' },
  '.m-explanation pre': { fontFamily: 'var(--code)', whiteSpace: 'pre-wrap' },
  '.m-explanation pre:first-child': { color: 'var(--function)', fontWeight: '600' },
  '.m-explanation code': { fontFamily: 'var(--code)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--code)', fontSize: '13px', maxHeight: '15em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 12px', lineHeight: '1.5' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--selection)', color: 'var(--ink)' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': { color: 'var(--quiet)', fontStyle: 'normal', marginLeft: '1em' },
  '.cm-panels': { backgroundColor: 'var(--pane)', color: 'var(--ink)', borderColor: 'var(--line)' },
});
