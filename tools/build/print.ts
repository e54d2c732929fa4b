/** Prints a compiled program: the JavaScript of all its modules as one object, which embedding/built.ts reads. */
import { CALL_FIELDS } from '../../language/compiler/call-fields.ts';
import { translate } from '../../language/runtime/compile.ts';
import type { Source } from '../../language/syntax/source.ts';
import { withModule } from './collect.ts';
import { blankComments, shorten } from './shorten.ts';

/** A module as it is printed. */
export interface NamedModule {
  /** What imports call it. */
  readonly names: readonly string[];
  readonly library: boolean;
  readonly inner: boolean;
  readonly source: Source;
  readonly base: number;
}

/** A place in the printed text, and what was compiled to it. Lines count from 1. */
export interface Mapping {
  readonly line: number;
  readonly module: NamedModule;
  /** A code point offset in the module's text. */
  readonly at: number;
}

export interface Printed {
  /** `{ ... }`, an expression. */
  readonly text: string;
  readonly mappings: readonly Mapping[];
}

export interface PrintOptions {
  /** The version of the package. */
  readonly version: string;
  /** The line of the file on which the text begins. */
  readonly firstLine: number;
  /** Short names of variables, and no comments in the texts of the library. */
  readonly minify: boolean;
}

/** Prints the modules, the program itself first. Throws a `ModuleError` for one that is not a program. */
export function printProgram(modules: readonly NamedModule[], { version, firstLine, minify }: PrintOptions): Printed {
  const lines: string[] = [];
  const mappings: Mapping[] = [];
  const mark = (name: string): string => `${name}: { line: ${firstLine + lines.length}, at: () => new Error() },`;

  lines.push(`{ magnolia: ${JSON.stringify(version)},`);
  lines.push(mark('start'), 'modules: [');
  for (const module of modules) {
    const { names, library, inner, source, base } = module;
    const { text, calls } = withModule(source, () => translate(source, { base, short: library }));
    const start = firstLine + lines.length + 2; // behind the two lines that follow
    const shown = library ? blankComments(source.text) : source.text;
    const places = relative(calls, start - 1, base);
    lines.push(
      `{ names: ${JSON.stringify(names)}, library: ${library}, inner: ${inner}, base: ${base}, source: ${literal(shown)},`,
    );
    lines.push(`calls: [${places.join(',')}], factory:`, ...(minify ? shorten(text) : text).split('\n'), '},');
    mappings.push(...mappingsOf(module, text, calls, start));
  }
  lines.push('],');
  lines.push(mark('end'), '}');
  return { text: lines.join('\n'), mappings };
}

/** Calls with lines of the file, as differences: line and position from the call before. */
function relative(calls: readonly number[], lines: number, base: number): number[] {
  const last = [0, base];
  return calls.map((value, i) => {
    const field = i % CALL_FIELDS;
    if (field > 1) return value;
    const whole = field === 0 ? value + lines : value;
    const difference = whole - (last[field] ?? 0);
    last[field] = whole;
    return difference;
  });
}

/** Where functions begin, and where calls are. */
function mappingsOf(module: NamedModule, text: string, calls: readonly number[], start: number): Mapping[] {
  const places = new Map<number, number>();
  text.split('\n').forEach((line, i) => {
    const [, position] = /\bfunction [\w$]*\$(\d+)\(/.exec(line) ?? [];
    if (position !== undefined) places.set(i, Number(position));
  });
  for (let i = 0; i < calls.length; i += CALL_FIELDS) places.set((calls[i] ?? 1) - 1, calls[i + 1] ?? module.base);
  return [...places].sort(([a], [b]) => a - b).map(([line, at]) => ({ line: start + line, module, at: at - module.base }));
}

/** A text as a literal that neither old engines nor a page's `<script>` misread. */
function literal(text: string): string {
  return JSON.stringify(text).replaceAll('<', '\\x3c');
}
