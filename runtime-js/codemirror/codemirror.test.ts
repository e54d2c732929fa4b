/** The mode for CodeMirror, as users of the package import it. What it looks like is seen in the playground (scripts/e2e). */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from '@jest/globals';

const root = resolve(__dirname, '../..');

/** Runs a module text with `state`, an editor's state with the mode and this text, and `at`, the place of `|` in it; returns what it prints. */
function withMode(text: string, script: string): unknown {
  const module = `
    import { toggleComment } from '@codemirror/commands';
    import { getIndentation } from '@codemirror/language';
    import { EditorState } from '@codemirror/state';
    import { magnolia } from 'magnolia-socket/codemirror';
    const text = ${JSON.stringify(text)};
    const at = text.indexOf('|');
    const state = EditorState.create({ doc: text.replace('|', ''), selection: { anchor: at }, extensions: magnolia() });
    console.log(JSON.stringify((${script})()));`;
  const node = ['--input-type=module', '-e', module];
  return JSON.parse(execFileSync(process.execPath, node, { cwd: root, encoding: 'utf8' }));
}

it('indents by the line before and its brackets, in tabs of four columns', () => {
  const indents = `() => [...text.matchAll(/^/gm)].map(({ index }) => getIndentation(state, Math.min(index, state.doc.length)))`;
  expect(withMode('fn f() {\n\tg(\n\t\t1\n\t)\n}', indents)).toEqual([0, 4, 8, 4, 0]);
  expect(withMode('fn f() {\n', '() => getIndentation(state, state.doc.length)')).toBe(4);
  expect(withMode('\tg(1)\n', '() => getIndentation(state, state.doc.length)')).toBe(4);
});

it('knows how a comment begins', () => {
  const toggled = `() => { let doc; toggleComment({ state, dispatch: (made) => { doc = made.newDoc.toString(); } }); return doc; }`;
  expect(withMode('a |:= 1', toggled)).toBe('// a := 1');
});
