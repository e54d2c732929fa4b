/**
 * Finds mistakes in programs without running them.
 *
 *     const checker = new Checker(world);
 *     for (const { code, message, start, end } of checker.check(source)) ...
 *
 * Texts are known by their objects: what was found out about a `Source` is kept as long as the object is.
 */
import type { Source } from '../../language/syntax/source.ts';
import { utf8Decode } from '../../language/values/bytes.ts';
import { Analysis, importedPath } from './analysis.ts';
import { Context } from './context.ts';
import type { Diagnostic } from './diagnostic.ts';
import { withoutIgnored } from './ignore.ts';
import { calls } from './rules/calls.ts';
import { members, shadowedBuiltins, undefinedNames, unusedNames } from './rules/names.ts';
import { conditions, unreachableArms, unusedValues } from './rules/values.ts';
import type { World } from './world.ts';

const RULES = [undefinedNames, members, shadowedBuiltins, unusedNames, calls, unusedValues, conditions, unreachableArms] as const;

/** What was found in one text. */
export interface FileReport {
  readonly source: Source;
  readonly diagnostics: readonly Diagnostic[];
}

export class Checker {
  readonly #world: World;
  readonly #analyses = new WeakMap<Source, Analysis>();

  constructor(world: World) {
    this.#world = world;
  }

  /** What is wrong with a text, in the order of the text. */
  check(source: Source): readonly Diagnostic[] {
    const analysis = this.analysis(source);
    const context = new Context(analysis, this.#world, (other) => this.analysis(other));
    for (const rule of RULES) rule(context);
    const warnings = context.found.filter(({ start }) => !analysis.brokenLines.has(source.lineAndColumn(start).line));
    const found = [...analysis.errors.map((error) => syntaxDiagnostic(source, error)), ...warnings];
    return withoutIgnored(
      found.sort((a, b) => a.start - b.start),
      source,
    );
  }

  /** The same for some texts and all that they import, each once. */
  checkAll(sources: readonly Source[]): FileReport[] {
    const reports = new Map<string, FileReport>();
    const waiting = [...sources];
    for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
      if (reports.has(source.file)) continue;
      reports.set(source.file, { source, diagnostics: this.check(source) });
      waiting.push(...this.imports(source));
    }
    return [...reports.values()];
  }

  /** The texts that a text imports by literal names, the library's left out. */
  imports(source: Source): Source[] {
    const analysis = this.analysis(source);
    return analysis.nodes.flatMap((node) => {
      const path = importedPath(node, analysis);
      const found = path === null ? null : this.#world.resolve(utf8Decode(path), source);
      return found?.kind === 'file' ? [found.source] : [];
    });
  }

  /** What is known about a text. */
  analysis(source: Source): Analysis {
    let analysis = this.#analyses.get(source);
    if (analysis === undefined) {
      analysis = new Analysis(source);
      this.#analyses.set(source, analysis);
    }
    return analysis;
  }
}

/** A mistake of syntax. What is missing at the end of a text is reported where it was opened, if that is known. */
function syntaxDiagnostic(source: Source, { at, end, reason, hint, related }: Analysis['errors'][number]): Diagnostic {
  const place = at ?? related?.at ?? [...source.text.trimEnd()].length;
  return {
    code: 'syntax',
    severity: 'error',
    message: utf8Decode(reason),
    hint: hint ?? related?.note ?? null,
    start: place,
    end: Math.max(end ?? place + 1, place),
    at: place,
    related,
  };
}
