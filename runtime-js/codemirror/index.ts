/**
 * Magnolia for CodeMirror 6: `magnolia-socket/codemirror`. It is what the playground uses.
 *
 *     import { magnolia } from 'magnolia-socket/codemirror';
 *     new EditorView({ doc, extensions: [basicSetup, magnolia()], parent });
 */
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { colours } from './colours.ts';
import { indentation } from './indent.ts';

/** Colours, indentation and comments. Themes change the colours through the classes `m-keyword`, `m-constant`, `m-number`, `m-string`,
 * `m-atom`, `m-function`, `m-property`, `m-operator` and `m-comment`. */
export function magnolia(): Extension {
  return [colours, indentation, defaultColours, EditorState.languageData.of(() => [{ commentTokens: { line: '//' } }])];
}

const defaultColours = EditorView.baseTheme({
  '&light .m-keyword, &light .m-operator': { color: '#9a3767' },
  '&dark .m-keyword, &dark .m-operator': { color: '#e691b8' },
  '&light .m-constant, &light .m-number': { color: '#9a4a00' },
  '&dark .m-constant, &dark .m-number': { color: '#f0b37e' },
  '&light .m-string': { color: '#2f6b3a' },
  '&dark .m-string': { color: '#9bd0a2' },
  '&light .m-atom': { color: '#22618f' },
  '&dark .m-atom': { color: '#84c1ee' },
  '&light .m-function': { color: '#4f46a8' },
  '&dark .m-function': { color: '#b3adff' },
  '&light .m-comment': { color: '#6b6671', fontStyle: 'italic' },
  '&dark .m-comment': { color: '#96909f', fontStyle: 'italic' },
});
