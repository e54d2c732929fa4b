/** How the editor looks. The colours are those of style.css, which reach into the editor's shadow root. */
import { EditorView } from '@codemirror/view';

export const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', fontSize: '14px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--code)', lineHeight: '1.55', overflow: 'auto' },
  '.cm-content': { padding: '10px 0', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0 16px 0 8px' },
  '.cm-gutters': { backgroundColor: 'var(--pane)', color: 'var(--quiet)', border: 'none', paddingLeft: '6px' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine, &.cm-focused .cm-activeLineGutter': { backgroundColor: 'var(--active)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--selection)',
  },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--selection)', borderRadius: '3px' },
  '&.cm-focused .cm-nonmatchingBracket': { color: 'var(--bad)', backgroundColor: 'transparent' },
  '.m-keyword': { color: 'var(--keyword)', fontWeight: '600' },
  '.m-constant, .m-number': { color: 'var(--number)' },
  '.m-string': { color: 'var(--string)' },
  '.m-atom': { color: 'var(--atom)' },
  '.m-function': { color: 'var(--function)' },
  '.m-operator': { color: 'var(--keyword)' },
  '.m-comment': { color: 'var(--comment)', fontStyle: 'italic' },
  '.m-bad': { textDecoration: 'underline wavy var(--bad) 1.5px', textUnderlineOffset: '3px' },
  '.m-bad-line': { backgroundColor: 'var(--bad-soft)' },
  '.m-message': {
    padding: '4px 16px 6px 8px',
    backgroundColor: 'var(--bad-soft)',
    color: 'var(--bad)',
    font: '13px/1.45 system-ui, sans-serif',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
  '.m-hint': { color: 'var(--hint)' },
});
