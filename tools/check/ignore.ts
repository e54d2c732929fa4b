/** `// check: ignore CODE` at the end of a line, or alone on the line before: that code is not reported for this line. */
import type { Source } from '../../language/syntax/source.ts';
import type { Diagnostic } from './diagnostic.ts';

const REMARK = /\/\/\s*check:\s*ignore\s+([\w, -]+?)\s*$/;

/** What is not ignored. */
export function withoutIgnored(found: readonly Diagnostic[], source: Source): readonly Diagnostic[] {
  if (!source.text.includes('check:')) return found;
  return found.filter(({ code, start }) => {
    const { line } = source.lineAndColumn(start);
    const before = source.line(line - 1);
    return !codesIn(source.line(line)).includes(code) && !(isComment(before) && codesIn(before).includes(code));
  });
}

function isComment(line: string): boolean {
  return line.trimStart().startsWith('//');
}

function codesIn(line: string): readonly string[] {
  return REMARK.exec(line)?.[1]?.split(/[\s,]+/) ?? [];
}
